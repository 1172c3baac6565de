/**
 * Sketches as classic Prometheus buckets. The upper bounds `le` are every seventh edge of the bins, five an octave, with
 * counts exact at each. Series that are added up need the same bounds: each marks what it needs, and all are counted at the
 * union. Must never interpolate.
 */
import { emptyBinList, listBins } from "./bin-list.ts";
import { BINS, LOWER, ordinalOf } from "./bins.ts";
import type { SketchParts } from "./parts.ts";

/** Seven divides the 35 bins of an octave, so the powers of two are among the bounds. */
const BINS_PER_BUCKET = 7;
/** Bounds of one sign. */
const EDGES = (BINS - 2) / BINS_PER_BUCKET + 1;
const ZERO = EDGES;

/** All upper bounds by bucket index, ascending: -2^64 to -2^-30, 0, 2^-30 to 2^64, Infinity. */
export const BUCKET_BOUNDS: Float64Array = bounds();
/** The ordinal (bins.ts) of the highest bin below each bound. */
const BOUND_ORDINALS: Int32Array = boundOrdinals();
const LIST = emptyBinList();

/** `count` samples are at most `le`. */
export type Bucket = { readonly le: number; readonly count: number };

/** For each of BUCKET_BOUNDS, 1 if it is needed. Marks are only ever added: so the set never shrinks. */
export type BoundMarks = Uint8Array;

/** Nothing but Infinity, which every ladder ends with. */
export function noMarks(): BoundMarks {
	const marks = new Uint8Array(BUCKET_BOUNDS.length);
	marks[BUCKET_BOUNDS.length - 1] = 1;
	return marks;
}

/**
 * Marks the bounds that a sketch needs. Of either sign: from the highest not above its lowest bin to the lowest not below its
 * highest bin; and 0 for zeros. What lies between the signs and zero is empty and is left out.
 */
export function markSketch(marks: BoundMarks, sketch: SketchParts): void {
	listBins(sketch, LIST);
	markOrdinals(marks, LIST.length, (i) => LIST.places[i] as number);
}

/** Marks the bounds that the bins of a distribution need, as `markSketch`. Bins ascend, each by its edges. */
export function markBins(marks: BoundMarks, lowers: Float64Array, uppers: Float64Array): void {
	markOrdinals(marks, uppers.length, (i) => {
		const upper = uppers[i] as number;
		// The negative bin next to zero ends at zero, too.
		return upper === 0 && (lowers[i] as number) < 0 ? -1 : ordinalOf(upper);
	});
}

/** The marked bounds as indexes of BUCKET_BOUNDS, ascending, Infinity last. */
export function ladderOf(marks: BoundMarks): Int32Array {
	const hasNegative = marks.indexOf(1) < ZERO;
	const ladder: number[] = [];
	for (let i = 0; i < marks.length; i++) {
		// Zeros beside negative samples have a bucket of their own: else it would reach down to the highest of those.
		const isBelowZero = i === ZERO - 1 && marks[ZERO] === 1 && hasNegative;
		if (marks[i] === 1 || isBelowZero) ladder.push(i);
	}
	return Int32Array.from(ladder);
}

/** The bounds of a ladder. */
export function boundsOf(ladder: Int32Array): Float64Array {
	return Float64Array.from(ladder, (i) => BUCKET_BOUNDS[i] as number);
}

/** A bound as Prometheus writes it. */
export function formatBound(le: number): string {
	return le === Number.POSITIVE_INFINITY ? "+Inf" : String(le);
}

/** Adds to each of `counts`, or takes away (`sign` -1), how many samples are at most the bound of the ladder at its place. */
export function addCounts(sketch: SketchParts, ladder: Int32Array, counts: Float64Array, sign: 1 | -1): void {
	listBins(sketch, LIST);
	let next = 0;
	let seen = 0;
	for (let i = 0; i < ladder.length; i++) {
		const ordinal = BOUND_ORDINALS[ladder[i] as number] as number;
		while (next < LIST.length && (LIST.places[next] as number) <= ordinal) seen += LIST.counts[next++] as number;
		counts[i] = (counts[i] as number) + sign * seen;
	}
}

/** Marks what ascending ordinals need: the outermost of each sign, and zero. */
function markOrdinals(marks: BoundMarks, length: number, at: (i: number) => number): void {
	let i = 0;
	while (i < length && at(i) < 0) i++;
	if (i > 0) {
		// Beyond -2^64 there is no bound.
		const from = Math.max(0, ZERO - 1 - Math.ceil((-1 - at(0)) / BINS_PER_BUCKET));
		marks.fill(1, from, ZERO - Math.floor((-2 - at(i - 1)) / BINS_PER_BUCKET));
	}
	if (i < length && at(i) === 0) {
		marks[ZERO] = 1;
		i++;
	}
	if (i < length) {
		const from = ZERO + 1 + Math.floor((at(i) - 2) / BINS_PER_BUCKET);
		marks.fill(1, from, ZERO + 2 + Math.ceil((at(length - 1) - 1) / BINS_PER_BUCKET));
	}
}

function bounds(): Float64Array {
	const ladder = new Float64Array(2 * EDGES + 2);
	for (let i = 0; i < EDGES; i++) {
		const edge = LOWER[1 + i * BINS_PER_BUCKET] as number;
		ladder[EDGES - 1 - i] = -edge;
		ladder[EDGES + 1 + i] = edge;
	}
	ladder[2 * EDGES + 1] = Number.POSITIVE_INFINITY;
	return ladder;
}

function boundOrdinals(): Int32Array {
	const ordinals = new Int32Array(2 * EDGES + 2);
	for (let i = 0; i < EDGES; i++) {
		ordinals[EDGES - 1 - i] = -2 - i * BINS_PER_BUCKET;
		ordinals[EDGES + 1 + i] = 1 + i * BINS_PER_BUCKET;
	}
	ordinals[2 * EDGES + 1] = BINS;
	return ordinals;
}
