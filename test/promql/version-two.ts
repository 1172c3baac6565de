/**
 * Where Prometheus 2.42, which Debian has and to which the evaluator is compared, differs from Prometheus 3, which the evaluator
 * follows. By rule: each says of an expression and two verdicts whether it explains them. What no rule explains is a mistake.
 * That windows and lookback were closed to the left has no rule: the comparisons keep samples off their edges.
 */
import { labelsKey } from "../../src/model/labels.ts";
import type { Sample, Verdict } from "./promtool.ts";

/** Equal numbers are within this part of the larger, or of a thousandth. */
const TOLERANCE = 1e-9;

type Rule = {
	readonly name: string;
	readonly explains: (expression: string, ours: Verdict, theirs: Verdict) => boolean;
};

/** In the order in which they are tried. */
export const RULES: readonly Rule[] = [
	{
		name: "functions that came after 2.42: histogram_avg, histogram_stddev, histogram_stdvar",
		explains: (expression, ours, theirs) =>
			/\bhistogram_(?:avg|stddev|stdvar)\b/.test(expression) && ours.kind !== "error" && isUnknown(theirs),
	},
	{
		name: "histogram_fraction of classic buckets came after 2.42",
		explains: (expression) => /\bhistogram_fraction\b/.test(expression),
	},
	{
		name: "durations as numbers came after 2.42",
		explains: (expression, ours, theirs) =>
			/[ (]1m[,) ]/.test(expression) &&
			ours.kind !== "error" &&
			theirs.kind === "error" &&
			/parse error/.test(theirs.text),
	},
	{
		name: "several on the side of many are an error in 3 even where a comparison leaves one",
		explains: (expression, ours) =>
			/==|!=|<|>/.test(expression) && ours.kind === "error" && /many-to-one matching must be explicit/.test(ours.text),
	},
	{
		name: "atan2 drops the metric's name since 3",
		explains: (expression, ours, theirs) => {
			if (!/\batan2\b/.test(expression)) return false;
			if (ours.kind === "error") return /same labelset/.test(ours.text);
			return alike(ours, withoutNames(theirs));
		},
	},
	{
		name: "the deviation of a lone NaN or infinity is 0 in 2 and NaN in 3",
		explains: (expression, ours, theirs) =>
			/\bstd(?:dev|var)/.test(expression) &&
			ours.kind !== "error" &&
			theirs.kind !== "error" &&
			theirs.samples.some(({ value }) => value === 0) &&
			sameBut(ours.samples, theirs.samples, (a, b) => Number.isNaN(a) && b === 0),
	},
	{
		name: "rates are extrapolated back to zero, but no further than half an interval since 3 (where a filter leaves gaps)",
		explains: (expression, ours, theirs) =>
			/\b(?:rate|increase)\(\([^()]*>[^()]*\)\[[^\]]*:/.test(expression) && sameButNumbers(ours, theirs),
	},
	{
		name: "2.42 lets the window of predict_linear move on from step to step in spite of @",
		explains: (expression, ours, theirs) =>
			/\bpredict_linear\([^()]*@/.test(expression) && (isOverTime(ours) || isOverTime(theirs)),
	},
	{
		name: "averages and deviations have other last digits in 3, logarithms and sines in every library, which rounding, a sine, a remainder or a label brings to light",
		explains: (expression, ours, theirs) => {
			if (/\bcount_values\b/.test(expression)) return alike(withRoundLabels(ours), withRoundLabels(theirs));
			if (!/\b(?:avg|stddev|stdvar|deriv|predict_linear|sum)/.test(expression)) return false;
			const most = /\b(?:ceil|floor|round)\b/.test(expression)
				? 1
				: /\b(?:sin|cos|tan)\b|%/.test(expression)
					? 1e-6
					: 0;
			return (
				ours.kind === "samples" &&
				theirs.kind === "samples" &&
				sameBut(ours.samples, theirs.samples, (a, b) => Math.abs(a - b) <= most)
			);
		},
	},
	{
		name: "of series with equal values topk and bottomk may keep any",
		explains: (expression, ours, theirs) =>
			/\b(?:topk|bottomk)\b/.test(expression) &&
			ours.kind !== "error" &&
			theirs.kind !== "error" &&
			ours.samples.length === theirs.samples.length &&
			sorted(ours.samples).every((value, i) => close(value, sorted(theirs.samples)[i])),
	},
];

/** The expression as version 2 writes it. */
export function forVersionTwo(expression: string): string {
	return expression.replaceAll("double_exponential_smoothing", "holt_winters");
}

/** The name of the rule by which the verdicts differ, or null: they must not. */
export function ruleOf(expression: string, ours: Verdict, theirs: Verdict): string | null {
	return RULES.find(({ explains }) => explains(expression, ours, theirs))?.name ?? null;
}

/** Whether two verdicts say the same: both an error, or the same samples under the same labels, in any order. */
export function alike(ours: Verdict, theirs: Verdict): boolean {
	if (ours.kind === "error" || theirs.kind === "error") return ours.kind === theirs.kind;
	return sameBut(ours.samples, theirs.samples, () => false);
}

function withoutNames(verdict: Verdict): Verdict {
	if (verdict.kind === "error") return verdict;
	const samples = verdict.samples.map(({ labels: { __name__: _, ...labels }, ...rest }) => ({ labels, ...rest }));
	return { kind: "samples", samples };
}

/** count_values writes numbers into the label `v`. */
function withRoundLabels(verdict: Verdict): Verdict {
	if (verdict.kind === "error") return verdict;
	const samples = verdict.samples.map(({ labels, ...rest }) => {
		const number = Number(labels["v"]);
		return { ...rest, labels: Number.isFinite(number) ? { ...labels, v: number.toPrecision(9) } : labels };
	});
	return { kind: "samples", samples };
}

function sameButNumbers(ours: Verdict, theirs: Verdict): boolean {
	return ours.kind === "samples" && theirs.kind === "samples" && sameBut(ours.samples, theirs.samples, () => true);
}

function isOverTime(verdict: Verdict): boolean {
	return verdict.kind === "samples" && new Set(verdict.samples.map(({ timeMs }) => timeMs)).size > 1;
}

/** `pardon` lets a pair of numbers differ. */
function sameBut(
	ours: readonly Sample[],
	theirs: readonly Sample[],
	pardon: (a: number, b: number) => boolean,
): boolean {
	const byKey = new Map(ours.map((sample) => [keyOf(sample), sample.value]));
	return (
		byKey.size === theirs.length &&
		theirs.every((sample) => {
			const value = byKey.get(keyOf(sample));
			return value !== undefined && (close(value, sample.value) || pardon(value, sample.value));
		})
	);
}

function keyOf({ labels, timeMs }: Sample): string {
	return `${labelsKey(labels)} ${timeMs ?? ""}`;
}

function close(a: number, b: number | undefined): boolean {
	if (b === undefined) return false;
	return Object.is(a, b) || a === b || Math.abs(a - b) <= TOLERANCE * Math.max(Math.abs(a), Math.abs(b), 1e-3);
}

function sorted(samples: readonly Sample[]): readonly number[] {
	return samples.map(({ value }) => value).sort((a, b) => a - b);
}

function isUnknown(verdict: Verdict): boolean {
	return verdict.kind === "error" && /unknown function/.test(verdict.text);
}
