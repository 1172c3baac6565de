/**
 * Checks the bytes of encode.ts and takes them apart into one list and one set of scalars, which serve every call. Must
 * never believe a number before it is checked, allocate by what the bytes say, or loop beyond the bins there are.
 */
import { BitReader } from "../lib/bits.ts";
import type { ByteReader } from "../lib/bytes.ts";
import { SAMPLE_MAGNITUDE_MAX, SKETCH_BYTES_MAX } from "../model/limits.ts";
import { takeDense, takeSparse } from "./bin-code.ts";
import { type BinList, emptyBinList } from "./bin-list.ts";
import { BINS, ordinalOf } from "./bins.ts";
import { DENSE, deriveSum, EMPTY, FLAT, LOOSE, SHORT_COUNT_MAX, SUM_DERIVED, VERSION } from "./encode.ts";
import { COUNT, clearScalars, emptyScalars, MAX, MIN, SUM_HI, SUM_LO, setSum, ZEROS } from "./scalars.ts";

/** What the last parse found. The places in `bins` count from the ordinal `first`. */
export const PARSED: { readonly scalars: Float64Array; readonly bins: BinList; first: number; head: number } = {
	scalars: emptyScalars(),
	bins: emptyBinList(),
	first: 0,
	head: 0,
};

const BITS = new BitReader(SKETCH_BYTES_MAX);
const FLOAT = new Float64Array(1);
const FLOAT_BYTES = new Uint8Array(FLOAT.buffer);

/** Reads the length of a sketch and says where it ends; -1, and a failed reader, when it does not lie within the bytes. */
export function bodyEnd(reader: ByteReader): number {
	const length = reader.varint();
	if (!reader.failed && length >= 1 && length <= SKETCH_BYTES_MAX && length <= reader.remaining) {
		return reader.position + length;
	}
	reader.fail();
	return -1;
}

/** The version of the sketch that begins here, behind its length. */
export function versionOf(head: number): number {
	return head >> 6;
}

/** Whether the sketch parsed last has no samples. */
export function parsedIsEmpty(): boolean {
	return shapeOf(PARSED.head) === EMPTY;
}

/**
 * Reads head, count, extremes and sum of a sketch that ends at `end`: null, or the reason why they are nonsense.
 * `PARSED.head` tells a later version, which gives a reason as well.
 */
export function parseScalars(reader: ByteReader, end: number): string | null {
	const scalars = PARSED.scalars;
	clearScalars(scalars);
	const head = reader.u8();
	const shape = shapeOf(head);
	PARSED.head = head;
	if (versionOf(head) !== VERSION) return "its version is unknown";
	if (shape === EMPTY) return (head & 15) === 0 && reader.position === end ? null : "it has no samples, but goes on";
	const count = (head & SHORT_COUNT_MAX) === 0 ? reader.varint() : head & SHORT_COUNT_MAX;
	if (!(count >= 1)) return "its count is not above zero";
	const isFlat = shape === FLAT;
	const derived = (head & SUM_DERIVED) !== 0;
	const extremes = isFlat ? 0 : reader.u8();
	const sums = derived ? 0 : reader.u8();
	const hi = readNumber(reader, sums >> 4);
	const lo = readNumber(reader, sums & 15);
	const min = readNumber(reader, isFlat ? end - reader.position : extremes >> 4);
	const max = isFlat ? min : readNumber(reader, extremes & 15);
	if (reader.failed || reader.position > end || (isFlat && reader.position !== end))
		return "it ends too early or too late";
	if (!isExtreme(min) || !isExtreme(max) || min > max) return "its extremes are no samples";
	if (derived && !deriveSum(scalars, shape, count, min, max)) return "its sum is missing";
	if (!derived) setSum(scalars, hi, lo);
	if (shape !== LOOSE && !isSumOf(scalars[SUM_HI] as number, count, min, max))
		return "its sum contradicts its extremes";
	if (!(Math.abs(scalars[SUM_HI] as number) <= count * SAMPLE_MAGNITUDE_MAX)) return "its sum is out of range";
	if (Number.isNaN(scalars[SUM_LO])) return "its sum is no number";
	scalars[COUNT] = count;
	scalars[MIN] = min;
	scalars[MAX] = max;
	return null;
}

/** Reads the bins, directly behind `parseScalars`: null, or the reason why they are nonsense. */
export function parseBins(reader: ByteReader, end: number): string | null {
	const { scalars, bins, head } = PARSED;
	const shape = shapeOf(head);
	const count = scalars[COUNT] as number;
	const isLoose = shape === LOOSE;
	const first = isLoose ? reader.zigzag() : ordinalOf(scalars[MIN] as number);
	const last = isLoose ? reader.zigzag() : ordinalOf(scalars[MAX] as number);
	if (reader.failed || reader.position > end || !(first >= -BINS && first <= last && last <= BINS)) {
		return "its bins do not exist";
	}
	PARSED.first = first;
	const span = last - first + 1;
	if (shape === FLAT) {
		bins.places[0] = 0;
		bins.counts[0] = count;
		bins.length = 1;
	} else {
		BITS.load(reader.source, reader.position, end);
		const sound = (head & DENSE) !== 0 ? takeDense(BITS, bins, span, count) : takeSparse(BITS, bins, span, count);
		if (!sound || !BITS.isAtEnd) return "its bins contradict its count";
	}
	scalars[ZEROS] = zerosIn(bins, first);
	return null;
}

function shapeOf(head: number): number {
	return (head >> 4) & 3;
}

function zerosIn(bins: BinList, first: number): number {
	if (first > 0) return 0;
	for (let i = 0; i < bins.length; i++) if (bins.places[i] === -first) return bins.counts[i] as number;
	return 0;
}

/** A double without its trailing zero bytes; NaN, which no field accepts, for a length that cannot be. */
function readNumber(reader: ByteReader, bytes: number): number {
	if (!(bytes >= 0 && bytes <= 8)) return Number.NaN;
	FLOAT[0] = 0;
	for (let i = 0; i < bytes; i++) FLOAT_BYTES[7 - i] = reader.u8();
	return FLOAT[0] as number;
}

/** A number in range, and not -0, which no sketch has. */
function isExtreme(value: number): boolean {
	return Math.abs(value) <= SAMPLE_MAGNITUDE_MAX && !Object.is(value, -0);
}

/** Whether a sum lies between that of as many minima and that of as many maxima, but for rounding. */
function isSumOf(sum: number, count: number, min: number, max: number): boolean {
	const slack = 1e-9 * count * Math.max(Math.abs(min), Math.abs(max));
	return sum >= count * min - slack && sum <= count * max + slack;
}
