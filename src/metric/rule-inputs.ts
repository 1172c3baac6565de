/** What a rule needs to be judged: the results of its expressions, read side by side before anything is decided. */
import type { ResultSample } from "../alert/evaluation.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Labels } from "../model/labels.ts";
import type { Rule } from "../model/rule.ts";
import { evaluateInstant } from "../promql/evaluate.ts";
import { failureText } from "../promql/failure.ts";
import type { Querier } from "../promql/querier.ts";
import type { Answer } from "../promql/value.ts";

export type Inputs = {
	readonly samples: readonly ResultSample[];
	readonly recovered: readonly Labels[] | null;
	readonly noData: boolean;
	readonly seen: readonly Labels[] | null;
};

/** The failure says why the rule failed: no state changes then. */
export type RuleInputs = Result<Inputs, string> & { readonly durationMs: number };

/** Evaluates a rule's expression, and the one that ends its alerts, at the tick. */
export async function readInputs(
	rule: Rule,
	querier: () => Querier,
	tickMs: number,
	clock: () => number,
): Promise<RuleInputs> {
	const startedMs = clock();
	const inputs = await read(rule, querier, tickMs);
	return { ...inputs, durationMs: clock() - startedMs };
}

async function read(rule: Rule, querier: () => Querier, tickMs: number): Promise<Result<Inputs, string>> {
	const watched = watch(querier());
	const [expression, recovery] = await Promise.all([
		ask(rule.expr, watched.querier, tickMs),
		rule.recover === null ? ok(null) : ask(rule.recover, querier(), tickMs),
	]);
	if (!expression.ok) return expression;
	if (!recovery.ok) return err(`perdure_recover: ${recovery.failure}`);
	const { selectors } = expression.value.answer;
	return ok({
		samples: expression.value.samples,
		recovered: recovery.value?.samples.map((sample) => sample.labels) ?? null,
		noData: selectors.total > 0 && selectors.empty === selectors.total,
		seen: watched.seen,
	});
}

type Found = { readonly samples: readonly ResultSample[]; readonly answer: Answer };

async function ask(expression: string, querier: Querier, tickMs: number): Promise<Result<Found, string>> {
	const answer = await evaluateInstant(expression, querier, { timeMs: tickMs });
	if (!answer.ok) return err(failureText(answer.failure));
	// Judged on a part of the data an alert could end, or begin, for no reason of its own.
	if (answer.value.missing.length > 0) return err(`no answer from ${answer.value.missing.join(", ")}`);
	const { value } = answer.value;
	if (value.kind === "scalar") return ok({ samples: [{ labels: {}, value: value.value }], answer: answer.value });
	if (value.kind !== "vector") return err(`a rule needs a vector; this is a ${value.kind}`);
	const samples = value.samples.map((sample) => ({ labels: withoutName(sample.labels), value: sample.value }));
	return ok({ samples, answer: answer.value });
}

/** Notes the labels of every series that a selector came back with. */
function watch(querier: Querier): { readonly querier: Querier; readonly seen: Labels[] } {
	const seen: Labels[] = [];
	return {
		seen,
		querier: {
			select: async (matchers, startMs, endMs) => {
				const series = await querier.select(matchers, startMs, endMs);
				for (const one of series) if (one.timestampsMs.length > 0) seen.push(withoutName(one.labels));
				return series;
			},
			missing: () => querier.missing?.() ?? [],
		},
	};
}

function withoutName({ __name__: _, ...labels }: Labels): Labels {
	return labels;
}
