/**
 * The history of a metric: cells in storage (hours, minutes, fine slots) and the open minutes that no checkpoint holds yet.
 * Every sample is in exactly one cell of each width, so a scan that takes each moment once counts every sample once.
 */
import { FINE_SLOT_MS, HOUR_MS, MINUTE_MS } from "../model/limits.ts";
import type { MetricKind } from "../model/metric.ts";
import { newSource } from "./cell.ts";
import { OpenMinute } from "./open-minute.ts";
import { type CellVisitor, visitCells, visitFine, visitTotal } from "./packing.ts";
import { type MetricStorage, oldestMinute } from "./storage.ts";

/** By series, or all series together as series 0. */
export type Scope = "series" | "total";

/** An interval that is read at one width. Times are Unix milliseconds, `toMs` not included. */
type Run = { readonly widthMs: number; readonly fromMs: number; readonly toMs: number };

export class Timeline {
	readonly kind: MetricKind;
	/** By minute; late samples open old minutes again. */
	readonly open = new Map<number, OpenMinute>();
	/** The last hour that was folded into an hour's row; -1: none. */
	closedHour = -1;
	openCells = 0;
	readonly #storage: MetricStorage;
	/** Nothing is older: an interval that begins before it is not walked through. */
	readonly #bornMs: number;
	readonly #source = newSource();

	constructor(kind: MetricKind, storage: MetricStorage, bornMs: number) {
		this.kind = kind;
		this.#storage = storage;
		this.#bornMs = bornMs;
	}

	/** Adds values of one series: all at `nowMs`, or each at its own time. */
	add(seriesId: number, values: Float64Array, timesMs: Float64Array | null, nowMs: number): void {
		if (timesMs === null) {
			this.#addRun(seriesId, values, 0, values.length, nowMs);
			return;
		}
		for (let i = 0; i < values.length; i++) this.#addRun(seriesId, values, i, i + 1, timesMs[i] as number);
	}

	/**
	 * Visits every cell from `fromMs` up to, not including, `toMs`, none wider than `widthMs` where narrower ones are kept.
	 * Stored cells come first, in order of time, then the open ones. A slot that `fromMs` lies in is visited as a whole.
	 */
	scan(scope: Scope, fromMs: number, toMs: number, widthMs: number, nowMs: number, visit: CellVisitor): void {
		const oldestMs = oldestMinute(nowMs) * MINUTE_MS;
		// A clock that was set back may have left some slots in the future.
		const endMs = Math.min(toMs, floorTo(nowMs, HOUR_MS) + 2 * HOUR_MS);
		const runs = [...this.#runs(Math.max(fromMs, this.#bornMs), endMs, widthMs, oldestMs)];
		for (const run of runs) {
			if (run.widthMs === HOUR_MS) this.#visitHours(scope, run, visit);
			else if (run.widthMs === MINUTE_MS) this.#visitMinutes(scope, run, visit);
			else this.#visitFine(scope, run, visit);
		}
		const [first, last] = [runs[0], runs.at(-1)];
		if (first !== undefined && last !== undefined) this.visitOpen(scope, first.fromMs, last.toMs, visit);
	}

	/** The open cells alone. */
	visitOpen(scope: Scope, fromMs: number, toMs: number, visit: CellVisitor): void {
		const source = this.#source;
		for (const open of this.open.values()) {
			const startMs = open.minute * MINUTE_MS;
			if (startMs >= toMs || startMs + MINUTE_MS <= fromMs) continue;
			const rows = scope === "total" ? [[0, open.total] as const] : open.series;
			for (const [id, cells] of rows) {
				for (let slot = 0; slot < cells.length; slot++) {
					const slotMs = startMs + slot * FINE_SLOT_MS;
					source.cell = cells[slot] ?? null;
					if (source.cell !== null && slotMs >= fromMs && slotMs < toMs) visit(slotMs, FINE_SLOT_MS, id, source);
				}
			}
		}
		source.cell = null;
	}

	#addRun(seriesId: number, values: Float64Array, from: number, to: number, timeMs: number): void {
		const minute = Math.floor(timeMs / MINUTE_MS);
		let open = this.open.get(minute);
		if (open === undefined) {
			open = new OpenMinute(minute, this.kind);
			this.open.set(minute, open);
		}
		const before = open.cells;
		open.add(seriesId, values, from, to, timeMs);
		this.openCells += open.cells - before;
	}

	/** Cuts an interval into runs, each as wide as it may be. What is older than the ring of minutes is there by hours only. */
	*#runs(fromMs: number, toMs: number, widthMs: number, oldestMs: number): Generator<Run> {
		let at = fromMs < oldestMs ? floorTo(fromMs, HOUR_MS) : floorTo(fromMs, FINE_SLOT_MS);
		while (at < toMs) {
			const width = this.#widthAt(at, toMs, widthMs, oldestMs);
			const start = at;
			do at = this.#nextEdge(at, width, toMs, widthMs);
			while (at < toMs && this.#widthAt(at, toMs, widthMs, oldestMs) === width);
			yield { widthMs: width, fromMs: start, toMs: Math.min(at, Math.max(toMs, start + width)) };
		}
	}

	/**
	 * Where the width may change. Beyond the closed hours there is nothing but minutes, and then what is left of one: a young metric has
	 * a month of them in front of its birth.
	 */
	#nextEdge(atMs: number, width: number, toMs: number, widthMs: number): number {
		if (atMs < (this.closedHour + 1) * HOUR_MS) return atMs + width;
		if (width === MINUTE_MS) return Math.max(atMs + width, floorTo(toMs, MINUTE_MS));
		return widthMs < MINUTE_MS ? atMs + Math.ceil((toMs - atMs) / width) * width : atMs + width;
	}

	#widthAt(atMs: number, toMs: number, widthMs: number, oldestMs: number): number {
		const isClosed = atMs / HOUR_MS <= this.closedHour;
		if (atMs % HOUR_MS === 0 && isClosed && atMs < oldestMs) return HOUR_MS;
		if (atMs % HOUR_MS === 0 && isClosed && atMs + HOUR_MS <= toMs && widthMs >= HOUR_MS) return HOUR_MS;
		if (atMs % MINUTE_MS === 0 && atMs + MINUTE_MS <= toMs && widthMs >= MINUTE_MS) return MINUTE_MS;
		return FINE_SLOT_MS;
	}

	#visitHours(scope: Scope, run: Run, visit: CellVisitor): void {
		const from = run.fromMs / HOUR_MS;
		const column = scope === "total" ? "total" : "body";
		for (const { at, bytes } of this.#storage.hours(from, run.toMs / HOUR_MS - 1, column)) {
			visitCells(bytes, this.kind, at * HOUR_MS, HOUR_MS, this.#source, visit);
		}
	}

	#visitMinutes(scope: Scope, run: Run, visit: CellVisitor): void {
		const from = run.fromMs / MINUTE_MS;
		const column = scope === "total" ? "total" : "coarse";
		for (const { at, bytes } of this.#storage.minutes(from, run.toMs / MINUTE_MS - 1, column)) {
			if (scope === "total") visitTotal(bytes, this.kind, at, null, this.#source, visit);
			else visitCells(bytes, this.kind, at * MINUTE_MS, MINUTE_MS, this.#source, visit);
		}
	}

	#visitFine(scope: Scope, run: Run, visit: CellVisitor): void {
		const from = Math.floor(run.fromMs / MINUTE_MS);
		const to = Math.ceil(run.toMs / MINUTE_MS) - 1;
		for (const { at, bytes } of this.#storage.minutes(from, to, scope === "total" ? "total" : "fine")) {
			if (scope === "total") visitTotal(bytes, this.kind, at, run, this.#source, visit);
			else visitFine(bytes, this.kind, at, run.fromMs, run.toMs, this.#source, visit);
		}
	}
}

export function floorTo(timeMs: number, widthMs: number): number {
	return Math.floor(timeMs / widthMs) * widthMs;
}
