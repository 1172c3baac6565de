/**
 * How cells lie in a blob. Coarse: one cell a series. Fine: a mask of six slots a series, then its cells. Both begin with
 * the number of series, whose ids ascend and are written as differences. Written and read here and nowhere else.
 */
import { ByteReader, ByteWriter } from "../lib/bytes.ts";
import { FINE_SLOT_MS, MINUTE_MS } from "../model/limits.ts";
import type { MetricKind } from "../model/metric.ts";
import type { Cell, CellSource } from "./cell.ts";
import { newCell, skipCell } from "./cell-kinds.ts";
import { emptyCells, FINE_PER_MINUTE, type FineCells } from "./open-minute.ts";

/** Called with each cell; true when it took the cell from the source, false to have it skipped. */
export type CellVisitor = (startMs: number, widthMs: number, seriesId: number, source: CellSource) => boolean;

/** Packs one cell a series; `cells` in any order. */
export function packCells(cells: ReadonlyMap<number, Cell>, baseMs: number): Uint8Array<ArrayBuffer> {
	const writer = new ByteWriter(1024);
	writer.varint(cells.size);
	let before = 0;
	for (const id of [...cells.keys()].sort(ascending)) {
		writer.varint(id - before);
		(cells.get(id) as Cell).encode(writer, baseMs);
		before = id;
	}
	return writer.finish();
}

/** Packs one cell alone, as series 0. */
export function packCell(cell: Cell, baseMs: number): Uint8Array<ArrayBuffer> {
	return packCells(new Map([[0, cell]]), baseMs);
}

/** Packs the fine slots of each series. */
export function packFine(series: ReadonlyMap<number, FineCells>, minute: number): Uint8Array<ArrayBuffer> {
	const writer = new ByteWriter(1024);
	writer.varint(series.size);
	let before = 0;
	for (const id of [...series.keys()].sort(ascending)) {
		writer.varint(id - before);
		writeFine(writer, series.get(id) as FineCells, minute);
		before = id;
	}
	return writer.finish();
}

/** Packs the total of a minute: the whole, then its fine slots. */
export function packTotal(fine: FineCells, kind: MetricKind, minute: number): Uint8Array<ArrayBuffer> {
	const writer = new ByteWriter(1024);
	sumOf(fine, kind).encode(writer, minute * MINUTE_MS);
	writeFine(writer, fine, minute);
	return writer.finish();
}

/** All fine slots of one series as one cell. */
export function sumOf(fine: FineCells, kind: MetricKind): Cell {
	const sum = newCell(kind);
	for (const cell of fine) if (cell !== null) sum.merge(cell);
	return sum;
}

/** Visits the cells that `packCells` wrote. */
export function visitCells(
	bytes: Uint8Array,
	kind: MetricKind,
	startMs: number,
	widthMs: number,
	source: CellSource,
	visit: CellVisitor,
): void {
	const reader = open(bytes, source, startMs);
	const count = reader.varint();
	let id = 0;
	for (let i = 0; i < count && !reader.failed; i++) {
		id += reader.varint();
		if (!visit(startMs, widthMs, id, source)) skipCell(kind, reader);
	}
}

/** Visits the fine cells from `fromMs` up to, not including, `toMs` that `packFine` wrote. */
export function visitFine(
	bytes: Uint8Array,
	kind: MetricKind,
	minute: number,
	fromMs: number,
	toMs: number,
	source: CellSource,
	visit: CellVisitor,
): void {
	const reader = open(bytes, source, minute * MINUTE_MS);
	const count = reader.varint();
	let id = 0;
	for (let i = 0; i < count && !reader.failed; i++) {
		id += reader.varint();
		visitMask(reader, kind, minute, fromMs, toMs, id, source, visit);
	}
}

/** Visits the total of a minute: the whole of it, or its fine slots from `fromMs` to `toMs`, as series 0. */
export function visitTotal(
	bytes: Uint8Array,
	kind: MetricKind,
	minute: number,
	fine: { readonly fromMs: number; readonly toMs: number } | null,
	source: CellSource,
	visit: CellVisitor,
): void {
	const startMs = minute * MINUTE_MS;
	const reader = open(bytes, source, startMs);
	if (fine === null) {
		visit(startMs, MINUTE_MS, 0, source);
		return;
	}
	skipCell(kind, reader);
	visitMask(reader, kind, minute, fine.fromMs, fine.toMs, 0, source, visit);
}

/** The fine cells of a minute's total, as they were packed. */
export function unpackTotal(bytes: Uint8Array, kind: MetricKind, minute: number): FineCells {
	const cells = emptyCells();
	const source: CellSource = { cell: null, reader: new ByteReader(bytes), baseMs: 0 };
	const fromMs = minute * MINUTE_MS;
	visitTotal(bytes, kind, minute, { fromMs, toMs: fromMs + MINUTE_MS }, source, (slotMs) => {
		const cell = newCell(kind);
		cell.mergeEncoded(source.reader, source.baseMs);
		cells[(slotMs - fromMs) / FINE_SLOT_MS] = cell;
		return true;
	});
	return cells;
}

/** The fine cells of every series, as they were packed. */
export function unpackFine(bytes: Uint8Array, kind: MetricKind, minute: number): Map<number, FineCells> {
	const series = new Map<number, FineCells>();
	const source: CellSource = { cell: null, reader: new ByteReader(bytes), baseMs: 0 };
	const startMs = minute * MINUTE_MS;
	visitFine(bytes, kind, minute, startMs, startMs + MINUTE_MS, source, (slotMs, _width, id) => {
		let fine = series.get(id);
		if (fine === undefined) {
			fine = emptyCells();
			series.set(id, fine);
		}
		const cell = newCell(kind);
		cell.mergeEncoded(source.reader, source.baseMs);
		fine[(slotMs - startMs) / FINE_SLOT_MS] = cell;
		return true;
	});
	return series;
}

function open(bytes: Uint8Array, source: CellSource, baseMs: number): ByteReader {
	const reader = new ByteReader(bytes);
	source.cell = null;
	source.reader = reader;
	source.baseMs = baseMs;
	return reader;
}

function writeFine(writer: ByteWriter, fine: FineCells, minute: number): void {
	let mask = 0;
	for (let slot = 0; slot < FINE_PER_MINUTE; slot++) if (fine[slot] !== null) mask |= 1 << slot;
	writer.u8(mask);
	for (const cell of fine) cell?.encode(writer, minute * MINUTE_MS);
}

function visitMask(
	reader: ByteReader,
	kind: MetricKind,
	minute: number,
	fromMs: number,
	toMs: number,
	id: number,
	source: CellSource,
	visit: CellVisitor,
): void {
	const mask = reader.u8();
	for (let slot = 0; slot < FINE_PER_MINUTE; slot++) {
		if ((mask & (1 << slot)) === 0) continue;
		const slotMs = minute * MINUTE_MS + slot * FINE_SLOT_MS;
		const wanted = slotMs >= fromMs && slotMs < toMs;
		if (!wanted || !visit(slotMs, FINE_SLOT_MS, id, source)) skipCell(kind, reader);
	}
}

function ascending(a: number, b: number): number {
	return a - b;
}
