/**
 * The quick path: a sample finds its bin by two shifts and a table (bins.ts). Must never call a logarithm, allocate for a
 * bin that is covered, or do anything else than the slow path at its end, which is the plain statement of what happens.
 */
import { SAMPLE_MAGNITUDE_MAX } from "../model/limits.ts";
import { type BinStore, NARROW_MAX } from "./bin-store.ts";
import { BEFORE, BIN_OF_CELL, BINS_PER_OCTAVE, binOf } from "./bins.ts";
import { addSum, COUNT, MAX, MIN, SUM_HI, SUM_LO, ZEROS } from "./scalars.ts";
import type { Sketch } from "./sketch.ts";

// V8 folds the constants of this module into its code; those of other modules it loads each time, a third of the cost.
const TABLE = BIN_OF_CELL;
const PER_OCTAVE = BINS_PER_OCTAVE;
const STEP_BACK = BEFORE;
const NARROW = NARROW_MAX;
const [AT_COUNT, AT_HI, AT_LO, AT_MIN, AT_MAX] = [COUNT, SUM_HI, SUM_LO, MIN, MAX] as const;
const FLOAT = new Float64Array(1);
/** The words of that double, the high one last: the machines that V8 runs on are little-endian. */
const WORDS = new Int32Array(FLOAT.buffer);
/** Samples of a batch that are looked at together; twice as quick as one after the other, since no load waits for a store. */
const BLOCK = 64;
const RAW_KEYS = new Int32Array(BLOCK);
const MISSED = new Int32Array(BLOCK);

/** Counts one sample, as `Sketch.add`. */
export function addOne(sketch: Sketch, value: number): boolean {
	FLOAT[0] = value;
	let high = WORDS[1] as number;
	// The high word of the double before a positive one, as `binOf` has it, differs only where the low word is zero.
	if (WORDS[0] === 0) high = (high - (~high >>> 31)) | 0;
	const store = high >= 0 ? sketch.positive : sketch.negative;
	const raw = Math.imul(high >>> 20, PER_OCTAVE) + (TABLE[(high >>> 9) & 2047] as number);
	const at = (raw - store.rawBase) | 0;
	const counts = store.counts;
	const scalars = sketch.scalars;
	const count = (scalars[AT_COUNT] as number) + 1;
	// Unsigned: one comparison turns away zero, NaN, infinities and what the window does not cover yet.
	if (at >>> 0 >= counts.length || count > NARROW) return addSlowly(sketch, value);
	scalars[AT_COUNT] = count;
	// Two-sum (scalars.ts), in place.
	const before = scalars[AT_HI] as number;
	const after = before + value;
	const added = after - before;
	scalars[AT_HI] = after;
	scalars[AT_LO] = (scalars[AT_LO] as number) + (before - (after - added) + (value - added));
	if (value < (scalars[AT_MIN] as number)) scalars[AT_MIN] = value;
	if (value > (scalars[AT_MAX] as number)) scalars[AT_MAX] = value;
	counts[at] = (counts[at] as number) + 1;
	return true;
}

/** Counts the samples from index `from` up to `to`, as `Sketch.addBatch`, and gives how many were refused. */
export function addMany(sketch: Sketch, values: Float64Array, from: number, to: number): number {
	let refused = 0;
	if (sketch.count + (to - from) > NARROW_MAX) widen(sketch);
	for (let start = from; start < to; start += BLOCK) {
		const end = Math.min(to, start + BLOCK);
		if (addPositive(sketch.scalars, values, start, end)) countPositive(sketch.positive, values, start, end);
		else for (let i = start; i < end; i++) if (!addOne(sketch, values[i] as number)) refused++;
	}
	return refused;
}

/** Makes the counters of both signs wide. */
export function widen(sketch: Sketch): void {
	sketch.positive.widen();
	sketch.negative.widen();
}

/** Adds a block to sum, extremes and count, and notes its raw keys; false, and nothing added, unless all are above zero. */
function addPositive(scalars: Float64Array, values: Float64Array, start: number, end: number): boolean {
	let hi = scalars[AT_HI] as number;
	let lo = scalars[AT_LO] as number;
	let least = Number.POSITIVE_INFINITY;
	let most = 0;
	for (let i = start, at = 0; i < end; i++, at++) {
		const value = values[i] as number;
		FLOAT[0] = value * STEP_BACK;
		const high = WORDS[1] as number;
		RAW_KEYS[at] = Math.imul(high >>> 20, PER_OCTAVE) + (TABLE[(high >>> 9) & 2047] as number);
		const after = hi + value;
		const added = after - hi;
		lo += hi - (after - added) + (value - added);
		hi = after;
		least = Math.min(least, value);
		most = Math.max(most, value);
	}
	// NaN fails both comparisons.
	if (!(least > 0 && most <= SAMPLE_MAGNITUDE_MAX)) return false;
	scalars[AT_COUNT] = (scalars[AT_COUNT] as number) + (end - start);
	scalars[AT_HI] = hi;
	scalars[AT_LO] = lo;
	if (least < (scalars[AT_MIN] as number)) scalars[AT_MIN] = least;
	if (most > (scalars[AT_MAX] as number)) scalars[AT_MAX] = most;
	return true;
}

/** Counts the raw keys of a block in their bins; those that are not covered last, since they move the window. */
function countPositive(store: BinStore, values: Float64Array, start: number, end: number): void {
	const counts = store.counts;
	const base = store.rawBase;
	const length = end - start;
	let missed = 0;
	for (let i = 0; i < length; i++) {
		const at = ((RAW_KEYS[i] as number) - base) | 0;
		if (at >>> 0 < counts.length) counts[at] = (counts[at] as number) + 1;
		else MISSED[missed++] = i;
	}
	for (let i = 0; i < missed; i++) countFirst(store, values[start + (MISSED[i] as number)] as number);
}

/** All that `addOne` does, and what it turns away: zero, new bins, what cannot be counted, and more than 2^32 samples. */
function addSlowly(sketch: Sketch, value: number): boolean {
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
