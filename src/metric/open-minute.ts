/** The slots of one minute that no checkpoint holds yet: by series, and for all series together. */
import { FINE_SLOT_MS, MINUTE_MS } from "../model/limits.ts";
import type { MetricKind } from "../model/metric.ts";
import type { Cell } from "./cell.ts";
import { newCell } from "./cell-kinds.ts";

export const FINE_PER_MINUTE = MINUTE_MS / FINE_SLOT_MS;

/** One cell for each fine slot of a minute; null: nothing was recorded. */
export type FineCells = (Cell | null)[];

export class OpenMinute {
	/** Since 1970. */
	readonly minute: number;
	readonly kind: MetricKind;
	readonly series = new Map<number, FineCells>();
	readonly total: FineCells = emptyCells();
	cells = 0;

	constructor(minute: number, kind: MetricKind) {
		this.minute = minute;
		this.kind = kind;
	}

	/** Adds `values[from..to)` of one series, all of one time. */
	add(seriesId: number, values: Float64Array, from: number, to: number, timeMs: number): void {
		const slot = Math.floor(timeMs / FINE_SLOT_MS) % FINE_PER_MINUTE;
		let fine = this.series.get(seriesId);
		if (fine === undefined) {
			fine = emptyCells();
			this.series.set(seriesId, fine);
		}
		this.#cellOf(fine, slot).addColumn(values, from, to, timeMs);
		this.#cellOf(this.total, slot).addColumn(values, from, to, timeMs);
	}

	#cellOf(cells: FineCells, slot: number): Cell {
		const known = cells[slot];
		if (known !== null && known !== undefined) return known;
		const cell = newCell(this.kind);
		cells[slot] = cell;
		this.cells++;
		return cell;
	}
}

export function emptyCells(): FineCells {
	return new Array<Cell | null>(FINE_PER_MINUTE).fill(null);
}
