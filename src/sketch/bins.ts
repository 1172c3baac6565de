/**
 * The bins: how a number finds its bin from the bits of its double, and where each bin begins. One table serves every
 * sketch, so two sketches always agree. Must never depend on the data: a stored sketch is read back by these edges.
 */

/** The least whole number of bins in an octave that keeps the worst bin within 1 %. */
export const BINS_PER_OCTAVE = 35;
/** The middle of a bin is at most this far, relatively, from anything in it. */
export const RELATIVE_ERROR = 0.01;
/** Full resolution from 2^-30 (9.3e-10) up to 2^64 (1.8e19): nanoseconds in seconds, and epoch nanoseconds. */
export const EXPONENT_MIN = -30;
export const EXPONENT_MAX = 64;
/** Bins of one sign. The first holds what is nearer to zero than 2^-30, the last what is 2^64 or beyond. */
export const BINS = (EXPONENT_MAX - EXPONENT_MIN) * BINS_PER_OCTAVE + 2;

const MANTISSA_BITS = 11;
const CELLS = 1 << MANTISSA_BITS;
const EXPONENT_BIAS = 1023;
const FLOAT = new Float64Array(1);
const WORDS = new Uint32Array(FLOAT.buffer);

/** The word of a double that has sign and exponent, seen through a Uint32Array: V8's machines are little-endian. */
export const HIGH = 1;

/** The bin within its octave, by the 11 highest bits of the mantissa. */
export const BIN_OF_CELL: Uint8Array = binOfCell();

/**
 * The raw key of a double is `(high >>> 20) * 35 + BIN_OF_CELL[(high >>> 9) & 2047]`, with `high` its upper word: it grows
 * with the magnitude, and with a negative sign it is `RAW_NEGATIVE` more. Bin 0 stands at raw key `RAW_MIN`.
 */
export const RAW_MIN = (EXPONENT_BIAS + EXPONENT_MIN) * BINS_PER_OCTAVE - 1;
export const RAW_NEGATIVE = 2048 * BINS_PER_OCTAVE;

/**
 * A positive number takes the key of the double before it, which this factor gives: so a bin holds its upper edge, not its
 * lower one, and "at most 64" counts a sample of 64, as a Prometheus bucket must. Negative numbers need no such step.
 */
export const BEFORE = 1 - 2 ** -53;

/**
 * Lower edges of all bins of one sign, as magnitudes: bin `i` holds `LOWER[i] < v <= LOWER[i + 1]`, of the negative ones
 * `-LOWER[i + 1] < v <= -LOWER[i]`.
 */
export const LOWER: Float64Array = lowerEdges();
/** What a bin answers with: as far, relatively, from its lower as from its upper edge. */
export const MIDDLE: Float64Array = middles();

/** The bin of a finite number among those of its sign, 0 to `BINS - 1`. Zero itself has no bin. */
export function binOf(value: number): number {
	FLOAT[0] = value > 0 ? value * BEFORE : -value;
	const high = WORDS[HIGH] as number;
	const raw = (high >>> 20) * BINS_PER_OCTAVE + (BIN_OF_CELL[(high >>> 9) & (CELLS - 1)] as number);
	return Math.min(BINS - 1, Math.max(0, raw - RAW_MIN));
}

/** One ascending order over both signs: -1 - bin for negative numbers, 0 for zero itself, bin + 1 for positive ones. */
export function ordinalOf(value: number): number {
	if (value === 0) return 0;
	return value > 0 ? binOf(value) + 1 : -1 - binOf(value);
}

/**
 * Each bin takes as many of the 2,048 cells as keep its edges within a ratio of 1.01 / 0.99, so that the harmonic middle
 * is within 1 % of both. Rounding logarithms instead (`floor(35 * log2)`) makes a bin of 1.0047 %.
 */
function binOfCell(): Uint8Array {
	const table = new Uint8Array(CELLS);
	const ratio = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR);
	let bin = 0;
	for (let from = 0; from < CELLS; bin++) {
		const to = Math.floor((CELLS + from) * ratio) - CELLS;
		table.fill(bin, from, to);
		from = to;
	}
	return table;
}

function lowerEdges(): Float64Array {
	const edges = new Float64Array(BINS + 1);
	for (let octave = EXPONENT_MIN; octave < EXPONENT_MAX; octave++) {
		for (let cell = CELLS - 1; cell >= 0; cell--) {
			const bin = (octave - EXPONENT_MIN) * BINS_PER_OCTAVE + (BIN_OF_CELL[cell] as number) + 1;
			edges[bin] = 2 ** octave * (1 + cell / CELLS);
		}
	}
	edges[BINS - 1] = 2 ** EXPONENT_MAX;
	edges[BINS] = Number.POSITIVE_INFINITY;
	return edges;
}

function middles(): Float64Array {
	const middle = new Float64Array(BINS);
	for (let bin = 1; bin < BINS - 1; bin++) {
		const lower = LOWER[bin] as number;
		const upper = LOWER[bin + 1] as number;
		middle[bin] = (2 * lower * upper) / (lower + upper);
	}
	middle[BINS - 1] = LOWER[BINS - 1] as number;
	return middle;
}
