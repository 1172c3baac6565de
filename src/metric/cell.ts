/**
 * A cell is what one series holds of one slot (or of a window, or since birth): exact scalars, and for a distribution a
 * sketch. Cells of one metric are all of one kind. Two cells add up; a cell that left a window is taken away again.
 */
import { ByteReader, type ByteWriter } from "../lib/bytes.ts";

export interface Cell {
	readonly count: number;
	readonly sum: number;
	readonly min: number;
	readonly max: number;
	/** Gauges and sampled: the latest value and its time, Unix milliseconds; NaN and 0 elsewhere. */
	readonly last: number;
	readonly lastMs: number;
	/** Resident bytes, about. */
	readonly bytes: number;
	/** Minimum or maximum left with a slot: `widen` has to put them right before they are read. */
	readonly stale: boolean;
	add(value: number, timeMs: number): void;
	/** Adds `values[from..to)`, all of the same time. */
	addColumn(values: Float64Array, from: number, to: number, timeMs: number): void;
	merge(other: Cell): void;
	subtract(other: Cell): void;
	/** Forgets minimum and maximum, so that `widen` can rebuild them. */
	narrow(): void;
	widen(min: number, max: number): void;
	encode(writer: ByteWriter, baseMs: number): void;
	mergeEncoded(reader: ByteReader, baseMs: number): void;
	subtractEncoded(reader: ByteReader, baseMs: number): void;
	/** Takes minimum and maximum of an encoded cell, and moves the reader behind it. */
	widenEncoded(reader: ByteReader, baseMs: number): void;
}

/** A cell that is in memory, or one that still lies encoded under a reader: whoever visits it takes it as it is. */
export type CellSource = {
	cell: Cell | null;
	reader: ByteReader;
	/** Times in the encoded form count from here. */
	baseMs: number;
};

/** Adds a visited cell to one of ours. */
export function absorb(target: Cell, source: CellSource): void {
	if (source.cell !== null) target.merge(source.cell);
	else target.mergeEncoded(source.reader, source.baseMs);
}

/** Takes a visited cell away from one of ours. */
export function expel(target: Cell, source: CellSource): void {
	if (source.cell !== null) target.subtract(source.cell);
	else target.subtractEncoded(source.reader, source.baseMs);
}

/** Takes minimum and maximum of a visited cell. */
export function widenBy(target: Cell, source: CellSource): void {
	if (source.cell !== null) target.widen(source.cell.min, source.cell.max);
	else target.widenEncoded(source.reader, source.baseMs);
}

/** A source with nothing in it yet, to be reused over a whole scan. */
export function newSource(): CellSource {
	return { cell: null, reader: new ByteReader(new Uint8Array(0)), baseMs: 0 };
}
