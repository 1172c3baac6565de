/**
 * The quick path: a sample finds its bin by a multiplication, two shifts and a table. Must never call a logarithm,
 * allocate, or branch on anything that data makes unpredictable, but for the sign.
 */
import { SAMPLE_MAGNITUDE_MAX } from "../model/limits.ts";
import { type BinStore, NARROW_MAX } from "./bin-store.ts";
import { BEFORE, BIN_OF_CELL, BINS_PER_OCTAVE, binOf, HIGH } from "./bins.ts";
import { addSum, COUNT, MAX, MIN, SUM_HI, SUM_LO, ZEROS } from "./scalars.ts";
import type { Sketch } from "./sketch.ts";

// V8 folds the constants of a module into its code, those of other modules it loads each time: a third of the cost.
const TABLE = BIN_OF_CELL;
const PER_OCTAVE = BINS_PER_OCTAVE;
const STEP_BACK = BEFORE;
const UPPER = HIGH;
const NARROW = NARROW_MAX;
const [AT_COUNT, AT_HI, AT_LO, AT_MIN, AT_MAX] = [COUNT, SUM_HI, SUM_LO, MIN, MAX] as const;
const FLOAT = new Float64Array(1);
const WORDS = new Uint32Array(FLOAT.buffer);

/** Counts one sample, as `Sketch.add`. */
export function addOne(sketch: Sketch, value: number): boolean {
	const isAbove = value > 0;
	FLOAT[0] = isAbove ? value * STEP_BACK : value;
	const store = isAbove ? sketch.positive : sketch.negative;
	const high = WORDS[UPPER] as number;
	const at = (high >>> 20) * PER_OCTAVE + (TABLE[(high >>> 9) & 2047] as number) - store.rawBase;
	const counts = store.counts;
	const scalars = sketch.scalars;
	const count = (scalars[AT_COUNT] as number) + 1;
	// Unsigned: one comparison turns away zero, NaN, infinities and what the window does not cover yet.
	if (at >>> 0 >= counts.length || count > NARROW) return addRare(sketch, value);
	counts[at] = (counts[at] as number) + 1;
	scalars[AT_COUNT] = count;
	// Two-sum (scalars.ts), in place.
	const before = scalars[AT_HI] as number;
	const after = before + value;
	const added = after - before;
	scalars[AT_HI] = after;
	scalars[AT_LO] = (scalars[AT_LO] as number) + (before - (after - added) + (value - added));
	if (value < (scalars[AT_MIN] as number)) scalars[AT_MIN] = value;
	if (value > (scalars[AT_MAX] as number)) scalars[AT_MAX] = value;
	return true;
}

/** Counts the samples from index `from` up to `to`, as `Sketch.addBatch`; the scalars stay in registers. */
export function addMany(sketch: Sketch, values: Float64Array, from: number, to: number): number {
	const scalars = sketch.scalars;
	if ((scalars[COUNT] as number) + (to - from) > NARROW_MAX) widen(sketch);
	const above = sketch.positive;
	const below = sketch.negative;
	let aboveCounts = above.counts;
	let aboveBase = above.rawBase;
	let belowCounts = below.counts;
	let belowBase = below.rawBase;
	let hi = scalars[SUM_HI] as number;
	let lo = scalars[SUM_LO] as number;
	let min = scalars[MIN] as number;
	let max = scalars[MAX] as number;
	let zeros = 0;
	let refused = 0;
	for (let i = from; i < to; i++) {
		const value = values[i] as number;
		const isAbove = value > 0;
		FLOAT[0] = isAbove ? value * STEP_BACK : value;
		const high = WORDS[UPPER] as number;
		const raw = (high >>> 20) * PER_OCTAVE + (TABLE[(high >>> 9) & 2047] as number);
		const at = raw - (isAbove ? aboveBase : belowBase);
		const counts = isAbove ? aboveCounts : belowCounts;
		if (at >>> 0 < counts.length) {
			counts[at] = (counts[at] as number) + 1;
		} else if (value === 0) {
			zeros++;
			if (0 < min) min = 0;
			if (0 > max) max = 0;
			continue;
		} else if (!(Math.abs(value) <= SAMPLE_MAGNITUDE_MAX)) {
			refused++;
			continue;
		} else {
			countFirst(isAbove ? above : below, value);
			aboveCounts = above.counts;
			aboveBase = above.rawBase;
			belowCounts = below.counts;
			belowBase = below.rawBase;
		}
		const after = hi + value;
		const added = after - hi;
		lo += hi - (after - added) + (value - added);
		hi = after;
		if (value < min) min = value;
		if (value > max) max = value;
	}
	scalars[COUNT] = (scalars[COUNT] as number) + Math.max(0, to - from) - refused;
	scalars[SUM_HI] = hi;
	scalars[SUM_LO] = lo;
	scalars[MIN] = min;
	scalars[MAX] = max;
	scalars[ZEROS] = (scalars[ZEROS] as number) + zeros;
	return refused;
}

/** Makes the counters of both signs wide. */
export function widen(sketch: Sketch): void {
	sketch.positive.widen();
	sketch.negative.widen();
}

/** What the quick path turned away: zero, a bin that is not covered yet, what cannot be counted, or the 2^32nd sample. */
function addRare(sketch: Sketch, value: number): boolean {
	if (!(Math.abs(value) <= SAMPLE_MAGNITUDE_MAX)) return false;
	const scalars = sketch.scalars;
	const count = (scalars[COUNT] as number) + 1;
	if (count > NARROW_MAX) widen(sketch);
	scalars[COUNT] = count;
	if (value === 0) {
		scalars[ZEROS] = (scalars[ZEROS] as number) + 1;
	} else {
		countFirst(value > 0 ? sketch.positive : sketch.negative, value);
		addSum(scalars, value, 0);
	}
	// Adding 0 makes -0 the 0 that it counts as.
	if (value < (scalars[MIN] as number)) scalars[MIN] = value + 0;
	if (value > (scalars[MAX] as number)) scalars[MAX] = value + 0;
	return true;
}

function countFirst(store: BinStore, value: number): void {
	const bin = binOf(value);
	store.cover(bin, bin);
	store.bump(bin, 1);
}
