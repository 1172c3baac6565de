/**
 * What the messages of an hour came to, folded once the hour is over, so that nobody counts rows for an answer. A write of a message
 * makes its hour stale in the same transaction. Folding reads over several statements: it is believed only if the hour did
 * not become stale meanwhile, and nobody else began to fold it. It never knows what is in a sketch.
 */
import { err, ok, type Result } from "../lib/result.ts";
import type { Failure } from "../model/errors.ts";
import { FOLDED_HOURS_PER_READ_MAX } from "../model/limits.ts";
import { type Cell, down, isoTime, readRows, runBatch } from "./rows.ts";

/** Templates of one statement: about 400 kB of sketches at the worst. */
const TEMPLATES_PER_STATEMENT = 50;

/** The account of one hour as it is stored; sketches are base64. */
export type HourAccount = {
	readonly isComplete: boolean;
	readonly templateUses: number;
	readonly users: string;
	readonly channels: readonly {
		readonly channel: string;
		readonly statuses: Readonly<Record<string, number>>;
		readonly endToEnd: string;
		readonly delivery: string;
	}[];
	readonly templates: readonly { readonly template: string; readonly uses: number; readonly users: string }[];
};

/** One message, as far as it is counted. */
export type CountedRow = {
	readonly id: number;
	readonly user_id: string;
	readonly template_key: string | null;
	readonly channel_type: string;
	readonly status: string;
	readonly latency_ms: number | null;
	/** Duration of the attempt that was accepted; null: none, or not one of Perdure's. */
	readonly delivery_ms: number | null;
	readonly created_at: string;
};

/** The key of an hour: `2026-11-21T09`. */
export function hourKey(ms: number): string {
	return isoTime(ms).slice(0, 13);
}

/** Makes the hours of these messages stale, as they stand after the statements before this one. None is billed unless it was folded. */
export function staleStatements(db: D1Database, messageIds: readonly string[]): readonly D1PreparedStatement[] {
	if (messageIds.length === 0) return [];
	const sql = `UPDATE notification_hours SET state = 'stale' WHERE state <> 'stale' AND hour IN (
		SELECT substr(created_at, 1, 13) FROM notification_logs
		WHERE message_id IN (SELECT value FROM json_each(?)))`;
	return [db.prepare(sql).bind(JSON.stringify([...new Set(messageIds)]))];
}

/** Which of the hours [from, to) are folded. */
export async function loadFoldedHours(
	db: D1Database,
	from: string,
	to: string,
): Promise<Result<ReadonlySet<string>, Failure>> {
	const sql = "SELECT hour FROM notification_hours WHERE hour >= ? AND hour < ? AND state = 'folded'";
	const rows = await readRows<{ hour: string }>(db.prepare(sql).bind(from, to));
	return rows.ok ? ok(new Set(rows.value.map(({ hour }) => hour))) : rows;
}

/** Messages of [fromMs, toMs) behind a row, the newest first. */
export function loadCountedRows(
	db: D1Database,
	range: { readonly fromMs: number; readonly toMs: number },
	after: Pick<CountedRow, "created_at" | "id"> | null,
	limit: number,
): Promise<Result<readonly CountedRow[], Failure>> {
	const to = isoTime(range.toMs);
	return readRows(
		db
			.prepare(
				`SELECT id, user_id, template_key, channel_type, status, latency_ms, created_at,
				(SELECT ended_ms - started_ms FROM delivery_attempts
					WHERE delivery_id = message_id AND outcome = 'delivered' ORDER BY attempt LIMIT 1) AS delivery_ms
				FROM notification_logs
				WHERE created_at >= ? AND created_at <= ? AND (created_at < ? OR id < ?)
				ORDER BY created_at DESC, id DESC LIMIT ?`,
			)
			// Without a row to begin behind, no id is below 0: what was made at the end itself is out.
			.bind(isoTime(range.fromMs), after?.created_at ?? to, after?.created_at ?? to, after?.id ?? 0, limit),
	);
}

/** Begins to fold an hour; whoever began before will not be believed. Read the rows after this. */
export function beginFold(db: D1Database, hour: string, fold: string): Promise<Result<number, Failure>> {
	const sql = `INSERT INTO notification_hours (hour, state) VALUES (?, ?)
		ON CONFLICT (hour) DO UPDATE SET state = excluded.state`;
	return runBatch(db, [db.prepare(sql).bind(hour, stateOf(fold))]);
}

/** Stores the account of an hour. False: it became stale meanwhile, or somebody else folds it; then nothing was changed. */
export async function endFold(
	db: D1Database,
	hour: string,
	fold: string,
	account: HourAccount,
	nowMs: number,
): Promise<Result<boolean, Failure>> {
	const isOurs = "EXISTS (SELECT 1 FROM notification_hours WHERE hour = ?1 AND state = ?2)";
	const state = stateOf(fold);
	const run = (sql: string, ...cells: readonly Cell[]): D1PreparedStatement => {
		return db.prepare(sql).bind(hour, state, ...cells);
	};
	const statements = [
		run(`DELETE FROM notification_channel_hours WHERE hour = ?1 AND ${isOurs}`),
		run(`DELETE FROM notification_template_hours WHERE hour = ?1 AND ${isOurs}`),
		run(
			`INSERT INTO notification_channel_hours (hour, channel_type, statuses, end_to_end, delivery)
			SELECT ?1, value ->> 'channel', value ->> 'statuses', value ->> 'endToEnd', value ->> 'delivery'
			FROM json_each(?3) WHERE ${isOurs}`,
			JSON.stringify(account.channels.map((one) => ({ ...one, statuses: JSON.stringify(one.statuses) }))),
		),
	];
	for (let from = 0; from < account.templates.length; from += TEMPLATES_PER_STATEMENT) {
		const some = account.templates.slice(from, from + TEMPLATES_PER_STATEMENT);
		const sql = `INSERT INTO notification_template_hours (hour, template_key, uses, users)
			SELECT ?1, value ->> 'template', value ->> 'uses', value ->> 'users' FROM json_each(?3) WHERE ${isOurs}`;
		statements.push(run(sql, JSON.stringify(some)));
	}
	statements.push(
		run(
			`UPDATE notification_hours SET state = 'folded', is_complete = ?3, template_uses = ?4, users = ?5, folded_ms = ?6
			WHERE hour = ?1 AND state = ?2`,
			account.isComplete ? 1 : 0,
			account.templateUses,
			account.users,
			nowMs,
		),
	);
	const changed = await runBatch(db, statements);
	return changed.ok ? ok(changed.value > 0) : changed;
}

/** What the folded hours of [from, to) have, one after the other; at most FOLDED_HOURS_PER_READ_MAX. */
export type FoldedHours = {
	readonly hours: readonly {
		readonly hour: string;
		readonly is_complete: number;
		readonly template_uses: number;
		readonly users: string;
	}[];
	readonly channels: readonly {
		readonly hour: string;
		readonly channel_type: string;
		readonly statuses: string;
		readonly end_to_end: string;
		readonly delivery: string;
	}[];
	readonly templates: readonly { readonly template_key: string; readonly uses: number }[];
};

/** Reads folded hours as they stand at one moment. */
export async function loadHours(db: D1Database, from: string, to: string): Promise<Result<FoldedHours, Failure>> {
	const range = "hour >= ? AND hour < ?";
	const folded = `IN (SELECT hour FROM notification_hours WHERE ${range} AND state = 'folded')`;
	const statements = [
		`SELECT hour, is_complete, template_uses, users FROM notification_hours
			WHERE ${range} AND state = 'folded' LIMIT ${FOLDED_HOURS_PER_READ_MAX}`,
		`SELECT hour, channel_type, statuses, end_to_end, delivery FROM notification_channel_hours WHERE hour ${folded}`,
		`SELECT template_key, SUM(uses) AS uses FROM notification_template_hours WHERE hour ${folded} GROUP BY template_key`,
	];
	try {
		const [hours, channels, templates] = await db.batch(statements.map((sql) => db.prepare(sql).bind(from, to)));
		return ok({
			hours: hours?.results ?? [],
			channels: channels?.results ?? [],
			templates: templates?.results ?? [],
		} as FoldedHours);
	} catch (error) {
		return err(down(error));
	}
}

/** The users of some templates in the hours [from, to), folded or stale: the caller knows which hours it means. */
export function loadTemplateUsers(
	db: D1Database,
	templates: readonly string[],
	from: string,
	to: string,
): Promise<Result<readonly { hour: string; template_key: string; users: string }[], Failure>> {
	const sql = `SELECT hour, template_key, users FROM notification_template_hours
		WHERE hour >= ? AND hour < ? AND template_key IN (SELECT value FROM json_each(?))`;
	return readRows(db.prepare(sql).bind(from, to, JSON.stringify(templates)));
}

function stateOf(fold: string): string {
	return `folding:${fold}`;
}
