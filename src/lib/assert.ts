/** What only a mistake of ours can cause throws; what a caller can cause is a `Result` (lib/result.ts). */

/** Throws when `condition` does not hold. `message` says which promise was broken, for the log. */
export function assert(condition: boolean, message: string): asserts condition {
	if (!condition) throw new Error(`broken promise: ${message}`);
}

/** Closes an exhaustive switch: the compiler refuses a case that was forgotten, the run time says which came. */
export function unreachable(value: never): never {
	throw new Error(`broken promise: unknown case ${JSON.stringify(value)}`);
}
