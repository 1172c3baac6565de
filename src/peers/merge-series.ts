/**
 * Adds the same series of several shards up, point by point, for PromQL. What is cumulative is made monotonic first and carried
 * over where one shard has a point and another has none: else a point that lacks a shard would read as a counter reset. Pure.
 */
import { type Labels, type LabelsKey, labelsKey } from "../model/labels.ts";
import type { SelectedHistogram, SelectedSeries } from "../model/metric-rpc.ts";
import { formatBound } from "../sketch/buckets.ts";

/** One series out of those of all shards (at least one), cumulative: a counter, or the histograms of a distribution. */
export function addCumulative(parts: readonly SelectedSeries[]): SelectedSeries {
	const first = parts[0] as SelectedSeries;
	if (parts.length === 1) return first;
	if (parts.some((part) => part.histograms !== null)) return addHistograms(parts);
	const times = unionOf(parts.map((part) => part.timestampsMs));
	const values = new Float64Array(times.length);
	for (const part of parts) {
		const rising = withoutResets(part.values);
		follow(times, part.timestampsMs, (i, at) => {
			values[i] = (values[i] as number) + (rising[at] as number);
		});
	}
	return { labels: first.labels, timestampsMs: times, values, histograms: null };
}

/**
 * The buckets of one metric as its objects gave them, each completed to the bounds that any of them has: at a bound of which an
 * object knows nothing it has counted what it has at the next one below, as there is nothing of its own in between.
 */
export function withAllBounds(objects: readonly (readonly SelectedSeries[])[]): (readonly SelectedSeries[])[] {
	const known = new Set<number>();
	for (const one of objects.flat()) {
		if (one.timestampsMs.length > 0) known.add(boundOf(one.labels));
		for (const bound of one.bounds ?? []) known.add(bound);
	}
	const all = [...known].sort((a, b) => a - b);
	return objects.map((answer) => {
		const series = answer.filter((one) => one.timestampsMs.length > 0);
		const sets = series.filter(({ labels }) => labels["le"] === "+Inf").length;
		// Of one shard, and of shards alike, every label set has all.
		if (series.length === sets * all.length) return series;
		return [...byLabelSet(series).values()].flatMap((own) => completed(own, all));
	});
}

/** One series of single values out of those of all shards: all points; at the same time the last shard's holds. */
export function joinPoints(parts: readonly SelectedSeries[]): SelectedSeries {
	const first = parts[0] as SelectedSeries;
	if (parts.length === 1) return first;
	const byTime = new Map<number, { readonly part: SelectedSeries; readonly at: number }>();
	for (const part of parts) {
		for (let at = 0; at < part.timestampsMs.length; at++) byTime.set(part.timestampsMs[at] as number, { part, at });
	}
	const times = Float64Array.from(byTime.keys()).sort();
	const values = new Float64Array(times.length);
	for (let i = 0; i < times.length; i++) {
		const from = byTime.get(times[i] as number);
		// `set` of a view copies bits: a stale marker is a NaN that is told by its own.
		if (from !== undefined) values.set(from.part.values.subarray(from.at, from.at + 1), i);
	}
	return { labels: first.labels, timestampsMs: times, values, histograms: null };
}

/** Two cumulative distributions as one: bins with the same edges are added. */
export function addHistogram(a: SelectedHistogram, b: SelectedHistogram): SelectedHistogram {
	const lowers: number[] = [];
	const uppers: number[] = [];
	const counts: number[] = [];
	let i = 0;
	let j = 0;
	while (i < a.lowers.length || j < b.lowers.length) {
		const left = i < a.lowers.length ? (a.uppers[i] as number) : Number.POSITIVE_INFINITY;
		const right = j < b.lowers.length ? (b.uppers[j] as number) : Number.POSITIVE_INFINITY;
		const takeA = i < a.lowers.length && (j >= b.lowers.length || left <= right);
		const takeB = j < b.lowers.length && (i >= a.lowers.length || right <= left);
		const from = takeA ? a : b;
		const at = takeA ? i : j;
		lowers.push(from.lowers[at] as number);
		uppers.push(from.uppers[at] as number);
		counts.push((takeA ? (a.counts[i] as number) : 0) + (takeB ? (b.counts[j] as number) : 0));
		if (takeA) i++;
		if (takeB) j++;
	}
	return {
		count: a.count + b.count,
		sum: a.sum + b.sum,
		lowers: Float64Array.from(lowers),
		uppers: Float64Array.from(uppers),
		counts: Float64Array.from(counts),
	};
}

/** The series of each label set by their bounds. */
function byLabelSet(series: readonly SelectedSeries[]): Map<LabelsKey, Map<number, SelectedSeries>> {
	const sets = new Map<LabelsKey, Map<number, SelectedSeries>>();
	for (const one of series) {
		const { le: _, ...rest } = one.labels;
		const key = labelsKey(rest);
		const own = sets.get(key) ?? new Map<number, SelectedSeries>();
		sets.set(key, own.set(boundOf(one.labels), one));
	}
	return sets;
}

function completed(own: ReadonlyMap<number, SelectedSeries>, all: readonly number[]): SelectedSeries[] {
	const any = [...own.values()][0] as SelectedSeries;
	let below: SelectedSeries = { ...any, values: new Float64Array(any.values.length) };
	return all.map((bound) => {
		below = own.get(bound) ?? { ...below, labels: { ...any.labels, le: formatBound(bound) } };
		return below;
	});
}

function boundOf(labels: Labels): number {
	return labels["le"] === "+Inf" ? Number.POSITIVE_INFINITY : Number(labels["le"]);
}

function addHistograms(parts: readonly SelectedSeries[]): SelectedSeries {
	const first = parts[0] as SelectedSeries;
	const times = unionOf(parts.map((part) => part.timestampsMs));
	const histograms = new Array<SelectedHistogram | null>(times.length).fill(null);
	for (const part of parts) {
		const rising = histogramsWithoutResets(part.histograms ?? []);
		follow(times, part.timestampsMs, (i, at) => {
			const one = rising[at] as SelectedHistogram;
			const there = histograms[i] as SelectedHistogram | null;
			histograms[i] = there === null ? one : addHistogram(there, one);
		});
	}
	const values = new Float64Array(times.length);
	return { labels: first.labels, timestampsMs: times, values, histograms: histograms.filter((one) => one !== null) };
}

/**
 * Calls `visit` for each of all times with the place of the latest point at or before it. Before its first point a part counts with
 * that one: the first point is zero where a series was born, and else the part was there before the window.
 */
function follow(times: Float64Array, own: Float64Array, visit: (i: number, at: number) => void): void {
	if (own.length === 0) return;
	let at = 0;
	for (let i = 0; i < times.length; i++) {
		while (at + 1 < own.length && (own[at + 1] as number) <= (times[i] as number)) at++;
		visit(i, at);
	}
}

/** A counter that goes on where it was reset. */
function withoutResets(values: Float64Array): Float64Array {
	const rising = new Float64Array(values.length);
	let lost = 0;
	for (let i = 0; i < values.length; i++) {
		const before = i === 0 ? 0 : (values[i - 1] as number);
		if (i > 0 && (values[i] as number) < before) lost += before;
		rising[i] = lost + (values[i] as number);
	}
	return rising;
}

function histogramsWithoutResets(histograms: readonly SelectedHistogram[]): SelectedHistogram[] {
	let lost: SelectedHistogram | null = null;
	let before: SelectedHistogram | null = null;
	const rising: SelectedHistogram[] = [];
	for (const one of histograms) {
		if (before !== null && one.count < before.count) lost = lost === null ? before : addHistogram(lost, before);
		rising.push(lost === null ? one : addHistogram(lost, one));
		before = one;
	}
	return rising;
}

/** All numbers of all lists, ascending, once each. */
export function unionOf(lists: readonly Float64Array[]): Float64Array {
	const all = new Set<number>();
	for (const list of lists) for (const time of list) all.add(time);
	return Float64Array.from(all).sort();
}
