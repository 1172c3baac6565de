/** All SQL of a metric's recording: journal, minutes, hours, base, series. Says nothing of what the bytes mean. */
import {
	CHUNKS_PER_MINUTE_MAX,
	HOUR_KEPT_MS,
	HOUR_MS,
	MINUTE_KEPT_MS,
	MINUTE_MS,
	ROW_BYTES_MAX,
} from "../model/limits.ts";
import { type Blob, cut, join, rowsOf } from "./chunks.ts";
import { ringRuns, slotRange } from "./ring.ts";
import type { HourBlobs, HourColumn, MetricRow, MinuteBlobs, MinuteColumn } from "./rows.ts";

/** Slots of the rings: what is kept, and some more so that an interval that ends now never meets its own beginning. */
const MINUTE_RING = MINUTE_KEPT_MS / MINUTE_MS + 60;
const HOUR_RING = HOUR_KEPT_MS / HOUR_MS + 24;
const CHUNKS = CHUNKS_PER_MINUTE_MAX;

type Bytes = Uint8Array<ArrayBuffer>;
type Piece = { readonly at: number; readonly bytes: Blob };

/** Minutes that the ring still holds at `nowMs`: older ones may be overwritten. */
export function oldestMinute(nowMs: number): number {
	return Math.floor(nowMs / MINUTE_MS) - MINUTE_RING + 1;
}

export class MetricStorage {
	/** Billed rows since the object woke. */
	rowsWritten = 0;
	readonly #storage: DurableObjectStorage;
	readonly #sql: SqlStorage;

	constructor(storage: DurableObjectStorage) {
		this.#storage = storage;
		this.#sql = storage.sql;
	}

	get databaseBytes(): number {
		return this.#sql.databaseSize;
	}

	transaction(write: () => void): void {
		this.#storage.transactionSync(write);
	}

	/** Resolves when everything written so far is on disk. */
	synced(): Promise<void> {
		return this.#storage.sync();
	}

	metric(): MetricRow | null {
		const columns = "kind, unit, help, first_ms, registered, totals_from_ms, next_series";
		return this.#sql.exec<MetricRow>(`SELECT ${columns} FROM metric`).toArray()[0] ?? null;
	}

	saveMetric(row: MetricRow): void {
		this.#write(
			`INSERT INTO metric (id, kind, unit, help, first_ms, registered, totals_from_ms, next_series)
			VALUES (1, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET unit = excluded.unit, help = excluded.help, registered = excluded.registered,
			totals_from_ms = excluded.totals_from_ms, next_series = excluded.next_series`,
			row.kind,
			row.unit,
			row.help,
			row.first_ms,
			row.registered,
			row.totals_from_ms,
			row.next_series,
		);
	}

	/** Only the metric that was born then: it may have been forgotten, and another begun, while the catalog was asked. */
	markRegistered(firstMs: number): void {
		this.#write("UPDATE metric SET registered = 1 WHERE first_ms = ?", firstMs);
	}

	/** Id, canonical labels, birth. As rows of values: objects with names cost three times as much, and there are thousands. */
	series(): [id: number, labels: string, firstMs: number][] {
		const rows = this.#sql.exec("SELECT id, labels, first_ms FROM series");
		return [...rows.raw<[number, string, number]>()];
	}

	saveSeries(id: number, labels: string, firstMs: number): void {
		this.#write(
			"INSERT INTO series (id, labels, first_ms) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET first_ms = excluded.first_ms",
			id,
			labels,
			firstMs,
		);
	}

	deleteSeries(id: number): void {
		this.#write("DELETE FROM series WHERE id = ?", id);
	}

	/** Appends one entry, cut over as many rows as it needs; answers the next free slot. */
	saveEntry(slot: number, seq: number, body: Bytes): number {
		let next = slot;
		for (const piece of cut(body)) {
			this.#write(
				`INSERT INTO journal (slot, seq, body) VALUES (?, ?, ?)
				ON CONFLICT (slot) DO UPDATE SET seq = excluded.seq, body = excluded.body`,
				next++,
				seq,
				piece,
			);
		}
		return next;
	}

	/** Entries from slot 0 on, up to where older rows begin that were not overwritten yet. */
	entries(): { readonly seq: number; readonly body: Bytes; readonly rows: number }[] {
		const entries: { seq: number; pieces: ArrayBuffer[] }[] = [];
		for (const row of this.#sql.exec<{ seq: number; body: ArrayBuffer }>(
			"SELECT seq, body FROM journal ORDER BY slot",
		)) {
			const last = entries.at(-1);
			if (last !== undefined && row.seq < last.seq) break;
			if (last?.seq === row.seq) last.pieces.push(row.body);
			else entries.push({ seq: row.seq, pieces: [row.body] });
		}
		return entries.map(({ seq, pieces }) => ({ seq, body: join(pieces), rows: pieces.length }));
	}

	/**
	 * The last commit that a checkpoint has folded in; 0: none. Looking through all minutes costs milliseconds: that of the last commit
	 * and the hour after it come first, and if that commit was folded there, no other minute knows a later one.
	 */
	checkpointSeq(last: { readonly seq: number; readonly minute: number } | null): number {
		const [from] = slotRange(last?.minute ?? 0, MINUTE_RING);
		const near = last === null ? 0 : this.#maxSeq(from, from + 61 * CHUNKS);
		return last !== null && near >= last.seq ? near : this.#maxSeq(0, MINUTE_RING * CHUNKS);
	}

	/** One column of the minutes from `from` to `to`, both included, ascending; minutes without a row are left out. */
	*minutes(from: number, to: number, column: MinuteColumn): Generator<{ readonly at: number; readonly bytes: Bytes }> {
		yield* this.#ring("minutes", "minute", column, MINUTE_RING, from, to);
	}

	minuteBlobs(minute: number): MinuteBlobs | null {
		const rows = this.#sql
			.exec<{ total: Blob; coarse: Blob; fine: Blob; ids: Blob; points: Blob }>(
				"SELECT total, coarse, fine, ids, points FROM minutes WHERE slot >= ? AND slot < ? AND minute = ? ORDER BY slot",
				...slotRange(minute, MINUTE_RING),
				minute,
			)
			.toArray();
		if (rows.length === 0) return null;
		return {
			total: join(rows.map((row) => row.total)),
			coarse: join(rows.map((row) => row.coarse)),
			fine: join(rows.map((row) => row.fine)),
			ids: join(rows.map((row) => row.ids)),
			points: join(rows.map((row) => row.points)),
		};
	}

	/** Minutes later than `after` that have a row, ascending. */
	minutesAfter(after: number): number[] {
		return this.#sql
			.exec<{ minute: number }>("SELECT DISTINCT minute FROM minutes WHERE minute > ? ORDER BY minute", after)
			.toArray()
			.map((row) => row.minute);
	}

	saveMinute(minute: number, seq: number, blobs: MinuteBlobs): void {
		const bytesMax = Math.floor(ROW_BYTES_MAX / (blobs.points.length === 0 ? 4 : 5));
		const total = cut(blobs.total, bytesMax);
		const coarse = cut(blobs.coarse, bytesMax);
		const fine = cut(blobs.fine, bytesMax);
		const ids = cut(blobs.ids, bytesMax);
		const points = blobs.points.length === 0 ? [] : cut(blobs.points, bytesMax);
		const chunks = rowsOf([total, coarse, fine, ids, points]);
		const [slot] = slotRange(minute, MINUTE_RING);
		for (let chunk = 0; chunk < chunks; chunk++) {
			this.#write(
				`INSERT INTO minutes (slot, minute, seq, total, coarse, fine, ids, points) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
				ON CONFLICT (slot) DO UPDATE SET minute = excluded.minute, seq = excluded.seq, total = excluded.total,
				coarse = excluded.coarse, fine = excluded.fine, ids = excluded.ids, points = excluded.points`,
				slot + chunk,
				minute,
				seq,
				total[chunk] ?? null,
				coarse[chunk] ?? null,
				fine[chunk] ?? null,
				ids[chunk] ?? null,
				points[chunk] ?? null,
			);
		}
		this.#write("DELETE FROM minutes WHERE slot >= ? AND slot < ?", slot + chunks, slot + CHUNKS);
	}

	/** As `minutes`, of the hours. */
	*hours(from: number, to: number, column: HourColumn): Generator<{ readonly at: number; readonly bytes: Bytes }> {
		yield* this.#ring("hours", "hour", column, HOUR_RING, from, to);
	}

	saveHour(hour: number, blobs: HourBlobs): void {
		const bytesMax = Math.floor(ROW_BYTES_MAX / (blobs.points.length === 0 ? 2 : 3));
		const totals = cut(blobs.total, bytesMax);
		const bodies = cut(blobs.body, bytesMax);
		const points = blobs.points.length === 0 ? [] : cut(blobs.points, bytesMax);
		const [slot] = slotRange(hour, HOUR_RING);
		const chunks = rowsOf([totals, bodies, points]);
		for (let chunk = 0; chunk < chunks; chunk++) {
			this.#write(
				`INSERT INTO hours (slot, hour, total, body, points) VALUES (?, ?, ?, ?, ?)
				ON CONFLICT (slot) DO UPDATE SET hour = excluded.hour, total = excluded.total, body = excluded.body,
				points = excluded.points`,
				slot + chunk,
				hour,
				totals[chunk] ?? null,
				bodies[chunk] ?? null,
				points[chunk] ?? null,
			);
		}
		this.#write("DELETE FROM hours WHERE slot >= ? AND slot < ?", slot + chunks, slot + CHUNKS);
	}

	base(): { readonly hour: number; readonly body: Bytes } | null {
		const rows = this.#sql
			.exec<{ hour: number; body: ArrayBuffer }>("SELECT hour, body FROM base ORDER BY slot")
			.toArray();
		const newest = Math.max(...rows.map((row) => row.hour));
		const pieces = rows.filter((row) => row.hour === newest).map((row) => row.body);
		return pieces.length === 0 ? null : { hour: newest, body: join(pieces) };
	}

	/** The last closed hour; -1: none. */
	baseHour(): number {
		return this.#sql.exec<{ hour: number | null }>("SELECT max(hour) AS hour FROM base").one().hour ?? -1;
	}

	/** All chunks carry the hour, so that those of a longer, older base are told apart. */
	saveBase(hour: number, body: Bytes): void {
		let slot = 0;
		for (const piece of cut(body)) {
			this.#write(
				"INSERT INTO base (slot, hour, body) VALUES (?, ?, ?) ON CONFLICT (slot) DO UPDATE SET hour = excluded.hour, body = excluded.body",
				slot++,
				hour,
				piece,
			);
		}
		this.#write("DELETE FROM base WHERE slot >= ?", slot);
	}

	/** Everything recorded; alerts and the outbox stay. */
	clear(): void {
		for (const table of ["metric", "series", "journal", "minutes", "hours", "base"])
			this.#write(`DELETE FROM ${table}`);
	}

	#maxSeq(from: number, to: number): number {
		const select = "SELECT max(seq) AS seq FROM minutes WHERE slot >= ? AND slot < ?";
		return this.#sql.exec<{ seq: number | null }>(select, from, to).one().seq ?? 0;
	}

	*#ring(table: string, key: string, column: string, ring: number, from: number, to: number) {
		const select = `SELECT ${key} AS at, ${column} AS bytes FROM ${table}`;
		// Longer than the ring: rows that nothing came to overwrite may be of any age, so the slots do not tell where.
		const isLong = to - from >= ring;
		// An interval that wraps around the ring is read in two runs, so that what comes out ascends.
		for (const [runFrom, runTo] of isLong ? [[from, to] as const] : ringRuns(from, to, ring)) {
			const rows = isLong
				? this.#sql.exec<Piece>(`${select} WHERE ${key} >= ? AND ${key} <= ? ORDER BY ${key}, slot`, from, to)
				: this.#sql.exec<Piece>(
						`${select} WHERE slot >= ? AND slot < ? ORDER BY slot`,
						slotRange(runFrom, ring)[0],
						slotRange(runTo, ring)[1],
					);
			let at = -1;
			let pieces: Blob[] = [];
			for (const row of rows) {
				if (row.at < runFrom || row.at > runTo) continue;
				if (row.at !== at && pieces.length > 0) yield { at, bytes: join(pieces) };
				if (row.at !== at) pieces = [];
				at = row.at;
				if (row.bytes !== null) pieces.push(row.bytes);
			}
			if (pieces.length > 0) yield { at, bytes: join(pieces) };
		}
	}

	#write(statement: string, ...bindings: (string | number | null | Bytes)[]): void {
		this.rowsWritten += this.#sql.exec(statement, ...bindings).rowsWritten;
	}
}
