/** Waiting with a bound: so many at a time, so long each. Must never know what is waited for. */
import { assert } from "./assert.ts";

/**
 * Calls `call` for every item, at most `concurrency` at the same time, and gives the answers in the order of the items.
 * `call` does not throw: what can fail is a value; if it throws all the same, so does this, after no further item is begun.
 */
export async function mapBounded<I, O>(
	items: readonly I[],
	concurrency: number,
	call: (item: I, index: number) => Promise<O>,
): Promise<O[]> {
	assert(concurrency >= 1, "at least one call at a time");
	const answers = new Array<O>(items.length);
	let next = 0;
	async function worker(): Promise<void> {
		while (next < items.length) {
			const index = next++;
			try {
				answers[index] = await call(items[index] as I, index);
			} catch (error) {
				next = items.length;
				throw error;
			}
		}
	}
	await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker));
	return answers;
}

/** What a promise came to: its value, what it threw, or nothing in time. */
export type Settled<T> =
	| { readonly kind: "value"; readonly value: T }
	| { readonly kind: "thrown"; readonly error: unknown }
	| { readonly kind: "late" };

/**
 * Waits at most `timeoutMs` for a call (null: as long as it takes). What comes later is ignored, not cancelled: a late success may still have taken place.
 */
export async function settleWithin<T>(call: () => Promise<T>, timeoutMs: number | null): Promise<Settled<T>> {
	if (timeoutMs === null) {
		try {
			return { kind: "value", value: await call() };
		} catch (error) {
			return { kind: "thrown", error };
		}
	}
	return new Promise((resolve) => {
		const timer = setTimeout(() => resolve({ kind: "late" }), timeoutMs);
		const done = (outcome: Settled<T>): void => {
			clearTimeout(timer);
			resolve(outcome);
		};
		// Called inside `then`, so that what it throws before its first await is caught too, such as a broken stub.
		Promise.resolve()
			.then(call)
			.then(
				(value) => done({ kind: "value", value }),
				(error: unknown) => done({ kind: "thrown", error }),
			);
	});
}
