/**
 * The names under which PromQL finds a metric: its own, and that with '_' for what Prometheus could not say before version 3;
 * counters also with `_total`, distributions also as `_count`, `_sum` and `_bucket`. Pure.
 */

import { type MetricInfo, prometheusName } from "../model/metric.ts";
import type { SeriesView } from "../model/metric-rpc.ts";

/** One of the series families that a metric gives, under the name `name`. */
export type NamedView = { readonly name: string; readonly info: MetricInfo; readonly view: SeriesView };

/** All names of a metric that Prometheus could always say, the plainest first. */
export function viewsOf(info: MetricInfo): NamedView[] {
	return viewsUnder(prometheusName(info.name), info);
}

function viewsUnder(name: string, info: MetricInfo): NamedView[] {
	const named = (suffix: string, view: SeriesView): NamedView => ({ name: name + suffix, info, view });
	switch (info.kind) {
		case "counter":
			return name.endsWith("_total") ? [named("", "value")] : [named("", "value"), named("_total", "value")];
		case "gauge":
		case "sampled":
			return [named("", "value")];
		case "distribution":
			return [named("", "histogram"), named("_count", "count"), named("_sum", "sum"), named("_bucket", "bucket")];
	}
}

/**
 * All names of all metrics, as recorded too: Prometheus 3 can say `{"api.requests"}`. Where several metrics share one, they are
 * sorted by their recorded names.
 */
export function prometheusIndex(metrics: readonly MetricInfo[]): Map<string, NamedView[]> {
	const index = new Map<string, NamedView[]>();
	for (const info of metrics) {
		const isPlain = prometheusName(info.name) === info.name;
		for (const view of [...viewsOf(info), ...(isPlain ? [] : viewsUnder(info.name, info))]) {
			const there = index.get(view.name);
			if (there === undefined) index.set(view.name, [view]);
			else there.push(view);
		}
	}
	for (const views of index.values()) {
		if (views.length > 1) views.sort((a, b) => (a.info.name < b.info.name ? -1 : 1));
	}
	return index;
}

/**
 * The views whose names a test accepts, for matchers that do not name one metric. Each family comes once: a counter that is
 * accepted under both its names is given under the plainer one, else a sum over the answer would count it twice. Names as
 * recorded are not among them: a pattern that leaves a metric out would find it under its other spelling.
 */
export function matchingViews(metrics: readonly MetricInfo[], accepts: (name: string) => boolean): NamedView[] {
	const found: NamedView[] = [];
	for (const info of metrics) {
		const seen = new Set<SeriesView>();
		for (const view of viewsOf(info)) {
			if (seen.has(view.view) || !accepts(view.name)) continue;
			seen.add(view.view);
			found.push(view);
		}
	}
	return found;
}
