/** The cell of counters, gauges and sampled series: count, sum, extremes, and the latest value. */
import type { ByteReader, ByteWriter } from "../lib/bytes.ts";
import type { MetricKind } from "../model/metric.ts";
import type { Cell } from "./cell.ts";

const SINGLE = 1;
const WHOLE = 2;
/** Object header, nine fields. */
const CELL_BYTES = 120;
/** Numbers below this travel as whole varints. */
const WHOLE_MAX = 2 ** 50;

export class ScalarCell implements Cell {
	readonly kind: MetricKind;
	count = 0;
	min = Number.POSITIVE_INFINITY;
	max = Number.NEGATIVE_INFINITY;
	last = Number.NaN;
	lastMs = 0;
	stale = false;
	/** The sum and what rounding took from it: slots can leave again without a drift. */
	#sum = 0;
	#low = 0;

	constructor(kind: MetricKind) {
		this.kind = kind;
	}

	get sum(): number {
		return this.#sum + this.#low;
	}

	get bytes(): number {
		return CELL_BYTES;
	}

	add(value: number, timeMs: number): void {
		this.count++;
		this.#addSum(value);
		this.widen(value, value);
		this.#latest(value, timeMs);
	}

	addColumn(values: Float64Array, from: number, to: number, timeMs: number): void {
		for (let i = from; i < to; i++) this.add(values[i] as number, timeMs);
	}

	merge(other: Cell): void {
		this.count += other.count;
		this.#addSum(other.sum);
		this.widen(other.min, other.max);
		this.#latest(other.last, other.lastMs);
	}

	subtract(other: Cell): void {
		this.#leave(other.count, other.sum, other.min, other.max);
	}

	narrow(): void {
		this.min = Number.POSITIVE_INFINITY;
		this.max = Number.NEGATIVE_INFINITY;
		this.stale = false;
	}

	widen(min: number, max: number): void {
		if (min < this.min) this.min = min;
		if (max > this.max) this.max = max;
	}

	encode(writer: ByteWriter, baseMs: number): void {
		const single = this.count === 1;
		const whole = isWhole(this.sum) && isWhole(this.min) && isWhole(this.max) && (isWhole(this.last) || !this.#dated);
		writer.u8((single ? SINGLE : 0) | (whole ? WHOLE : 0));
		const put = (value: number) => (whole ? writer.zigzag(value) : writer.f64(value));
		put(this.sum);
		if (!single) {
			writer.varint(this.count);
			put(this.min);
			put(this.max);
		}
		if (this.#dated) {
			if (!single) put(this.last);
			writer.zigzag(this.lastMs - baseMs);
		}
	}

	mergeEncoded(reader: ByteReader, baseMs: number): void {
		const read = readScalars(this.kind, reader, baseMs);
		this.count += read.count;
		this.#addSum(read.sum);
		this.widen(read.min, read.max);
		this.#latest(read.last, read.lastMs);
	}

	subtractEncoded(reader: ByteReader, baseMs: number): void {
		const read = readScalars(this.kind, reader, baseMs);
		this.#leave(read.count, read.sum, read.min, read.max);
	}

	widenEncoded(reader: ByteReader, baseMs: number): void {
		const read = readScalars(this.kind, reader, baseMs);
		this.widen(read.min, read.max);
	}

	get #dated(): boolean {
		return this.kind !== "counter";
	}

	#leave(count: number, sum: number, min: number, max: number): void {
		this.count -= count;
		this.#addSum(-sum);
		if (min <= this.min || max >= this.max) this.stale = true;
	}

	#latest(value: number, timeMs: number): void {
		if (!this.#dated || timeMs < this.lastMs || Number.isNaN(value)) return;
		this.last = value;
		this.lastMs = timeMs;
	}

	/** Two-sum (Knuth): the part that rounding takes goes into `#low`. */
	#addSum(value: number): void {
		const before = this.#sum;
		const after = before + value;
		const taken = after - before;
		this.#low += before - (after - taken) + (value - taken);
		this.#sum = after;
	}
}

/** What `readScalars` found; one object for all calls, valid until the next. */
const READ = { count: 0, sum: 0, min: 0, max: 0, last: 0, lastMs: 0 };

/** Reads one encoded cell. */
export function readScalars(kind: MetricKind, reader: ByteReader, baseMs: number): typeof READ {
	const flags = reader.u8();
	const whole = (flags & WHOLE) !== 0;
	READ.sum = whole ? reader.zigzag() : reader.f64();
	if ((flags & SINGLE) !== 0) {
		READ.count = 1;
		READ.min = READ.sum;
		READ.max = READ.sum;
		READ.last = READ.sum;
	} else {
		READ.count = reader.varint();
		READ.min = whole ? reader.zigzag() : reader.f64();
		READ.max = whole ? reader.zigzag() : reader.f64();
		if (kind !== "counter") READ.last = whole ? reader.zigzag() : reader.f64();
	}
	READ.lastMs = kind === "counter" ? 0 : baseMs + reader.zigzag();
	return READ;
}

/** Moves the reader behind one encoded cell. */
export function skipScalarCell(kind: MetricKind, reader: ByteReader): void {
	readScalars(kind, reader, 0);
}

function isWhole(value: number): boolean {
	return Number.isInteger(value) && value < WHOLE_MAX && value > -WHOLE_MAX && !Object.is(value, -0);
}
