/**
 * A sketch as bytes: its length, a head, the scalars without their trailing zero bytes, and the bins as bits. One sample
 * takes 4 to 10 bytes. Must never change what an older version can read: a new form is a new version in the head.
 *
 *     length   varint   bytes that follow
 *     head     version << 6 | shape << 4 | sum is derived << 3 | dense code << 2 | count, or 0 if it is above 3
 *     count    varint   if not in the head
 *     flat     [length of sum's parts, sum] value             all samples are the same number
 *     spread   lengths of min, max [sum's parts, sum] min max bits
 *     loose    as spread, with the ordinals of the first and last bin before the bits (extremes may be stale)
 */
import { BitWriter } from "../lib/bits.ts";
import { ByteWriter } from "../lib/bytes.ts";
import { SKETCH_BYTES_MAX } from "../model/limits.ts";
import { putDense, putSparse } from "./bin-code.ts";
import { emptyBinList, listBins } from "./bin-list.ts";
import { ordinalOf } from "./bins.ts";
import type { SketchParts } from "./parts.ts";
import { COUNT, emptyScalars, MAX, MIN, SUM_HI, SUM_LO, setSum, setSumToProduct } from "./scalars.ts";

export const VERSION = 1;
export const EMPTY = 0;
export const FLAT = 1;
export const SPREAD = 2;
export const LOOSE = 3;
export const SUM_DERIVED = 8;
export const DENSE = 4;
/** Counts up to this stand in the head. */
export const SHORT_COUNT_MAX = 3;

const LIST = emptyBinList();
const SPARSE_BITS = new BitWriter(SKETCH_BYTES_MAX);
const DENSE_BITS = new BitWriter(SKETCH_BYTES_MAX);
const BODY = new ByteWriter(1024);
const SUM = emptyScalars();
const DERIVED = emptyScalars();
const FLOAT = new Float64Array(1);
const FLOAT_BYTES = new Uint8Array(FLOAT.buffer);

/** Appends the sketch to the writer. */
export function encodeSketch(sketch: SketchParts, writer: ByteWriter): void {
	if (sketch.isEmpty) {
		writer.u8(1);
		writer.u8((VERSION << 6) | (EMPTY << 4));
		return;
	}
	BODY.reset();
	const scalars = sketch.scalars;
	const count = scalars[COUNT] as number;
	const min = scalars[MIN] as number;
	const max = scalars[MAX] as number;
	listBins(sketch, LIST);
	const first = LIST.places[0] as number;
	const last = LIST.places[LIST.length - 1] as number;
	const shape = shapeOf(min, max, first, last);
	setSum(SUM, scalars[SUM_HI] as number, scalars[SUM_LO] as number);
	const derived = sumFollows(shape, count, min, max) ? SUM_DERIVED : 0;
	const bits = shape === FLAT ? null : packBins(first, last, count);
	const dense = bits === DENSE_BITS ? DENSE : 0;
	BODY.u8((VERSION << 6) | (shape << 4) | derived | dense | (count <= SHORT_COUNT_MAX ? count : 0));
	if (count > SHORT_COUNT_MAX) BODY.varint(count);
	writeScalars(shape, min, max, derived > 0);
	if (shape === LOOSE) {
		BODY.zigzag(first);
		BODY.zigzag(last);
	}
	bits?.copyTo(BODY);
	writer.varint(BODY.length);
	writer.bytes(BODY.view());
}

/** The sum, if both sides can work it out: `count * value`, or of two samples `min + max`. False where they cannot. */
export function deriveSum(scalars: Float64Array, shape: number, count: number, min: number, max: number): boolean {
	if (shape === FLAT && count === 1) setSum(scalars, min, 0);
	else if (shape === FLAT) setSumToProduct(scalars, count, min);
	else if (shape === SPREAD && count === 2) setSum(scalars, min, max);
	else return false;
	return true;
}

function shapeOf(min: number, max: number, first: number, last: number): number {
	if (ordinalOf(min) !== first || ordinalOf(max) !== last) return LOOSE;
	return min === max ? FLAT : SPREAD;
}

function sumFollows(shape: number, count: number, min: number, max: number): boolean {
	if (!deriveSum(DERIVED, shape, count, min, max)) return false;
	return DERIVED[SUM_HI] === SUM[SUM_HI] && DERIVED[SUM_LO] === SUM[SUM_LO];
}

/** The shorter of both codes. */
function packBins(first: number, last: number, count: number): BitWriter {
	for (let i = 0; i < LIST.length; i++) LIST.places[i] = (LIST.places[i] as number) - first;
	const span = last - first + 1;
	SPARSE_BITS.reset();
	putSparse(SPARSE_BITS, LIST, span, count);
	DENSE_BITS.reset();
	putDense(DENSE_BITS, LIST, span);
	return DENSE_BITS.length < SPARSE_BITS.length ? DENSE_BITS : SPARSE_BITS;
}

function writeScalars(shape: number, min: number, max: number, derived: boolean): void {
	const hi = SUM[SUM_HI] as number;
	const lo = SUM[SUM_LO] as number;
	if (shape !== FLAT) BODY.u8((significantBytes(min) << 4) | significantBytes(max));
	if (!derived) {
		BODY.u8((significantBytes(hi) << 4) | significantBytes(lo));
		writeNumber(hi);
		writeNumber(lo);
	}
	writeNumber(min);
	if (shape !== FLAT) writeNumber(max);
}

/** The bytes of a double up to the last that is not zero; the one with the sign comes first. */
function significantBytes(value: number): number {
	FLOAT[0] = value;
	let zeros = 0;
	while (zeros < 8 && FLOAT_BYTES[zeros] === 0) zeros++;
	return 8 - zeros;
}

function writeNumber(value: number): void {
	const bytes = significantBytes(value);
	for (let i = 0; i < bytes; i++) BODY.u8(FLOAT_BYTES[7 - i] as number);
}
