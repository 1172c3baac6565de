/**
 * A window that is kept up to date: for each series the cell of everything from its beginning until now. New samples are
 * added as they come; when it moves on, the slots that it leaves are read once more and taken away. Counts and sums come
 * out exact; a minimum or maximum that left is rebuilt from the scalars of the slots, just before it is read.
 */
import { FINE_KEPT_MS, FINE_SLOT_MS, HOUR_MS, MINUTE_KEPT_MS, MINUTE_MS } from "../model/limits.ts";
import { absorb, type Cell, expel, widenBy } from "./cell.ts";
import { newCell } from "./cell-kinds.ts";
import { floorTo, type Scope, type Timeline } from "./timeline.ts";

/** The width of the slots that a window of this length begins on. */
export function edgeMs(windowMs: number): number {
	if (windowMs <= FINE_KEPT_MS) return FINE_SLOT_MS;
	return windowMs <= MINUTE_KEPT_MS ? MINUTE_MS : HOUR_MS;
}

/** The first moment of a window that ends at `nowMs`: on a slot edge, at most one slot early. */
export function windowStartMs(windowMs: number, nowMs: number): number {
	return floorTo(nowMs - windowMs, edgeMs(windowMs));
}

/**
 * A clock may step back over the edge of a minute, as when an object moves to another machine: what was recorded before that
 * is in the slots, so a window that is built anew has it too, as the one that was kept did.
 */
export const TO_THE_END = Number.POSITIVE_INFINITY;

export class Window {
	readonly cells = new Map<number, Cell>();
	/** Everything from here on is in; on a slot edge. */
	fromMs: number;
	readonly #timeline: Timeline;
	readonly #scope: Scope;

	constructor(timeline: Timeline, scope: Scope, fromMs: number, nowMs: number) {
		this.#timeline = timeline;
		this.#scope = scope;
		this.fromMs = fromMs;
		timeline.scan(scope, fromMs, TO_THE_END, Number.POSITIVE_INFINITY, nowMs, (_start, _width, id, source) => {
			absorb(this.cellOf(id), source);
			return true;
		});
	}

	/** Resident bytes, about. */
	get bytes(): number {
		let bytes = 200;
		for (const cell of this.cells.values()) bytes += cell.bytes + 60;
		return bytes;
	}

	cellOf(id: number): Cell {
		let cell = this.cells.get(id);
		if (cell === undefined) {
			cell = newCell(this.#timeline.kind);
			this.cells.set(id, cell);
		}
		return cell;
	}

	/** Takes in what was just recorded: all at `nowMs`, or each at its own time. */
	add(seriesId: number, values: Float64Array, timesMs: Float64Array | null, nowMs: number): void {
		const id = this.#scope === "total" ? 0 : seriesId;
		if (timesMs === null) {
			this.cellOf(id).addColumn(values, 0, values.length, nowMs);
			return;
		}
		for (let i = 0; i < values.length; i++) {
			if ((timesMs[i] as number) >= this.fromMs) this.cellOf(id).add(values[i] as number, timesMs[i] as number);
		}
	}

	/** Moves the beginning to `fromMs`, taking away the slots in between. */
	advance(fromMs: number, nowMs: number): void {
		if (fromMs <= this.fromMs) return;
		const cells = this.cells;
		this.#timeline.scan(
			this.#scope,
			this.fromMs,
			fromMs,
			Number.POSITIVE_INFINITY,
			nowMs,
			(_start, _width, id, source) => {
				const cell = cells.get(id);
				if (cell === undefined) return false;
				expel(cell, source);
				if (cell.count <= 0) cells.delete(id);
				return true;
			},
		);
		this.fromMs = fromMs;
	}

	/** Puts right the minima and maxima that left with a slot. */
	settle(nowMs: number): void {
		const stale = new Set<Cell>();
		for (const cell of this.cells.values()) {
			if (!cell.stale) continue;
			stale.add(cell);
			cell.narrow();
		}
		if (stale.size === 0) return;
		this.#timeline.scan(
			this.#scope,
			this.fromMs,
			TO_THE_END,
			Number.POSITIVE_INFINITY,
			nowMs,
			(_start, _width, id, source) => {
				const cell = this.cells.get(id);
				if (cell === undefined || !stale.has(cell)) return false;
				widenBy(cell, source);
				return true;
			},
		);
	}
}
