/**
 * Count, sum, extremes and zeros of a sketch, in one typed array: V8 boxes a field that holds a double. The sum is kept
 * as two doubles, so that nothing is lost when slots are added to a window and taken away again. Must never know bins.
 */

/** Places in the array. */
export const COUNT = 0;
/** The sum is SUM_HI + SUM_LO. */
export const SUM_HI = 1;
export const SUM_LO = 2;
export const MIN = 3;
export const MAX = 4;
/** Samples that are zero, of either sign. */
export const ZEROS = 5;
export const SCALARS = 6;

/** The scalars of no samples. */
export function emptyScalars(): Float64Array {
	const scalars = new Float64Array(SCALARS);
	clearScalars(scalars);
	return scalars;
}

/** No samples: count 0, sum 0, minimum Infinity, maximum -Infinity. */
export function clearScalars(scalars: Float64Array): void {
	scalars[COUNT] = 0;
	scalars[SUM_HI] = 0;
	scalars[SUM_LO] = 0;
	scalars[MIN] = Number.POSITIVE_INFINITY;
	scalars[MAX] = Number.NEGATIVE_INFINITY;
	scalars[ZEROS] = 0;
}

/** Adds the scalars of other samples. */
export function addScalars(scalars: Float64Array, other: Float64Array): void {
	scalars[COUNT] = (scalars[COUNT] as number) + (other[COUNT] as number);
	scalars[ZEROS] = (scalars[ZEROS] as number) + (other[ZEROS] as number);
	addSum(scalars, other[SUM_HI] as number, other[SUM_LO] as number);
	if ((other[MIN] as number) < (scalars[MIN] as number)) scalars[MIN] = other[MIN] as number;
	if ((other[MAX] as number) > (scalars[MAX] as number)) scalars[MAX] = other[MAX] as number;
}

/** Takes away count, sum and zeros; the extremes stay, stale, unless no sample is left. */
export function subtractScalars(scalars: Float64Array, other: Float64Array): void {
	scalars[COUNT] = (scalars[COUNT] as number) - (other[COUNT] as number);
	scalars[ZEROS] = (scalars[ZEROS] as number) - (other[ZEROS] as number);
	addSum(scalars, -(other[SUM_HI] as number), -(other[SUM_LO] as number));
	if (scalars[COUNT] === 0) clearScalars(scalars);
}

/** Adds `hi + lo` to the sum. Knuth's two-sum: what the addition of `hi` rounds away goes to the low part. */
export function addSum(scalars: Float64Array, hi: number, lo: number): void {
	const before = scalars[SUM_HI] as number;
	const after = before + hi;
	const added = after - before;
	scalars[SUM_HI] = after;
	scalars[SUM_LO] = (scalars[SUM_LO] as number) + (before - (after - added) + (hi - added)) + lo;
}

/** Sets the sum to exactly `a + b`, the high part being the rounded sum: one value has one form. */
export function setSum(scalars: Float64Array, a: number, b: number): void {
	const hi = a + b;
	const added = hi - a;
	scalars[SUM_HI] = hi;
	scalars[SUM_LO] = a - (hi - added) + (b - added);
}

/** Sets the sum to exactly `a * b` (Dekker's product by Veltkamp's halves), for |a| < 2^53 and |b| <= 2^960. */
export function setSumToProduct(scalars: Float64Array, a: number, b: number): void {
	const hi = a * b;
	const aHigh = highHalf(a);
	const bHigh = highHalf(b);
	const aLow = a - aHigh;
	const bLow = b - bHigh;
	scalars[SUM_HI] = hi;
	scalars[SUM_LO] = aLow * bLow - (hi - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

function highHalf(value: number): number {
	const scaled = value * (2 ** 27 + 1);
	return scaled - (scaled - value);
}
