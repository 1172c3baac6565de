/**
 * The bins that counted anything, in ascending order over both signs: what the codec writes and reads, and what anyone
 * with an own way of reading quantiles walks. Must never allocate per bin: one list serves all, call after call.
 */
import { BINS, LOWER } from "./bins.ts";
import type { SketchParts } from "./parts.ts";
import { ZEROS } from "./scalars.ts";

/** All bins of both signs, and zero. */
export const ORDINALS = 2 * BINS + 1;

/** Pairs of place and count, places ascending; `length` of them are valid. */
export type BinList = { readonly places: Int32Array; readonly counts: Float64Array; length: number };

/** A list that can take every bin there is: 79 KB, so make it once. */
export function emptyBinList(): BinList {
	return { places: new Int32Array(ORDINALS), counts: new Float64Array(ORDINALS), length: 0 };
}

/** Lists the bins of a sketch; places are ordinals (bins.ts), from -BINS to BINS. */
export function listBins(sketch: SketchParts, list: BinList): void {
	const { places, counts } = list;
	let length = 0;
	const below = sketch.negative;
	for (let i = below.counts.length - 1; i >= 0; i--) {
		const count = below.counts[i] as number;
		if (count === 0) continue;
		places[length] = -1 - (i + below.base);
		counts[length++] = count;
	}
	const zeros = sketch.scalars[ZEROS] as number;
	if (zeros > 0) {
		places[length] = 0;
		counts[length++] = zeros;
	}
	const above = sketch.positive;
	for (let i = 0; i < above.counts.length; i++) {
		const count = above.counts[i] as number;
		if (count === 0) continue;
		places[length] = i + above.base + 1;
		counts[length++] = count;
	}
	list.length = length;
}

/** One bin: `count` samples `v` with `lower < v <= upper`; zero itself is the bin from 0 to 0. */
export type Bin = { readonly lower: number; readonly upper: number; readonly count: number };

/** The bins that counted anything, in ascending order. The outermost may reach to an infinity. */
export function* binsOf(sketch: SketchParts): Generator<Bin, void, undefined> {
	const below = sketch.negative;
	for (let i = below.counts.length - 1; i >= 0; i--) {
		const count = below.counts[i] as number;
		const bin = i + below.base;
		if (count > 0) yield { lower: -(LOWER[bin + 1] as number), upper: 0 - (LOWER[bin] as number), count };
	}
	const zeros = sketch.scalars[ZEROS] as number;
	if (zeros > 0) yield { lower: 0, upper: 0, count: zeros };
	const above = sketch.positive;
	for (let i = 0; i < above.counts.length; i++) {
		const count = above.counts[i] as number;
		const bin = i + above.base;
		if (count > 0) yield { lower: LOWER[bin] as number, upper: LOWER[bin + 1] as number, count };
	}
}
