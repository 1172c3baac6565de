/** The cell of a distribution: a sketch, whose scalars are exact and whose bins give every quantile within 1 %. */
import type { ByteReader, ByteWriter } from "../lib/bytes.ts";
import { MAX, MIN, SCALARS as PLACES } from "../sketch/scalars.ts";
import { Sketch } from "../sketch/sketch.ts";
import type { Cell } from "./cell.ts";

/** Where the scalars of an encoded sketch are read to. */
const SCALARS = new Float64Array(PLACES);

export class SketchCell implements Cell {
	readonly sketch = new Sketch();
	readonly last = Number.NaN;
	readonly lastMs = 0;
	stale = false;
	/** Extremes while they are rebuilt, from `narrow` on. */
	#least = Number.POSITIVE_INFINITY;
	#most = Number.NEGATIVE_INFINITY;

	get count(): number {
		return this.sketch.count;
	}

	get sum(): number {
		return this.sketch.sum;
	}

	get min(): number {
		return this.sketch.min;
	}

	get max(): number {
		return this.sketch.max;
	}

	get bytes(): number {
		return this.sketch.byteSize;
	}

	add(value: number, _timeMs: number): void {
		this.sketch.add(value);
	}

	addColumn(values: Float64Array, from: number, to: number, _timeMs: number): void {
		this.sketch.addBatch(values, from, to);
	}

	merge(other: Cell): void {
		if (other instanceof SketchCell) this.sketch.merge(other.sketch);
	}

	subtract(other: Cell): void {
		if (!(other instanceof SketchCell)) return;
		if (other.min <= this.min || other.max >= this.max) this.stale = true;
		this.sketch.subtractBins(other.sketch);
	}

	narrow(): void {
		this.#least = Number.POSITIVE_INFINITY;
		this.#most = Number.NEGATIVE_INFINITY;
		this.stale = false;
	}

	widen(min: number, max: number): void {
		// A minute without a sample has a total too, an empty one.
		if (min > max) return;
		this.#least = Math.min(this.#least, min);
		this.#most = Math.max(this.#most, max);
		this.sketch.setExtremes(this.#least, this.#most);
	}

	encode(writer: ByteWriter, _baseMs: number): void {
		this.sketch.encode(writer);
	}

	mergeEncoded(reader: ByteReader, _baseMs: number): void {
		if (!this.sketch.mergeEncoded(reader).ok) reader.fail();
	}

	subtractEncoded(reader: ByteReader, _baseMs: number): void {
		const start = reader.position;
		Sketch.readEncodedScalars(reader, SCALARS);
		if ((SCALARS[MIN] as number) <= this.min || (SCALARS[MAX] as number) >= this.max) this.stale = true;
		reader.position = start;
		if (!this.sketch.subtractEncoded(reader).ok) reader.fail();
	}

	widenEncoded(reader: ByteReader, _baseMs: number): void {
		Sketch.readEncodedScalars(reader, SCALARS);
		this.widen(SCALARS[MIN] as number, SCALARS[MAX] as number);
	}
}

/** Moves the reader behind one encoded sketch. */
export function skipSketchCell(reader: ByteReader): void {
	Sketch.skipEncoded(reader);
}
