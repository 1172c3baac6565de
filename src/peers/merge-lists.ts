/** Puts the lists and counts that several shards of a metric answer together. Pure. */
import { assert } from "../lib/assert.ts";
import { labelsKey } from "../model/labels.ts";
import type { Description } from "../model/metric-rpc.ts";
import type { RecentSample, SeriesInfo } from "../model/summary.ts";

/** One entry a label set: counts and sums are added, first and last seen are the first and the last of all. */
export function mergeSeriesInfos(parts: readonly (readonly SeriesInfo[])[]): SeriesInfo[] {
	const merged = new Map<string, SeriesInfo>();
	for (const info of parts.flat()) {
		const key = labelsKey(info.labels);
		const there = merged.get(key);
		if (there === undefined) merged.set(key, info);
		else {
			merged.set(key, {
				labels: info.labels,
				firstSeenMs: Math.min(there.firstSeenMs, info.firstSeenMs),
				lastSeenMs: Math.max(there.lastSeenMs, info.lastSeenMs),
				count: there.count + info.count,
				sum: there.sum + info.sum,
			});
		}
	}
	return [...merged.values()];
}

/** The newest `limit` samples of all. */
export function mergeRecent(parts: readonly (readonly RecentSample[])[], limit: number): RecentSample[] {
	const all = parts.flat();
	if (parts.length > 1) all.sort((a, b) => b.timestampMs - a.timestampMs);
	return all.slice(0, limit);
}

/** Counts of all shards (at least one) added up, under the metric's own name. Series that two shards know count twice. */
export function mergeDescriptions(name: string, parts: readonly Description[]): Description {
	const first = parts[0];
	assert(first !== undefined, "there is at least one description to merge");
	const total = (of: (part: Description) => number): number => parts.reduce((sum, part) => sum + of(part), 0);
	const born = parts.filter((part) => part.kind !== null).map((part) => part.firstSeenMs);
	const known = parts.find((part) => part.kind !== null) ?? first;
	return {
		name,
		kind: known.kind,
		unit: known.unit,
		help: known.help,
		firstSeenMs: born.length === 0 ? first.firstSeenMs : Math.min(...born),
		lastSeenMs: Math.max(...parts.map((part) => part.lastSeenMs)),
		series: total((part) => part.series),
		samples: total((part) => part.samples),
		dropped: total((part) => part.dropped),
		overflowed: total((part) => part.overflowed),
		rowsWritten: total((part) => part.rowsWritten),
		batches: total((part) => part.batches),
		duplicates: total((part) => part.duplicates),
		commits: total((part) => part.commits),
		checkpoints: total((part) => part.checkpoints),
		journalRows: total((part) => part.journalRows),
		databaseBytes: total((part) => part.databaseBytes),
		windowBytes: total((part) => part.windowBytes),
		outbox: total((part) => part.outbox),
	};
}
