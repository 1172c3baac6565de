/**
 * Nearest-rank quantiles read off the bins in one walk from the lowest to the highest. The answer lies within 1 % of the
 * sample at that rank (bins.ts), and never outside minimum and maximum. Must never interpolate: that has no bound.
 */
import { MIDDLE } from "./bins.ts";
import type { SketchParts } from "./parts.ts";
import { COUNT, MAX, MIN, ZEROS } from "./scalars.ts";

/** The nearest rank, 1 to `count`: the sample at it is the quantile. */
export function rankOf(q: number, count: number): number {
	return Math.min(count, Math.max(1, Math.ceil(q * count)));
}

/** The quantiles in the order they are asked for; NaN without samples or for `q` outside 0 to 1. */
export function quantilesOf(sketch: SketchParts, qs: readonly number[]): number[] {
	const count = sketch.scalars[COUNT] as number;
	const values: number[] = [];
	const ranks: number[] = [];
	let previous = 0;
	for (const q of qs) {
		if (!(q >= 0 && q <= 1) || count === 0) return qs.map((one) => lone(sketch, one));
		if (q < previous) return unsorted(sketch, qs);
		previous = q;
		ranks.push(rankOf(q, count));
		values.push(0);
	}
	fillValues(sketch, ranks, values);
	return values;
}

/** Answers for a list with an invalid entry, one by one. */
function lone(sketch: SketchParts, q: number): number {
	const count = sketch.scalars[COUNT] as number;
	if (!(q >= 0 && q <= 1) || count === 0) return Number.NaN;
	const values = [0];
	fillValues(sketch, [rankOf(q, count)], values);
	return values[0] as number;
}

function unsorted(sketch: SketchParts, qs: readonly number[]): number[] {
	const sorted = [...qs].sort((a, b) => a - b);
	if (sorted.some((q) => !(q >= 0 && q <= 1))) return qs.map((one) => lone(sketch, one));
	const values = quantilesOf(sketch, sorted);
	return qs.map((q) => values[sorted.indexOf(q)] as number);
}

/** Writes the value at each rank; the ranks ascend. */
function fillValues(sketch: SketchParts, ranks: readonly number[], values: number[]): void {
	const scalars = sketch.scalars;
	const count = scalars[COUNT] as number;
	const min = scalars[MIN] as number;
	const max = scalars[MAX] as number;
	let next = 0;
	while (next < ranks.length && ranks[next] === 1) values[next++] = min;
	let wanted = rankAt(ranks, next);
	let seen = 0;
	const below = sketch.negative.counts;
	const belowBase = sketch.negative.base;
	for (let i = below.length - 1; i >= 0 && wanted < count; i--) {
		seen += below[i] as number;
		while (seen >= wanted && wanted < count) {
			values[next++] = Math.min(max, Math.max(min, 0 - (MIDDLE[i + belowBase] as number)));
			wanted = rankAt(ranks, next);
		}
	}
	seen += scalars[ZEROS] as number;
	while (seen >= wanted && wanted < count) {
		values[next++] = 0;
		wanted = rankAt(ranks, next);
	}
	const above = sketch.positive.counts;
	const aboveBase = sketch.positive.base;
	for (let i = 0; i < above.length && wanted < count; i++) {
		seen += above[i] as number;
		while (seen >= wanted && wanted < count) {
			values[next++] = Math.min(max, Math.max(min, MIDDLE[i + aboveBase] as number));
			wanted = rankAt(ranks, next);
		}
	}
	while (next < ranks.length) values[next++] = max;
}

function rankAt(ranks: readonly number[], index: number): number {
	return index < ranks.length ? (ranks[index] as number) : Number.POSITIVE_INFINITY;
}
