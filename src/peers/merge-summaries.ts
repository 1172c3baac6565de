/**
 * Puts the answers of several shards of one metric together, as if one object had given them: counts and sums are added, extremes
 * compared, quantiles read from the merged sketches, never averaged. Pure.
 */
import { assert } from "../lib/assert.ts";
import { ByteReader } from "../lib/bytes.ts";
import { labelsKey } from "../model/labels.ts";
import type { GroupSummary, Range, RangeGroup, Summary } from "../model/summary.ts";
import { mergeEncoded } from "../sketch/decode.ts";
import { quantilesOf } from "../sketch/quantile.ts";
import { Sketch } from "../sketch/sketch.ts";

/** One summary out of those of all shards (at least one), which were asked with `sketches`. Sketches are not passed on. */
export function mergeSummaries(
	parts: readonly Summary[],
	quantiles: readonly number[],
	missing: readonly string[],
): Summary {
	const first = parts[0];
	assert(first !== undefined, "there is at least one summary to merge");
	return {
		name: first.name,
		kind: first.kind,
		unit: first.unit,
		fromMs: Math.min(...parts.map((part) => part.fromMs)),
		toMs: Math.max(...parts.map((part) => part.toMs)),
		groups: byLabels(parts.map((part) => part.groups)).map((groups) => mergeGroups(groups, quantiles)),
		missing: [...parts.flatMap((part) => part.missing), ...missing],
	};
}

/** One range out of those of all shards (at least one); all have the same times, since all were asked for the same steps. */
export function mergeRanges(parts: readonly Range[], quantiles: readonly number[], missing: readonly string[]): Range {
	const first = parts[0];
	assert(first !== undefined, "there is at least one range to merge");
	const steps = first.timesMs.length;
	assert(
		parts.every((part) => part.timesMs.length === steps),
		"all shards answer for the same steps",
	);
	return {
		name: first.name,
		kind: first.kind,
		unit: first.unit,
		timesMs: first.timesMs,
		groups: byLabels(parts.map((part) => part.groups)).map((groups) => mergeRangeGroups(groups, quantiles, steps)),
		missing: [...parts.flatMap((part) => part.missing), ...missing],
	};
}

function mergeGroups(groups: readonly GroupSummary[], quantiles: readonly number[]): GroupSummary {
	const first = groups[0] as GroupSummary;
	const filled = groups.filter((group) => group.count > 0);
	// A group that only one shard has needs no sketch: a metric's labels often tell its writers apart.
	if (groups.length === 1) return { ...first, sketch: null };
	const latest = groups.reduce((a, b) => (b.lastMs > a.lastMs || Number.isNaN(a.lastMs) ? b : a));
	return {
		labels: first.labels,
		count: total(groups, (group) => group.count),
		sum: total(groups, (group) => group.sum),
		min: filled.length === 0 ? first.min : Math.min(...filled.map((group) => group.min)),
		max: filled.length === 0 ? first.max : Math.max(...filled.map((group) => group.max)),
		ratePerS: total(groups, (group) => group.ratePerS),
		last: latest.last,
		lastMs: latest.lastMs,
		quantiles: mergedQuantiles(
			groups.map((group) => group.sketch),
			quantiles,
		),
		sketch: null,
	};
}

function mergeRangeGroups(groups: readonly RangeGroup[], quantiles: readonly number[], steps: number): RangeGroup {
	const first = groups[0] as RangeGroup;
	if (groups.length === 1) return { ...first, sketches: null };
	const merged = {
		counts: new Float64Array(steps),
		sums: new Float64Array(steps),
		mins: new Float64Array(steps).fill(Number.NaN),
		maxs: new Float64Array(steps).fill(Number.NaN),
		quantiles: quantiles.map(() => new Float64Array(steps)),
	};
	for (let i = 0; i < steps; i++) {
		for (const group of groups) {
			const count = group.counts[i] as number;
			// Empty steps may hold NaN, which must not spread.
			if (!(count > 0)) continue;
			merged.counts[i] = (merged.counts[i] as number) + count;
			merged.sums[i] = (merged.sums[i] as number) + (group.sums[i] as number);
			const min = group.mins[i] as number;
			const max = group.maxs[i] as number;
			if (!(min >= (merged.mins[i] as number))) merged.mins[i] = min;
			if (!(max <= (merged.maxs[i] as number))) merged.maxs[i] = max;
		}
		const read = mergedQuantiles(
			groups.map((group) => group.sketches?.[i] ?? null),
			quantiles,
		);
		for (const [q, value] of read.entries()) (merged.quantiles[q] as Float64Array)[i] = value;
	}
	return { labels: first.labels, ...merged, sketches: null };
}

/** NaN where no shard gave a sketch, as for a counter. A sketch that cannot be read is a broken promise between versions. */
function mergedQuantiles(sketches: readonly (Uint8Array | null)[], quantiles: readonly number[]): number[] {
	const merged = new Sketch();
	for (const bytes of sketches) {
		if (bytes === null || quantiles.length === 0) continue;
		const done = mergeEncoded(merged, new ByteReader(bytes));
		assert(done.ok, "a shard's sketch can be read");
	}
	return quantilesOf(merged, quantiles);
}

/** The groups of all shards by label set, in the order in which they first come. */
function byLabels<G extends { readonly labels: Readonly<Record<string, string>> }>(
	parts: readonly (readonly G[])[],
): G[][] {
	const merged = new Map<string, G[]>();
	for (const group of parts.flat()) {
		const key = labelsKey(group.labels);
		const there = merged.get(key);
		if (there === undefined) merged.set(key, [group]);
		else there.push(group);
	}
	return [...merged.values()];
}

/** Of what was counted; empty groups may hold NaN, which must not spread. */
function total(groups: readonly GroupSummary[], of: (group: GroupSummary) => number): number {
	return groups.reduce((sum, group) => sum + (of(group) || 0), 0);
}
