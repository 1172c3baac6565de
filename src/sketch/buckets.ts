/**
 * A sketch as classic Prometheus buckets. The upper bounds `le` are every seventh edge of the bins, five an octave: a set
 * that is the same for every sketch and never shrinks, with counts exact at each bound. Must never interpolate.
 */
import { emptyBinList, listBins } from "./bin-list.ts";
import { BINS, LOWER } from "./bins.ts";
import type { SketchParts } from "./parts.ts";
import { COUNT, MAX, MIN, ZEROS } from "./scalars.ts";

/** Seven divides the 35 bins of an octave, so the powers of two are among the bounds. */
const BINS_PER_BUCKET = 7;
/** Bounds of one sign. */
const EDGES = (BINS - 2) / BINS_PER_BUCKET + 1;

/** All upper bounds by bucket index, ascending: -2^64 to -2^-30, 0, 2^-30 to 2^64, Infinity. */
export const BUCKET_BOUNDS: Float64Array = bounds();
/** The ordinal (bins.ts) of the highest bin below each bound. */
const BOUND_ORDINALS: Int32Array = boundOrdinals();
const LIST = emptyBinList();

/** `count` samples are at most `le`. */
export type Bucket = { readonly le: number; readonly count: number };

/** How many samples are at most `le`: exact at every edge of a bin, else the exact count of the nearest edge below. */
export function countAtMost(sketch: SketchParts, le: number): number {
	const scalars = sketch.scalars;
	if (le >= (scalars[MAX] as number)) return scalars[COUNT] as number;
	if (!(le >= (scalars[MIN] as number))) return 0;
	let seen = 0;
	const below = sketch.negative;
	for (let i = below.counts.length - 1; i >= 0 && 0 - (LOWER[i + below.base] as number) <= le; i--) {
		seen += below.counts[i] as number;
	}
	if (le < 0) return seen;
	seen += scalars[ZEROS] as number;
	const above = sketch.positive;
	for (let i = 0; i < above.counts.length && (LOWER[i + above.base + 1] as number) <= le; i++) {
		seen += above.counts[i] as number;
	}
	return seen;
}

/**
 * The buckets that say anything, cumulative and ascending: from the highest bound below the minimum (count 0) to the lowest
 * bound not below the maximum (all samples), and Infinity. Without samples Infinity alone.
 */
export function cumulativeBuckets(sketch: SketchParts): Bucket[] {
	const count = sketch.scalars[COUNT] as number;
	const buckets: Bucket[] = [];
	listBins(sketch, LIST);
	let next = 0;
	let seen = 0;
	const from = Math.max(0, firstBoundAbove(LIST.length > 0 ? (LIST.places[0] as number) : BINS) - 1);
	for (let i = from; i < BUCKET_BOUNDS.length - 1 && seen < count; i++) {
		const ordinal = BOUND_ORDINALS[i] as number;
		while (next < LIST.length && (LIST.places[next] as number) <= ordinal) seen += LIST.counts[next++] as number;
		buckets.push({ le: BUCKET_BOUNDS[i] as number, count: seen });
	}
	buckets.push({ le: Number.POSITIVE_INFINITY, count });
	return buckets;
}

/** The index of the lowest bound that a bin lies below. */
function firstBoundAbove(ordinal: number): number {
	let low = 0;
	let high = BOUND_ORDINALS.length - 1;
	while (low < high) {
		const middle = (low + high) >> 1;
		if ((BOUND_ORDINALS[middle] as number) >= ordinal) high = middle;
		else low = middle + 1;
	}
	return low;
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
