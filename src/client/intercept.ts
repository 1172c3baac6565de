/**
 * A binding with some of its methods replaced: the rest passes through, methods that do not exist yet too. Bindings are
 * native objects that answer to themselves only, so every method that passes through is called on the original.
 */

/** How long an operation took and whether it failed: told once it has ended, before its caller hears of it. */
export type Watch = (durationMs: number, failed: boolean) => void;

/** `target` with `replaced` in front of it. Keeps the target's type. */
export function intercept<T extends object>(target: T, replaced: Partial<Record<keyof T, unknown>>): T {
	return new Proxy(target, {
		get(original, name) {
			if (Object.hasOwn(replaced, name)) return replaced[name as keyof T];
			const value: unknown = Reflect.get(original, name, original);
			return typeof value === "function" ? value.bind(original) : value;
		},
	});
}

/** Runs an operation of a binding and tells `watch`. Answers and throws what the operation does, whatever `watch` does. */
export async function watched<T>(nowMs: () => number, operation: () => Promise<T>, watch: Watch): Promise<T> {
	const startMs = nowMs();
	let failed = true;
	try {
		const result = await operation();
		failed = false;
		return result;
	} finally {
		try {
			watch(nowMs() - startMs, failed);
		} catch {
			// Only the host's own sink for log lines can throw here, and it must not change what the binding answered.
		}
	}
}
