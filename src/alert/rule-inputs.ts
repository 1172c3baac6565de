/** What a rule needs to be judged: the results of its expressions, read side by side before anything is decided. */
import { err, ok, type Result } from "../lib/result.ts";
import type { Labels } from "../model/labels.ts";
import type { Rule } from "../model/rule.ts";
import type { ResultSample } from "./evaluation.ts";

/** What an expression came to. */
export type Found = {
	/** With `__name__` where the expression keeps it. */
	readonly samples: readonly ResultSample[];
	/** How many of the samples are native histograms, whose value is NaN. */
	readonly histograms: number;
	/** Whether the expression has selectors and every one came back empty. */
	readonly noData: boolean;
	/** The label sets of the series that the selectors came back with, without `__name__`. */
	readonly seen: readonly Labels[];
};

/** Evaluates an expression at a time, Unix milliseconds. The failure is a sentence. */
export type AskExpression = (expr: string, timeMs: number) => Promise<Result<Found, string>>;

/** What `advance` takes of a rule's expressions. */
export type Inputs = {
	readonly samples: readonly ResultSample[];
	readonly recovered: readonly Labels[] | null;
	readonly noData: boolean;
	readonly seen: readonly Labels[] | null;
};

/** Evaluates a rule's expression, and the one that ends its alerts, for a tick. The failure says why the rule failed. */
export async function readInputs(rule: Rule, ask: AskExpression, tickMs: number): Promise<Result<Inputs, string>> {
	const atMs = tickMs - (rule.queryOffsetMs ?? 0);
	const [expression, recovery] = await Promise.all([
		ask(rule.expr, atMs),
		rule.recover === null ? ok(null) : ask(rule.recover, atMs),
	]);
	if (!expression.ok) return expression;
	if (!recovery.ok) return err(`perdure_recover: ${recovery.failure}`);
	const { samples, noData, seen } = expression.value;
	return ok({
		samples,
		noData,
		seen,
		recovered: recovery.value?.samples.map(({ labels }) => withoutName(labels)) ?? null,
	});
}

/** A label set without the name of its metric. */
export function withoutName({ __name__: _, ...labels }: Labels): Labels {
	return labels;
}
