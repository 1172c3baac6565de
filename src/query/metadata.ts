/** What kind of metric a name stands for, as Prometheus' `metadata` says it: of the catalog alone. Pure. */
import type { MetricInfo, MetricKind } from "../model/metric.ts";
import { viewsOf } from "../peers/prometheus-names.ts";

export type MetadataBody = { readonly type: string; readonly help: string; readonly unit: string };

/** Negative numbers: no limit. `name` "": all. */
export type MetadataQuestion = { readonly name: string; readonly limit: number; readonly limitPerMetric: number };

const TYPES: Readonly<Record<MetricKind, string>> = {
	counter: "counter",
	gauge: "gauge",
	distribution: "histogram",
	sampled: "unknown",
};

/** Entries by name, in the order of names. Metrics whose names read the same are listed under it side by side. */
export function metadataBody(
	metrics: readonly MetricInfo[],
	{ name, limit, limitPerMetric }: MetadataQuestion,
): Readonly<Record<string, readonly MetadataBody[]>> {
	const byName = new Map<string, MetadataBody[]>();
	for (const info of metrics) {
		for (const view of viewsOf(info)) {
			// A histogram's counts, sums and buckets go by the name of the histogram.
			if (view.view !== "value" && view.view !== "histogram") continue;
			if (name !== "" && view.name !== name) continue;
			const there = byName.get(view.name);
			if (there === undefined) byName.set(view.name, [entryOf(info)]);
			else there.push(entryOf(info));
		}
	}
	const names = [...byName].sort(([a], [b]) => (a < b ? -1 : 1));
	const shown = limit < 0 ? names : names.slice(0, limit);
	return Object.fromEntries(
		shown.map(([each, entries]) => [each, limitPerMetric < 0 ? entries : entries.slice(0, limitPerMetric)]),
	);
}

function entryOf({ kind, help, unit }: MetricInfo): MetadataBody {
	return { type: TYPES[kind], help: help ?? "", unit: unit ?? "" };
}
