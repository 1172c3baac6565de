/** From the result of a recording rule's expression to the series that it stores. Pure; the words are Prometheus' own. */
import { err, ok, type Result } from "../lib/result.ts";
import { type Labels, type LabelsKey, labelsKey } from "../model/labels.ts";
import { LABELS_PER_SERIES_MAX, SERIES_PER_METRIC_MAX } from "../model/limits.ts";
import type { RecordingRule } from "../model/rule.ts";
import type { Found } from "./rule-inputs.ts";

/** One point of one series; labels without `__name__`. */
export type RecordedSample = { readonly key: LabelsKey; readonly labels: Labels; readonly value: number };

/** The points of one evaluation, in the order of the result. The failure says why the rule failed: then nothing is stored. */
export function recordedSamples(
	rule: RecordingRule,
	found: Pick<Found, "samples" | "histograms">,
): Result<readonly RecordedSample[], string> {
	if (found.histograms > 0) {
		return err(`${found.histograms} histograms cannot be stored: take histogram_quantile or histogram_count of them`);
	}
	const samples = new Map<LabelsKey, RecordedSample>();
	for (const sample of found.samples) {
		const merged = Object.entries({ ...sample.labels, ...rule.labels });
		const labels = Object.fromEntries(merged.filter(([name, value]) => name !== "__name__" && value !== ""));
		const key = labelsKey(labels);
		if (samples.has(key)) return err("vector contains metrics with the same labelset after applying rule labels");
		if (Object.keys(labels).length > LABELS_PER_SERIES_MAX) {
			return err(`${Object.keys(labels).length} labels; the limit is ${LABELS_PER_SERIES_MAX}`);
		}
		samples.set(key, { key, labels, value: sample.value });
	}
	const limit = Math.min(rule.limit ?? SERIES_PER_METRIC_MAX, SERIES_PER_METRIC_MAX);
	if (samples.size > limit) return err(`exceeded limit of ${limit} with ${samples.size} series`);
	return ok([...samples.values()]);
}

/** The series of the evaluation before that are not in this one: they end with a stale marker. */
export function vanishedKeys(before: Iterable<LabelsKey>, now: readonly RecordedSample[]): readonly LabelsKey[] {
	const there = new Set(now.map(({ key }) => key));
	return [...before].filter((key) => !there.has(key));
}
