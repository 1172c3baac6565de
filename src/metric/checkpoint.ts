/**
 * Folds the open minutes into storage, so that the journal can begin anew: into their minutes, and for late samples into
 * the hours and the base besides; then closes the hours that are over. The caller runs it in one transaction: a crash
 * leaves the state before it, and the journal with it. Run twice it folds nothing twice: what was folded is not open.
 */
import { HOUR_MS, MINUTE_MS } from "../model/limits.ts";
import type { MetricKind } from "../model/metric.ts";
import { type Base, decodeBase, encodeBase } from "./base.ts";
import { absorb, type Cell, newSource } from "./cell.ts";
import { newCell } from "./cell-kinds.ts";
import { emptyCells, type FineCells, type OpenMinute } from "./open-minute.ts";
import {
	packCell,
	packCells,
	packFine,
	packTotal,
	sumOf,
	unpackFine,
	unpackTotal,
	visitCells,
	visitTotal,
} from "./packing.ts";
import type { PointBook } from "./point-book.ts";
import { columnOf, type PointColumns, packPoints, packPortions, unpackPoints } from "./point-packing.ts";
import type { SeriesTable } from "./series-table.ts";
import { type MetricStorage, oldestMinute } from "./storage.ts";
import type { Timeline } from "./timeline.ts";

const MINUTES_PER_HOUR = HOUR_MS / MINUTE_MS;
/** Hours older than this are closed before the ring of minutes is written: it may be about to overwrite theirs. */
const RING_HOURS = 25;

type Hour = {
	readonly hour: number;
	readonly cells: Map<number, Cell>;
	readonly total: Cell;
	/** Blobs of points that become one: of its minutes, or what its row has already. */
	readonly points: { readonly baseMs: number; readonly bytes: Uint8Array }[];
	/** Minutes that are open and come to it late. */
	readonly late: readonly number[];
};

export class Checkpoint {
	readonly #storage: MetricStorage;
	readonly #timeline: Timeline;
	readonly #series: SeriesTable;
	readonly #kind: MetricKind;
	/** Null: this kind has none. */
	readonly #points: PointBook | null;
	#base: Base | null = null;

	constructor(storage: MetricStorage, timeline: Timeline, series: SeriesTable, points: PointBook | null) {
		this.#storage = storage;
		this.#timeline = timeline;
		this.#series = series;
		this.#kind = timeline.kind;
		this.#points = points;
	}

	/** Writes everything open. `ids` are the encoded batch ids since the last checkpoint, `seq` is the last commit. */
	write(ids: Uint8Array<ArrayBuffer>, seq: number, nowMs: number): void {
		const currentHour = Math.floor(nowMs / HOUR_MS);
		const currentMinute = Math.floor(nowMs / MINUTE_MS);
		this.#closeHours(currentHour - RING_HOURS);
		// A minute may have points alone: NaN and stale markers are in no cell.
		const open = new Set([...this.#timeline.open.keys(), ...(this.#points?.open.keys() ?? [])]);
		for (const minute of open) {
			if (minute === currentMinute || minute < oldestMinute(nowMs)) continue;
			this.#writeMinute(minute, this.#timeline.open.get(minute) ?? null, NO_BYTES, seq);
		}
		// Always written: it carries the ids, and says how far the journal is folded in.
		this.#writeMinute(currentMinute, this.#timeline.open.get(currentMinute) ?? null, ids, seq);
		this.#mergeLate(open);
		this.#closeHours(currentHour - 1);
		if (this.#base !== null) {
			this.#dropForgotten(this.#base);
			this.#storage.saveBase(this.#timeline.closedHour, encodeBase(this.#base, this.#timeline.closedHour));
		}
		this.#timeline.open.clear();
		this.#timeline.openCells = 0;
		this.#points?.folded();
	}

	#writeMinute(minute: number, open: OpenMinute | null, ids: Uint8Array<ArrayBuffer>, seq: number): void {
		const before = this.#storage.minuteBlobs(minute);
		const fine = before === null ? new Map<number, FineCells>() : unpackFine(before.fine, this.#kind, minute);
		const total = before === null ? emptyCells() : unpackTotal(before.total, this.#kind, minute);
		for (const [id, cells] of open?.series ?? []) fine.set(id, this.#together(fine.get(id) ?? null, cells));
		this.#dropForgotten(fine);
		const coarse = new Map<number, Cell>();
		for (const [id, cells] of fine) coarse.set(id, sumOf(cells, this.#kind));
		this.#storage.saveMinute(minute, seq, {
			total: packTotal(open === null ? total : this.#together(total, open.total), this.#kind, minute),
			coarse: packCells(coarse, minute * MINUTE_MS),
			fine: packFine(fine, minute),
			ids: before === null ? ids : concat(before.ids, ids),
			points: this.#pointsOfMinute(minute, before?.points ?? NO_BYTES),
		});
	}

	/** Those of a closed hour are in its row. */
	#pointsOfMinute(minute: number, stored: Uint8Array): Uint8Array<ArrayBuffer> {
		const isClosed = Math.floor(minute / MINUTES_PER_HOUR) <= this.#timeline.closedHour;
		if (this.#points === null || isClosed) return NO_BYTES;
		const columns: PointColumns = new Map();
		if (stored.length > 0) unpackPoints(stored, minute * MINUTE_MS, columns);
		this.#addOpenPoints(minute, columns);
		this.#dropForgotten(columns);
		return columns.size === 0 ? NO_BYTES : packPoints(columns, minute * MINUTE_MS);
	}

	#addOpenPoints(minute: number, into: PointColumns, wanted: ReadonlySet<number> | null = null): void {
		for (const [id, column] of this.#points?.open.get(minute) ?? []) {
			if (wanted === null || wanted.has(id)) columnOf(into, id).addAll(column);
		}
	}

	#together(stored: FineCells | null, open: FineCells): FineCells {
		if (stored === null) return open;
		return stored.map((cell, slot) => {
			const more = open[slot] ?? null;
			if (cell === null || more === null) return cell ?? more;
			cell.merge(more);
			return cell;
		});
	}

	/** Late samples: their hour has a row already, and the base holds that hour. */
	#mergeLate(open: Iterable<number>): void {
		const late = new Map<number, number[]>();
		for (const minute of open) {
			const hour = Math.floor(minute / MINUTES_PER_HOUR);
			if (hour > this.#timeline.closedHour) continue;
			late.set(hour, [...(late.get(hour) ?? []), minute]);
		}
		for (const [hour, minutes] of late) {
			const more = this.#newHour(hour, minutes);
			for (const at of minutes) {
				const minute = this.#timeline.open.get(at);
				if (minute === undefined) continue;
				for (const [id, cells] of minute.series) cellOf(more.cells, id, this.#kind).merge(sumOf(cells, this.#kind));
				more.total.merge(sumOf(minute.total, this.#kind));
			}
			this.#addToBase(more);
			this.#readHour(more);
			this.#saveHour(more);
		}
	}

	/** Folds the minutes of each hour up to `upTo` that is not closed yet into that hour's row. */
	#closeHours(upTo: number): void {
		const first = this.#timeline.closedHour + 1;
		if (upTo < first) return;
		const hours = new Set(
			this.#storage.minutesAfter(first * MINUTES_PER_HOUR - 1).map((minute) => Math.floor(minute / MINUTES_PER_HOUR)),
		);
		for (const at of hours) {
			if (at > upTo) continue;
			const hour = this.#newHour(at);
			this.#readMinutes(hour);
			this.#addToBase(hour);
			this.#saveHour(hour);
		}
		this.#timeline.closedHour = Math.max(this.#timeline.closedHour, upTo);
	}

	#newHour(hour: number, late: readonly number[] = []): Hour {
		return { hour, cells: new Map(), total: newCell(this.#kind), points: [], late };
	}

	#readMinutes(hour: Hour): void {
		const source = newSource();
		const from = hour.hour * MINUTES_PER_HOUR;
		for (const { at, bytes } of this.#storage.minutes(from, from + MINUTES_PER_HOUR - 1, "coarse")) {
			visitCells(bytes, this.#kind, at * MINUTE_MS, MINUTE_MS, source, (_start, _width, id) => {
				absorb(cellOf(hour.cells, id, this.#kind), source);
				return true;
			});
		}
		for (const { at, bytes } of this.#storage.minutes(from, from + MINUTES_PER_HOUR - 1, "total")) {
			visitTotal(bytes, this.#kind, at, null, source, () => {
				absorb(hour.total, source);
				return true;
			});
		}
		for (const { at, bytes } of this.#storage.minutes(from, from + MINUTES_PER_HOUR - 1, "points")) {
			hour.points.push({ baseMs: at * MINUTE_MS, bytes });
		}
	}

	#readHour(hour: Hour): void {
		const source = newSource();
		for (const { bytes } of this.#storage.hours(hour.hour, hour.hour, "body")) {
			visitCells(bytes, this.#kind, hour.hour * HOUR_MS, HOUR_MS, source, (_start, _width, id) => {
				absorb(cellOf(hour.cells, id, this.#kind), source);
				return true;
			});
		}
		for (const { bytes } of this.#storage.hours(hour.hour, hour.hour, "total")) {
			visitCells(bytes, this.#kind, hour.hour * HOUR_MS, HOUR_MS, source, () => {
				absorb(hour.total, source);
				return true;
			});
		}
		for (const { at, bytes } of this.#storage.hours(hour.hour, hour.hour, "points")) {
			hour.points.push({ baseMs: at * HOUR_MS, bytes });
		}
	}

	#saveHour(hour: Hour): void {
		const startMs = hour.hour * HOUR_MS;
		this.#dropForgotten(hour.cells);
		this.#storage.saveHour(hour.hour, {
			total: packCell(hour.total, startMs),
			body: packCells(hour.cells, startMs),
			points: this.#pointsOfHour(hour),
		});
	}

	/** An hour may have millions of points: only those of some series are unpacked at a time. */
	#pointsOfHour({ hour, points, late }: Hour): Uint8Array<ArrayBuffer> {
		if (this.#points === null) return NO_BYTES;
		const ids = Array.from(this.#series.all(), ({ id }) => id).sort((a, b) => a - b);
		const columnsOf = (wanted: ReadonlySet<number>): PointColumns => {
			const columns: PointColumns = new Map();
			for (const { baseMs, bytes } of points) unpackPoints(bytes, baseMs, columns, wanted);
			for (const minute of late) this.#addOpenPoints(minute, columns, wanted);
			return columns;
		};
		return packPortions(ids, columnsOf, hour * HOUR_MS);
	}

	#addToBase(hour: Hour): void {
		this.#base ??= this.#loadBase();
		const endMs = (hour.hour + 1) * HOUR_MS - 1;
		for (const [id, cell] of hour.cells) {
			const before = this.#base.get(id);
			// After an eviction the table may not know when it heard of a series: within the hour is near enough.
			const heardMs = Math.min(endMs, Math.max(this.#series.get(id)?.lastMs ?? 0, hour.hour * HOUR_MS));
			if (before === undefined) this.#base.set(id, { cell: copyOf(cell, this.#kind), lastMs: heardMs });
			else {
				before.cell.merge(cell);
				before.lastMs = Math.max(before.lastMs, heardMs);
			}
		}
	}

	/** Nobody reads what is of series that are gone; so what is stored has no more series than the table may hold. */
	#dropForgotten(cells: Map<number, unknown>): void {
		for (const id of cells.keys()) if (this.#series.get(id) === undefined) cells.delete(id);
	}

	#loadBase(): Base {
		const row = this.#storage.base();
		return row === null ? new Map() : decodeBase(row.body, row.hour, this.#kind);
	}
}

const NO_BYTES = new Uint8Array(0);

function cellOf(cells: Map<number, Cell>, id: number, kind: MetricKind): Cell {
	let cell = cells.get(id);
	if (cell === undefined) {
		cell = newCell(kind);
		cells.set(id, cell);
	}
	return cell;
}

function copyOf(cell: Cell, kind: MetricKind): Cell {
	const copy = newCell(kind);
	copy.merge(cell);
	return copy;
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
	const whole = new Uint8Array(first.length + second.length);
	whole.set(first);
	whole.set(second, first.length);
	return whole;
}
