/**
 * Samples of one metric that do not all say the same of its kind: a metric has one kind, so some of them may contradict it. Which
 * ones they are follows from the batch and the metric's kind alone, so that a retry finds the same. Pure; it asks nobody.
 */

import type { MetricPart } from "../model/batch.ts";
import type { LabelsKey } from "../model/labels.ts";
import type { MetricKind } from "../model/metric.ts";

/** The samples of a part that may be recorded under a kind, and for each of its values its index in the whole part. */
export type KindView = { readonly part: MetricPart; readonly indexes: Int32Array };

/** What each value of a part says of the kind; null: nothing, which agrees with every kind. */
export type SaidKinds = readonly (MetricKind | null)[];

/** The values of `whole` that say `kind` or nothing, in their order. */
export function viewOf(whole: MetricPart, said: SaidKinds, kind: MetricKind | null): KindView {
	const agrees = (index: number) => said[index] === null || said[index] === kind;
	const indexes = Int32Array.from(said.keys()).filter(agrees);
	const labels: LabelsKey[] = [];
	const ends: number[] = [];
	let end = 0;
	for (let column = 0, i = 0; column < whole.labels.length; column++) {
		const before = end;
		for (; i < (whole.ends[column] as number); i++) if (agrees(i)) end++;
		if (end === before) continue;
		labels.push(whole.labels[column] as LabelsKey);
		ends.push(end);
	}
	const pick = (from: Float64Array) => Float64Array.from(indexes, (index) => from[index] as number);
	const timestampsMs = whole.timestampsMs === null ? null : pick(whole.timestampsMs);
	return { part: { ...whole, kind, labels, ends, values: pick(whole.values), timestampsMs }, indexes };
}

/** The view to begin with, as if the metric were new: of the kind that was said first, by a sample that still counts. */
export function firstView(whole: MetricPart, said: SaidKinds): KindView {
	const view = viewOf(whole, said, whole.kind);
	return view.indexes.length > 0 ? view : viewOf(whole, said, said[0] ?? null);
}

/** The values that a view leaves out: they contradict its kind. */
export function contradicting(said: SaidKinds, kind: MetricKind | null): number[] {
	return [...said.keys()].filter((index) => said[index] !== null && said[index] !== kind);
}
