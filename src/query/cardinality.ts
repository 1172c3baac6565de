/** What there is, counted for Prometheus' `status/tsdb`: series as they were recorded, not the views that PromQL has of them. Pure. */
import { prometheusName } from "../model/metric.ts";
import type { FoundMetric } from "./series-listing.ts";

type Entry = { readonly name: string; readonly value: number };

/** `data` of `status/tsdb`, each list the `limit` largest. Times are Unix milliseconds. */
export function cardinalityBody(found: readonly FoundMetric[], limit: number): Record<string, unknown> {
	const metrics = new Map<string, number>();
	const pairs = new Map<string, number>();
	const values = new Map<string, Set<string>>();
	let [minTime, maxTime] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
	let numSeries = 0;
	for (const { info, series } of found) {
		const name = prometheusName(info.name);
		for (const { labels, firstSeenMs, lastSeenMs } of series) {
			numSeries++;
			minTime = Math.min(minTime, firstSeenMs);
			maxTime = Math.max(maxTime, lastSeenMs);
			add(metrics, name, 1);
			for (const [label, value] of [["__name__", name], ...Object.entries(labels)] as const) {
				add(pairs, `${label}=${value}`, 1);
				const known = values.get(label);
				if (known === undefined) values.set(label, new Set([value]));
				else known.add(value);
			}
		}
	}
	const counts = new Map([...values].map(([label, all]) => [label, all.size]));
	const bytes = new Map([...values].map(([label, all]) => [label, bytesOf(all)]));
	return {
		// Perdure has slots and no chunks: there are none to count.
		headStats: { numSeries, numLabelPairs: pairs.size, chunkCount: 0, minTime: time(minTime), maxTime: time(maxTime) },
		seriesCountByMetricName: largest(metrics, limit),
		labelValueCountByLabelName: largest(counts, limit),
		memoryInBytesByLabelName: largest(bytes, limit),
		seriesCountByLabelValuePair: largest(pairs, limit),
	};
}

function add(counts: Map<string, number>, name: string, amount: number): void {
	counts.set(name, (counts.get(name) ?? 0) + amount);
}

function largest(counts: ReadonlyMap<string, number>, limit: number): Entry[] {
	const entries = [...counts].map(([name, value]) => ({ name, value }));
	return entries.sort((a, b) => b.value - a.value || (a.name < b.name ? -1 : 1)).slice(0, limit);
}

const ENCODER = new TextEncoder();

function bytesOf(texts: ReadonlySet<string>): number {
	let bytes = 0;
	for (const text of texts) bytes += ENCODER.encode(text).length;
	return bytes;
}

function time(ms: number): number {
	return Number.isFinite(ms) ? ms : 0;
}
