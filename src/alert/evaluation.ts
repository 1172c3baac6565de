/**
 * From the result of a rule's expression to one verdict for each label set. Pure and of one instant: it reads the states
 * that are kept, it moves none. Values that JSON cannot carry end here.
 */
import { err, ok, type Result } from "../lib/result.ts";
import type { AlertState, Verdict } from "../model/alert.ts";
import { fingerprint } from "../model/fingerprint.ts";
import { type Labels, type LabelsKey, labelsKey } from "../model/labels.ts";
import { ALERTS_PER_RULE_MAX, LABEL_VALUE_CHARS_MAX } from "../model/limits.ts";
import type { Rule } from "../model/rule.ts";
import type { RuleTemplateData } from "../template/rule-data.ts";
import { expandAll } from "./annotate.ts";

/** One element of the result of `expr`. A `__name__` is seen by templates, and is no label of the alert. */
export type ResultSample = { readonly labels: Labels; readonly value: number };

/** An alert whose state is kept, under the labels that it is told with. */
export type KeptAlert = { readonly labels: Labels; readonly state: AlertState };

export type EvaluationInput = {
	readonly rule: Rule;
	readonly samples: readonly ResultSample[];
	/** The label sets that `perdure_recover` came back with; null: the rule has none. A scalar is one empty label set. */
	readonly recovered: readonly Labels[] | null;
	/** Whether the expression has selectors and every one came back empty. */
	readonly noData: boolean;
	/** The label sets of the series that the selectors came back with, before any arithmetic; null: not known. */
	readonly seen: readonly Labels[] | null;
	/** All states kept for this rule, inactive ones too; those of other labels (`ruleIdentity`) were ended before. */
	readonly kept: readonly KeptAlert[];
	/** What templates see besides; left out: nothing. */
	readonly surroundings?: Surroundings;
};

/** What the templates of a rule see besides the element. */
export type Surroundings = Pick<RuleTemplateData, "externalLabels" | "externalUrl" | "nowMs">;

export type Judgement = {
	readonly key: LabelsKey;
	/** With the rule's labels, expanded, and `alertname`. */
	readonly labels: Labels;
	/** The state that was kept, or null when this alert is new. */
	readonly state: AlertState | null;
	readonly verdict: Verdict;
	/** The element of the result that it comes from; null: it has none. */
	readonly sample: ResultSample | null;
};

export type Evaluation = {
	/** Ordered by key, so that the same facts are told in the same order whatever was restarted. */
	readonly judgements: readonly Judgement[];
	/** New label sets for which there was no place: ALERTS_PER_RULE_MAX. */
	readonly leftOut: number;
};

/** What an alert's identity hangs on besides its id: when it changes, what is kept ends with the reason "rule changed". */
export function ruleIdentity(rule: Pick<Rule, "alert" | "labels">): string {
	return fingerprint({ ...rule.labels, alertname: rule.alert });
}

/** The labels of the alert that one element stands for: the element's, then the rule's, expanded, then `alertname`. */
export function alertLabels(
	rule: Pick<Rule, "alert" | "labels">,
	sample: ResultSample,
	surroundings: Surroundings = {},
): Labels {
	const own = expandAll(rule.labels, { ...surroundings, ...sample }, LABEL_VALUE_CHARS_MAX);
	const merged = { ...sample.labels, ...own, alertname: rule.alert };
	return Object.fromEntries(Object.entries(merged).filter(([name, value]) => name !== "__name__" && value !== ""));
}

/** Judges every label set that is in the result or in a kept state. The failure is the reason why the rule failed. */
export function evaluate(input: EvaluationInput): Result<Evaluation, string> {
	const { rule, samples } = input;
	const breached = new Map<LabelsKey, { readonly labels: Labels; readonly sample: ResultSample }>();
	for (const sample of samples) {
		const labels = alertLabels(rule, sample, input.surroundings);
		const key = labelsKey(labels);
		if (breached.has(key)) return err("vector contains metrics with the same labelset after applying alert labels");
		breached.set(key, { labels, sample });
	}
	const judgements: Judgement[] = [];
	const judgeAbsent = absenceJudge(input);
	for (const { labels, state } of input.kept) {
		const key = labelsKey(labels);
		const sample = breached.get(key)?.sample ?? null;
		breached.delete(key);
		const verdict = sample === null ? judgeAbsent(key, labels, state) : breachedBy(sample);
		judgements.push({ key, labels, state, verdict, sample });
	}
	const fresh = [...breached].map(([key, { labels, sample }]): Judgement => {
		return { key, labels, state: null, verdict: breachedBy(sample), sample };
	});
	const silent = silentLabels(input);
	if (silent !== null && judgements.every(({ key }) => key !== labelsKey(silent))) {
		fresh.push({ key: labelsKey(silent), labels: silent, state: null, verdict: { kind: "no_data" }, sample: null });
	}
	const places = Math.max(0, ALERTS_PER_RULE_MAX - judgements.length);
	judgements.push(...fresh.sort(byKey).slice(0, places));
	return ok({ judgements: judgements.sort(byKey), leftOut: Math.max(0, fresh.length - places) });
}

/** Judges kept alerts that the result of `expr` does not hold. */
function absenceJudge(input: EvaluationInput): (key: LabelsKey, labels: Labels, state: AlertState) => Verdict {
	const ignored = new Set(["alertname", ...Object.keys(input.rule.labels)]);
	const pairsOf = (labels: Labels): Pairs => Object.entries(labels).filter(([name]) => !ignored.has(name));
	const seen = input.seen?.map(pairsOf) ?? [];
	const recovered = input.recovered?.map(pairsOf) ?? null;
	const silent = silentLabels(input);
	const silentKey = silent === null ? null : labelsKey(silent);
	return (key, labels, state) => {
		if (key === silentKey) return { kind: "no_data" };
		if (state.kind === "inactive") return { kind: "ok" };
		if (isSilent(input)) return { kind: "no_data" };
		if (seen.length > 0 && !seen.some((series) => agrees(series, labels))) return { kind: "vanished" };
		if (state.kind === "pending" || recovered === null) return { kind: "ok" };
		if (recovered.some((element) => agrees(element, labels))) return { kind: "ok" };
		return { kind: "breached", value: state.value };
	};
}

/** The alert that says that a rule has no data at all, when its policy is to alert and no other alert stands for it. */
function silentLabels(input: EvaluationInput): Labels | null {
	if (input.rule.noData !== "alert" || !isSilent(input)) return null;
	if (input.kept.some(({ state }) => state.kind !== "inactive")) return null;
	return alertLabels(input.rule, { labels: {}, value: 0 }, input.surroundings);
}

/** `absent(x)` breaches for want of data: then there is a result, and no silence. */
function isSilent({ noData, samples }: EvaluationInput): boolean {
	return noData && samples.length === 0;
}

/** Labels as pairs, without those that the rule itself sets. */
type Pairs = readonly (readonly [string, string])[];

/** Whether an element and an alert are equal in the labels that both have. */
function agrees(element: Pairs, alert: Labels): boolean {
	return element.every(([name, value]) => !Object.hasOwn(alert, name) || alert[name] === value);
}

function byKey(a: Judgement, b: Judgement): number {
	return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}

function breachedBy({ value }: ResultSample): Verdict {
	return { kind: "breached", value: finite(value) };
}

/** States and events go through JSON, which has no infinity and no NaN: the largest double, and 0, stand for them. */
function finite(value: number): number {
	if (Number.isNaN(value)) return 0;
	return Math.min(Number.MAX_VALUE, Math.max(-Number.MAX_VALUE, value));
}
