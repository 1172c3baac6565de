/** One question to many objects, so many at a time, with a bound on the time of each and of all. Names who did not answer. */
import { mapBounded } from "../lib/async.ts";
import { FANOUT_CONCURRENCY_MAX, FANOUT_TIMEOUT_MS } from "../model/limits.ts";
import { ask } from "./stubs.ts";

export type FanOut<T> = {
	/** Who answered, in the order in which they were named. */
	readonly answers: readonly { readonly name: string; readonly value: T }[];
	/** Who threw, took too long, or was not asked any more because the budget was used up. */
	readonly missing: readonly string[];
};

export type FanOutBounds = {
	readonly concurrency?: number;
	readonly timeoutMs?: number;
	/** After this long nobody else is asked. Left out: no bound but those of the single calls. */
	readonly budgetMs?: number;
};

/** Calls `call` for each name; one that fails never stops another. `call` makes its own stub, for it may be called twice. */
export async function fanOut<T>(
	names: readonly string[],
	call: (name: string) => Promise<T>,
	bounds: FanOutBounds = {},
): Promise<FanOut<T>> {
	let over = false;
	const timer = bounds.budgetMs === undefined ? null : setTimeout(() => (over = true), bounds.budgetMs);
	const timeoutMs = bounds.timeoutMs ?? FANOUT_TIMEOUT_MS;
	const results = await mapBounded(names, bounds.concurrency ?? FANOUT_CONCURRENCY_MAX, (name) =>
		over ? Promise.resolve(null) : ask(name, () => call(name), timeoutMs),
	);
	if (timer !== null) clearTimeout(timer);
	const answers: { name: string; value: T }[] = [];
	const missing: string[] = [];
	for (const [index, result] of results.entries()) {
		const name = names[index] as string;
		if (result?.ok === true) answers.push({ name, value: result.value });
		else missing.push(name);
	}
	return { answers, missing };
}
