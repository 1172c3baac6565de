/**
 * What a metric's object knows of its samples, in memory: series, open minutes, kept windows, raw samples, batch ids. It is
 * rebuilt from storage at any time and then equals what it was: journal entries and live batches go through the same `apply`.
 */

import { assert } from "../lib/assert.ts";
import { ByteReader, ByteWriter } from "../lib/bytes.ts";
import { MINUTE_MS, SERIES_PER_METRIC_MAX } from "../model/limits.ts";
import type { MetricKind } from "../model/metric.ts";
import { decodeBase } from "./base.ts";
import { type BatchIds, decodeId, encodeId, rememberedMinutes } from "./batch-ids.ts";
import { Checkpoint } from "./checkpoint.ts";
import { type Applied, committedMsOf, decodeEntry, type Entry } from "./journal.ts";
import { oldestKeptMs } from "./plan.ts";
import type { PlannedColumn } from "./planned-column.ts";
import { PointBook } from "./point-book.ts";
import { Recent } from "./recent.ts";
import type { MetricRow } from "./rows.ts";
import { SeriesTable } from "./series-table.ts";
import type { MetricStorage } from "./storage.ts";
import { floorTo, Timeline } from "./timeline.ts";
import type { Window } from "./window.ts";
import { SINCE_BIRTH, Windows } from "./windows.ts";

export class History {
	/** As stored. */
	metric: MetricRow;
	readonly kind: MetricKind;
	readonly series: SeriesTable;
	readonly recent = new Recent();
	readonly timeline: Timeline;
	readonly windows: Windows;
	/** Of kind `sampled`; null: this kind has cells only. */
	readonly points: PointBook | null;
	readonly #storage: MetricStorage;
	/** Ids since the last checkpoint, as they will stand in its row. */
	readonly #freshIds = new ByteWriter(1024);
	#heardOfAll = false;

	constructor(storage: MetricStorage, metric: MetricRow) {
		this.#storage = storage;
		this.metric = metric;
		this.kind = metric.kind;
		this.series = new SeriesTable(metric.next_series);
		// Late samples are at most as old as the oldest slot that was kept when the metric was born.
		this.timeline = new Timeline(metric.kind, storage, oldestKeptMs(metric.first_ms));
		this.windows = new Windows(this.timeline);
		this.points = metric.kind === "sampled" ? new PointBook(storage, this.timeline) : null;
		for (const [id, labels, firstMs] of storage.series()) this.series.load(id, labels, firstMs);
		this.timeline.closedHour = storage.baseHour();
	}

	/** Adds one batch; `committedMs` is the time of values without one. */
	apply(batch: Applied, committedMs: number): void {
		for (const column of batch.columns) {
			const { seriesId, values, timesMs } = column;
			const series = this.series.get(seriesId);
			// A series that was forgotten since: a replay must not bring it back.
			if (series === undefined) continue;
			this.points?.add(seriesId, timesMs, values, committedMs);
			this.#count(this.points === null ? column : finiteOf(column), committedMs);
			series.lastMs = Math.max(series.lastMs, timesMs === null ? committedMs : latest(timesMs));
		}
		this.points?.planned();
	}

	#count({ seriesId, values, timesMs }: PlannedColumn, committedMs: number): void {
		this.timeline.add(seriesId, values, timesMs, committedMs);
		this.windows.add(seriesId, values, timesMs, committedMs);
		this.recent.addColumn(seriesId, values, timesMs, committedMs);
	}

	/** Notes the ids of a commit for the next checkpoint. */
	noteIds(entry: Entry): void {
		for (const batch of entry.batches) encodeId(this.#freshIds, batch.id, batch.receipt);
	}

	checkpoint(seq: number, nowMs: number): void {
		this.#forgetExpired(nowMs);
		const { series, timeline, points } = this;
		new Checkpoint(this.#storage, timeline, series, points).write(this.#freshIds.finish(), seq, nowMs);
		this.#freshIds.reset();
		this.windows.trim(nowMs);
	}

	/** Everything since birth, by series or together. */
	sinceBirth(nowMs: number): Window {
		return this.windows.get("series", SINCE_BIRTH, nowMs, (window) => {
			for (const [id, { cell }] of this.#base()) if (this.series.get(id) !== undefined) window.cellOf(id).merge(cell);
		});
	}

	/** After an eviction the table knows births only: the base and the minutes since say when a series was last heard of. */
	hearOfAll(nowMs: number): void {
		if (this.#heardOfAll) return;
		this.#heardOfAll = true;
		const heard = (id: number, timeMs: number): void => {
			const series = this.series.get(id);
			if (series !== undefined) series.lastMs = Math.max(series.lastMs, timeMs);
		};
		for (const [id, { lastMs }] of this.#base()) heard(id, lastMs);
		const fromMs = (this.timeline.closedHour + 1) * 60 * MINUTE_MS;
		const toMs = floorTo(nowMs, MINUTE_MS) + MINUTE_MS;
		this.timeline.scan("series", fromMs, toMs, MINUTE_MS, nowMs, (startMs, widthMs, id) => {
			heard(id, Math.min(startMs + widthMs - 1, nowMs));
			return false;
		});
	}

	/** Above the bound, series that gave up their place and of which no slot is left. */
	#forgetExpired(nowMs: number): void {
		if (this.series.kept <= SERIES_PER_METRIC_MAX) return;
		this.hearOfAll(nowMs);
		const expired = [...this.series.all()].filter((series) => series.lastMs < oldestKeptMs(nowMs));
		if (expired.length === 0) return;
		for (const { id } of expired) {
			this.#storage.deleteSeries(id);
			this.series.forget(id);
		}
		this.metric = { ...this.metric, next_series: this.series.nextId };
		this.#storage.saveMetric(this.metric);
	}

	#base() {
		const row = this.#storage.base();
		return row === null ? [] : decodeBase(row.body, row.hour, this.kind);
	}
}

/** Where the journal goes on. */
export type JournalEnd = {
	readonly slot: number;
	readonly seq: number;
	readonly bytes: number;
	readonly sinceMs: number;
};

/** Brings ids and journal into memory; answers where the journal goes on. `history` null: nothing was ever recorded. */
export function replay(storage: MetricStorage, history: History | null, ids: BatchIds, nowMs: number): JournalEnd {
	const entries = storage.entries();
	const last = entries.at(-1);
	const checkpointSeq = storage.checkpointSeq(
		last === undefined
			? null
			: { seq: last.seq, minute: Math.floor(committedMsOf(new ByteReader(last.body)) / MINUTE_MS) },
	);
	if (history === null) return { slot: 0, seq: checkpointSeq, bytes: 0, sinceMs: nowMs };
	const { from, to } = rememberedMinutes(nowMs);
	for (const { at, bytes } of storage.minutes(from, to, "ids")) {
		const reader = new ByteReader(bytes);
		while (reader.remaining > 0 && !reader.failed) {
			const { id, receipt } = decodeId(reader);
			ids.remember(id, receipt, at * MINUTE_MS);
		}
	}
	let end: JournalEnd = { slot: 0, seq: checkpointSeq, bytes: 0, sinceMs: nowMs };
	let rows = 0;
	for (const { seq, body, rows: pieces } of entries) {
		const entry = decodeEntry(new ByteReader(body));
		assert(entry !== null, "a journal entry is readable by the version that runs");
		rows += pieces;
		if (entry.recent !== null) history.recent.replace(entry.recent);
		if (seq <= checkpointSeq) {
			for (const batch of entry.batches) replayRecent(history, batch, entry.committedMs);
			continue;
		}
		for (const batch of entry.batches) {
			history.apply(batch, entry.committedMs);
			ids.remember(batch.id, batch.receipt, entry.committedMs);
		}
		history.noteIds(entry);
		const sinceMs = end.bytes === 0 ? entry.committedMs : end.sinceMs;
		end = { slot: rows, seq, bytes: end.bytes + body.length, sinceMs };
	}
	return end;
}

function replayRecent(history: History, batch: Applied, committedMs: number): void {
	for (const { seriesId, values, timesMs } of batch.columns) {
		if (history.series.get(seriesId) !== undefined) history.recent.addColumn(seriesId, values, timesMs, committedMs);
	}
}

/** What sums and extremes are made of: a point may be NaN or infinite, which they would never recover from. */
function finiteOf(column: PlannedColumn): PlannedColumn {
	const { seriesId, values, timesMs } = column;
	if (values.every(Number.isFinite)) return column;
	const counts = (_: number, i: number) => Number.isFinite(values[i]);
	return { seriesId, values: values.filter(Number.isFinite), timesMs: timesMs?.filter(counts) ?? null };
}

function latest(timesMs: Float64Array): number {
	let latestMs = 0;
	for (const timeMs of timesMs) if (timeMs > latestMs) latestMs = timeMs;
	return latestMs;
}
