/**
 * Quantiles of a stream of numbers in little space: counts per bin; count, sum, minimum and maximum exactly. Merging is
 * exact, associative and commutative. Must never know names, times or storage.
 */
import { assert } from "../lib/assert.ts";
import type { ByteReader, ByteWriter } from "../lib/bytes.ts";
import { ok, type Result } from "../lib/result.ts";
import { addMany, addOne, widen } from "./add.ts";
import { BinStore, NARROW_MAX } from "./bin-store.ts";
import { RAW_MIN, RAW_NEGATIVE } from "./bins.ts";
import { mergeEncoded, readEncodedScalars, type SketchFailure, skipEncoded, subtractEncoded } from "./decode.ts";
import { encodeSketch } from "./encode.ts";
import type { SketchParts } from "./parts.ts";
import { quantilesOf } from "./quantile.ts";
import {
	addScalars,
	COUNT,
	clearScalars,
	emptyScalars,
	MAX,
	MIN,
	SUM_HI,
	SUM_LO,
	subtractScalars,
	ZEROS,
} from "./scalars.ts";

/** Bytes of a sketch without its counters: objects, headers and scalars as V8 lays them out, estimated. */
const FIXED_BYTES = 640;

export class Sketch implements SketchParts {
	/** For this folder only, as everything that SketchParts names beside `count` and `isEmpty`. */
	readonly scalars = emptyScalars();
	readonly positive = new BinStore(RAW_MIN);
	readonly negative = new BinStore(RAW_MIN + RAW_NEGATIVE);

	/** Samples, exact up to 2^53. */
	get count(): number {
		return this.scalars[COUNT] as number;
	}

	/** The sum of all samples, rounded once. */
	get sum(): number {
		return (this.scalars[SUM_HI] as number) + (this.scalars[SUM_LO] as number);
	}

	/** The sum is `sumHi + sumLo`: together they lose nothing when slots are added to a window and taken away again. */
	get sumHi(): number {
		return this.scalars[SUM_HI] as number;
	}

	get sumLo(): number {
		return this.scalars[SUM_LO] as number;
	}

	/** Exact; Infinity without samples. Stale after a subtraction, until `setExtremes`. */
	get min(): number {
		return this.scalars[MIN] as number;
	}

	/** Exact; -Infinity without samples. Stale after a subtraction, until `setExtremes`. */
	get max(): number {
		return this.scalars[MAX] as number;
	}

	get isEmpty(): boolean {
		return this.scalars[COUNT] === 0;
	}

	/** Resident bytes, estimated, for a memory budget. */
	get byteSize(): number {
		return FIXED_BYTES + this.positive.counts.byteLength + this.negative.counts.byteLength;
	}

	/** Counts one sample. False, and nothing changed, for NaN, infinities, and beyond SAMPLE_MAGNITUDE_MAX. */
	add(value: number): boolean {
		return addOne(this, value);
	}

	/** Counts the samples from index `from` up to, not including, `to`. Gives how many were refused. */
	addBatch(values: Float64Array, from = 0, to = values.length): number {
		return addMany(this, values, from, to);
	}

	/** Adds all samples of another sketch, or those of this one once more. */
	merge(other: Sketch): void {
		if (other.isEmpty) return;
		this.addScalars(other.scalars);
		this.positive.merge(other.positive);
		this.negative.merge(other.negative);
	}

	/**
	 * Takes away the samples of a sketch that was merged before: counts and sum. The extremes cannot be taken away: they
	 * are stale until `setExtremes`. Throws, with nothing changed, if the other was no part of this one.
	 */
	subtractBins(other: Sketch): void {
		const zeros = (other.scalars[ZEROS] as number) <= (this.scalars[ZEROS] as number);
		const holds = zeros && this.positive.holds(other.positive) && this.negative.holds(other.negative);
		assert(holds, "what is subtracted from a sketch was merged into it before");
		this.positive.subtract(other.positive);
		this.negative.subtract(other.negative);
		this.subtractScalars(other.scalars);
	}

	/** Puts minimum and maximum right after a subtraction; nothing happens without samples. */
	setExtremes(min: number, max: number): void {
		if (this.isEmpty) return;
		assert(Number.isFinite(min) && Number.isFinite(max) && min <= max, "extremes are finite and in order");
		this.scalars[MIN] = min + 0;
		this.scalars[MAX] = max + 0;
	}

	/** The nearest-rank quantile, `q` from 0 (the minimum) to 1 (the maximum), within 1 %; NaN without samples. */
	quantile(q: number): number {
		return quantilesOf(this, [q])[0] as number;
	}

	/** Several quantiles in one walk, in the order they are asked for. */
	quantiles(qs: readonly number[]): number[] {
		return quantilesOf(this, qs);
	}

	/** Forgets all samples; keeps the memory. */
	clear(): void {
		this.positive.clear();
		this.negative.clear();
		clearScalars(this.scalars);
	}

	clone(): Sketch {
		const copy = new Sketch();
		copy.scalars.set(this.scalars);
		copy.positive.copyFrom(this.positive);
		copy.negative.copyFrom(this.negative);
		return copy;
	}

	/** Appends the sketch in its stored form (encode.ts), which knows its own length. */
	encode(writer: ByteWriter): void {
		encodeSketch(this, writer);
	}

	/** A sketch from its stored form. The reader ends behind it, or failed. */
	static decode(reader: ByteReader): Result<Sketch, SketchFailure> {
		const sketch = new Sketch();
		const merged = mergeEncoded(sketch, reader);
		return merged.ok ? ok(sketch) : merged;
	}

	/** Adds a stored sketch without building it. On failure nothing has changed. */
	mergeEncoded(reader: ByteReader): Result<void, SketchFailure> {
		return mergeEncoded(this, reader);
	}

	/** Takes a stored sketch away, as `subtractBins`, without building it. On failure nothing has changed. */
	subtractEncoded(reader: ByteReader): Result<void, SketchFailure> {
		return subtractEncoded(this, reader);
	}

	/** Puts the reader behind a stored sketch without looking at it. */
	static skipEncoded(reader: ByteReader): Result<void, SketchFailure> {
		return skipEncoded(reader);
	}

	/** Reads the scalars alone: places COUNT, SUM_HI, SUM_LO, MIN, MAX of scalars.ts, so `out` has at least 5. */
	static readEncodedScalars(reader: ByteReader, out: Float64Array): Result<void, SketchFailure> {
		return readEncodedScalars(reader, out);
	}

	countIn(ordinal: number): number {
		if (ordinal === 0) return this.scalars[ZEROS] as number;
		return ordinal > 0 ? this.positive.at(ordinal - 1) : this.negative.at(-1 - ordinal);
	}

	addScalars(other: Float64Array): void {
		addScalars(this.scalars, other);
		if ((this.scalars[COUNT] as number) > NARROW_MAX) widen(this);
	}

	subtractScalars(other: Float64Array): void {
		subtractScalars(this.scalars, other);
	}
}
