/**
 * The quick path: a sample finds its bin by two shifts and a table (bins.ts). Must never call a logarithm, allocate for a
 * bin that is covered, or do anything else than the slow path at its end, which is the plain statement of what happens.
 */
import { SAMPLE_MAGNITUDE_MAX } from "../model/limits.ts";
import { type BinStore, NARROW_MAX } from "./bin-store.ts";
import { BEFORE, BIN_OF_CELL, BINS_PER_OCTAVE, binOf } from "./bins.ts";
import type { SketchParts } from "./parts.ts";
import { addSum, COUNT, MAX, MIN, SUM_HI, SUM_LO, ZEROS } from "./scalars.ts";

/** Samples of a batch that are looked at together: twice as quick as one by one, since no load has to wait for a store. */
const BLOCK = 512;

/** Counts one sample, as `Sketch.add`. */
export const addOne: (sketch: SketchParts, value: number) => boolean = makeAddOne();
const addBlock: (sketch: SketchParts, values: Float64Array, start: number, end: number) => boolean = makeAddBlock();

/** Counts the samples from index `from` up to `to`, as `Sketch.addBatch`, and gives how many were refused. */
export function addMany(sketch: SketchParts, values: Float64Array, from: number, to: number): number {
	let refused = 0;
	if (sketch.count + (to - from) > NARROW_MAX) widen(sketch);
	for (let start = from; start < to; start += BLOCK) {
		const end = Math.min(to, start + BLOCK);
		if (addBlock(sketch, values, start, end)) continue;
		for (let i = start; i < end; i++) if (!addOne(sketch, values[i] as number)) refused++;
	}
	return refused;
}

/** Makes the counters of both signs wide. */
export function widen(sketch: SketchParts): void {
	sketch.positive.widen();
	sketch.negative.widen();
}

/**
 * V8 folds constants of an enclosing function into its code. Those of a module it loads each time, and a bundler makes them
 * variables: that costs a third. So both quick functions are made by one that holds their tables.
 */
function makeAddOne(): typeof addOne {
	const float = new Float64Array(1);
	// The words of that double, the high one last: the machines that V8 runs on are little-endian.
	const words = new Int32Array(float.buffer);
	const table = BIN_OF_CELL;
	const perOctave = BINS_PER_OCTAVE;
	const narrowMax = NARROW_MAX;
	return (sketch, value) => {
		float[0] = value;
		let high = words[1] as number;
		// The high word of the double before a positive one, as `binOf` has it, differs only where the low word is zero.
		if (words[0] === 0) high = (high - (~high >>> 31)) | 0;
		const store = high >= 0 ? sketch.positive : sketch.negative;
		const raw = Math.imul(high >>> 20, perOctave) + (table[(high >>> 9) & 2047] as number);
		const at = (raw - store.rawBase) | 0;
		const counts = store.counts;
		const scalars = sketch.scalars;
		const count = (scalars[0] as number) + 1;
		// Unsigned: one comparison turns away zero, NaN, infinities and what the window does not cover yet.
		if (at >>> 0 >= counts.length || count > narrowMax) return addSlowly(sketch, value);
		// The places are COUNT, SUM_HI, SUM_LO, MIN, MAX, and the sum is `addSum` in place.
		scalars[0] = count;
		const before = scalars[1] as number;
		const after = before + value;
		const added = after - before;
		scalars[1] = after;
		scalars[2] = (scalars[2] as number) + (before - (after - added) + (value - added));
		if (value < (scalars[3] as number)) scalars[3] = value;
		if (value > (scalars[4] as number)) scalars[4] = value;
		counts[at] = (counts[at] as number) + 1;
		return true;
	};
}

/** Makes what counts a block of one sign, as its first sample has it; false, and nothing counted, if there are others in it. */
function makeAddBlock(): typeof addBlock {
	const float = new Float64Array(1);
	const words = new Int32Array(float.buffer);
	const table = BIN_OF_CELL;
	const perOctave = BINS_PER_OCTAVE;
	const rawKeys = new Int32Array(BLOCK);
	const outside = new Int32Array(BLOCK);

	/** Sums a block and notes its raw keys. */
	const addBlock = (sketch: SketchParts, values: Float64Array, start: number, end: number): boolean => {
		const isAbove = (values[start] as number) > 0;
		const factor = isAbove ? BEFORE : 1;
		const scalars = sketch.scalars;
		let hi = scalars[SUM_HI] as number;
		let lo = scalars[SUM_LO] as number;
		let least = Number.POSITIVE_INFINITY;
		let most = Number.NEGATIVE_INFINITY;
		for (let i = start, at = 0; i < end; i++, at++) {
			const value = values[i] as number;
			float[0] = value * factor;
			const high = words[1] as number;
			rawKeys[at] = Math.imul(high >>> 20, perOctave) + (table[(high >>> 9) & 2047] as number);
			const after = hi + value;
			const added = after - hi;
			lo += hi - (after - added) + (value - added);
			hi = after;
			least = Math.min(least, value);
			most = Math.max(most, value);
		}
		if (!takeSums(scalars, end - start, hi, lo, least, most, isAbove)) return false;
		const store = isAbove ? sketch.positive : sketch.negative;
		store.cover(binOf(isAbove ? least : most), binOf(isAbove ? most : least));
		countKeys(store, values, start, end);
		return true;
	};

	/** Counts the raw keys of a block in their bins, which are covered; last the few that share an outermost bin. */
	const countKeys = (store: BinStore, values: Float64Array, start: number, end: number): void => {
		const counts = store.counts;
		const base = store.rawBase;
		const length = end - start;
		let missed = 0;
		for (let i = 0; i < length; i++) {
			const at = ((rawKeys[i] as number) - base) | 0;
			if (at >>> 0 < counts.length) counts[at] = (counts[at] as number) + 1;
			else outside[missed++] = i;
		}
		for (let i = 0; i < missed; i++) store.bump(binOf(values[start + (outside[i] as number)] as number), 1);
	};
	return addBlock;
}

/** Takes over what a block came to, unless it has both signs, or anything that cannot be counted. */
function takeSums(
	scalars: Float64Array,
	count: number,
	hi: number,
	lo: number,
	least: number,
	most: number,
	isAbove: boolean,
): boolean {
	// Math.min and Math.max of a NaN are NaN, which fails all comparisons.
	const isOneSign = isAbove ? least > 0 : most < 0;
	if (!(isOneSign && least >= -SAMPLE_MAGNITUDE_MAX && most <= SAMPLE_MAGNITUDE_MAX)) return false;
	scalars[COUNT] = (scalars[COUNT] as number) + count;
	scalars[SUM_HI] = hi;
	scalars[SUM_LO] = lo;
	if (least < (scalars[MIN] as number)) scalars[MIN] = least;
	if (most > (scalars[MAX] as number)) scalars[MAX] = most;
	return true;
}

/** All that `addOne` does, and what it turns away: zero, new bins, what cannot be counted, and more than 2^32 samples. */
function addSlowly(sketch: SketchParts, value: number): boolean {
	if (!(Math.abs(value) <= SAMPLE_MAGNITUDE_MAX)) return false;
	const scalars = sketch.scalars;
	const count = (scalars[COUNT] as number) + 1;
	if (count > NARROW_MAX) widen(sketch);
	scalars[COUNT] = count;
	if (value === 0) scalars[ZEROS] = (scalars[ZEROS] as number) + 1;
	else countFirst(value > 0 ? sketch.positive : sketch.negative, value);
	addSum(scalars, value, 0);
	if (value < (scalars[MIN] as number)) scalars[MIN] = value + 0;
	if (value > (scalars[MAX] as number)) scalars[MAX] = value + 0;
	return true;
}

/** Counts a number, not zero, whose bin may not be covered yet. */
function countFirst(store: BinStore, value: number): void {
	const bin = binOf(value);
	store.cover(bin, bin);
	store.bump(bin, 1);
}
