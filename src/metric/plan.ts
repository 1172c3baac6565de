/**
 * What one part of a batch will do, decided before anything is written: which values of which series count, at what
 * time, and the receipt. Pure but for the series table, which gives new label sets their ids.
 */

import type { MetricPart } from "../model/batch.ts";
import {
	FINE_SLOT_MS,
	FUTURE_MAX_MS,
	HOUR_KEPT_MS,
	HOUR_MS,
	RECEIPT_DROPS_MAX,
	SAMPLE_MAGNITUDE_MAX,
	SLOTS_PER_PART_MAX,
} from "../model/limits.ts";
import type { MetricKind } from "../model/metric.ts";
import type { DropReason, PartReceipt } from "../model/receipt.ts";
import { planPoints } from "./plan-points.ts";
import type { PlannedColumn } from "./planned-column.ts";
import type { PointBook } from "./point-book.ts";
import type { SeriesTable } from "./series-table.ts";

export type Plan = { readonly columns: readonly PlannedColumn[]; readonly receipt: PartReceipt };

/** The oldest time that still has a slot. */
export function oldestKeptMs(nowMs: number): number {
	return Math.floor((nowMs - HOUR_KEPT_MS) / HOUR_MS) * HOUR_MS;
}

/** What a plan needs to know of the metric. `points`: of kind `sampled`. */
type Target = { readonly kind: MetricKind; readonly series: SeriesTable; readonly points: PointBook | null };

/** Decides on every value of `part`. A time up to a minute ahead is taken as now: callers' clocks differ. */
export function planPart(part: MetricPart, { kind, series, points }: Target, nowMs: number): Plan {
	const drops: { index: number; reason: DropReason }[] = [];
	const columns: PlannedColumn[] = [];
	let dropped = 0;
	let overflowed = 0;
	let from = 0;
	const drop = (index: number, reason: DropReason) => {
		dropped++;
		if (drops.length < RECEIPT_DROPS_MAX) drops.push({ index, reason });
	};
	const slots = new SlotCount();
	for (let i = 0; i < part.labels.length; i++) {
		const to = part.ends[i] as number;
		const key = part.labels[i] as string;
		if (points !== null) {
			const column = { key, values: part.values, timesMs: part.timestampsMs, from, to };
			slots.begin();
			const refusalOf = (timeMs: number) => timeRefusal(timeMs, nowMs) ?? slots.refusal(timeMs);
			const planned = planPoints(column, { series, points }, nowMs, refusalOf, drop);
			if (planned?.timesMs != null) series.bearEarlier(planned.seriesId, planned.timesMs);
			if (planned !== null) columns.push(planned);
			from = to;
			continue;
		}
		const column = keepColumn(part, from, to, kind, nowMs, slots, drop);
		if (column.values.length > 0) {
			const seriesId = series.place(key, nowMs);
			if (column.timesMs !== null) series.bearEarlier(seriesId, column.timesMs);
			if (series.isOverflow(seriesId)) overflowed += column.values.length;
			columns.push({ seriesId, ...column });
		}
		from = to;
	}
	const accepted = part.values.length - dropped;
	return { columns, receipt: { accepted, overflowed, duplicate: false, dropped, drops } };
}

type Kept = { readonly values: Float64Array; readonly timesMs: Float64Array | null };

function keepColumn(
	part: MetricPart,
	from: number,
	to: number,
	kind: MetricKind,
	nowMs: number,
	slots: SlotCount,
	drop: (index: number, reason: DropReason) => void,
): Kept {
	const values = part.values.subarray(from, to);
	const timesMs = part.timestampsMs?.subarray(from, to) ?? null;
	// The usual column, all finite and without times, is taken as it is.
	if (timesMs === null && allCount(values, kind)) return { values, timesMs: null };
	const keptValues = new Float64Array(values.length);
	const keptTimes = new Float64Array(values.length);
	let kept = 0;
	slots.begin();
	for (let i = 0; i < values.length; i++) {
		const value = values[i] as number;
		const timeMs = timesMs === null || Number.isNaN(timesMs[i]) ? nowMs : (timesMs[i] as number);
		const reason = refusal(value, timeMs, kind, nowMs) ?? slots.refusal(timeMs);
		if (reason !== null) {
			drop(from + i, reason);
			continue;
		}
		keptValues[kept] = value;
		// Storage counts whole milliseconds.
		keptTimes[kept++] = Math.floor(Math.min(timeMs, nowMs));
	}
	return { values: keptValues.subarray(0, kept), timesMs: timesMs === null ? null : keptTimes.subarray(0, kept) };
}

/** Counts the slots that a part opens: each is a cell in memory until it is folded, so a part may not open any number. */
class SlotCount {
	#opened = 0;
	#last = Number.NaN;

	/** Another series: its slots are its own. */
	begin(): void {
		this.#last = Number.NaN;
	}

	/** Times that go to and fro count again: senders have them in order. */
	refusal(timeMs: number): DropReason | null {
		const slot = Math.floor(timeMs / FINE_SLOT_MS);
		if (slot === this.#last) return null;
		if (this.#opened >= SLOTS_PER_PART_MAX) return "limit";
		this.#opened++;
		this.#last = slot;
		return null;
	}
}

function refusal(value: number, timeMs: number, kind: MetricKind, nowMs: number): DropReason | null {
	if (!(Math.abs(value) <= SAMPLE_MAGNITUDE_MAX)) return "not_finite";
	if (kind === "counter" && value < 0) return "negative_count";
	return timeRefusal(timeMs, nowMs);
}

function timeRefusal(timeMs: number, nowMs: number): DropReason | null {
	if (!(timeMs <= nowMs + FUTURE_MAX_MS)) return "future";
	return timeMs < oldestKeptMs(nowMs) ? "late" : null;
}

/** One pass: whether `refusal` would let every value through. */
function allCount(values: Float64Array, kind: MetricKind): boolean {
	const least = kind === "counter" ? 0 : -SAMPLE_MAGNITUDE_MAX;
	for (let i = 0; i < values.length; i++) {
		const value = values[i] as number;
		if (!(value >= least && value <= SAMPLE_MAGNITUDE_MAX)) return false;
	}
	return true;
}
