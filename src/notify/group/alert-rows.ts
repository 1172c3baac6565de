/**
 * The alerts that the notifier knows: all SQL of them. What has to be known of an alert without reading its words is kept in
 * memory; labels and annotations stay in storage until a group speaks, so that a hundred thousand alerts fit.
 */
import type { Labels } from "../../model/labels.ts";
import type { Span } from "./merge-alert.ts";

/** The words of an alert. */
export type AlertBody = {
	/** With `alertname`. */
	readonly labels: Labels;
	readonly annotations: Readonly<Record<string, string>>;
	readonly generatorUrl: string;
	/** NaN and infinity survive as text, which JSON alone loses; null: from another sender. */
	readonly value: string | null;
	readonly reason: string | null;
	readonly fingerprint: string;
	/** Own alerts: the rule, and the object that keeps its state. */
	readonly ruleId: string | null;
	readonly home: string | null;
};

/** An alert as it is kept in memory. `key` tells alerts apart: 16 hex digits (alert-key.ts). */
export type KeptAlert = Span & {
	readonly id: number;
	readonly key: string;
	/** Ids of its groups. */
	readonly groups: readonly number[];
	/** Of the body: an alert that comes again unchanged costs no row. */
	readonly bodyHash: number;
};

type Row = {
	readonly id: number;
	readonly key: string;
	readonly starts_ms: number;
	readonly ends_ms: number | null;
	readonly is_timeout: number;
	readonly updated_ms: number;
	readonly groups: string;
	readonly body_hash: number;
};

const COLUMNS = "id, key, starts_ms, ends_ms, is_timeout, updated_ms, groups, body_hash";

export class AlertRows {
	readonly #sql: SqlStorage;

	constructor(sql: SqlStorage) {
		this.#sql = sql;
	}

	load(): KeptAlert[] {
		const rows = this.#sql.exec<Row>(`SELECT ${COLUMNS} FROM alerts ORDER BY id`).toArray();
		return rows.map((row) => ({
			id: row.id,
			key: row.key,
			startsAtMs: row.starts_ms,
			endsAtMs: row.ends_ms,
			isTimeout: row.is_timeout === 1,
			updatedAtMs: row.updated_ms,
			groups: JSON.parse(row.groups) as number[],
			bodyHash: row.body_hash,
		}));
	}

	/** Writes an alert whole. */
	save(alert: KeptAlert, body: AlertBody): void {
		this.#sql.exec(
			`INSERT INTO alerts (${COLUMNS}, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET starts_ms = excluded.starts_ms, ends_ms = excluded.ends_ms,
			is_timeout = excluded.is_timeout, updated_ms = excluded.updated_ms, groups = excluded.groups,
			body_hash = excluded.body_hash, body = excluded.body`,
			alert.id,
			alert.key,
			alert.startsAtMs,
			alert.endsAtMs,
			alert.isTimeout ? 1 : 0,
			alert.updatedAtMs,
			JSON.stringify(alert.groups),
			alert.bodyHash,
			JSON.stringify(body),
		);
	}

	saveGroups(id: number, groups: readonly number[]): void {
		this.#sql.exec("UPDATE alerts SET groups = ? WHERE id = ?", JSON.stringify(groups), id);
	}

	delete(id: number): void {
		this.#sql.exec("DELETE FROM alerts WHERE id = ?", id);
	}

	body(id: number): AlertBody | null {
		const row = this.#sql.exec<{ body: string }>("SELECT body FROM alerts WHERE id = ?", id).toArray()[0];
		return row === undefined ? null : (JSON.parse(row.body) as AlertBody);
	}

	/** Many at once, by id: a statement costs more than what it reads. */
	bodiesOf(ids: readonly number[]): ReadonlyMap<number, AlertBody> {
		const rows = this.#sql.exec<{ id: number; body: string }>(
			"SELECT id, body FROM alerts WHERE id IN (SELECT value FROM json_each(?))",
			JSON.stringify(ids),
		);
		return new Map([...rows].map(({ id, body }) => [id, JSON.parse(body) as AlertBody]));
	}

	/** All of them, one after the other: for what has to look at every label set. */
	*bodies(): Generator<readonly [id: number, body: AlertBody]> {
		for (const row of this.#sql.exec<{ id: number; body: string }>("SELECT id, body FROM alerts ORDER BY id")) {
			yield [row.id, JSON.parse(row.body) as AlertBody];
		}
	}
}
