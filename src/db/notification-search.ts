/**
 * Pages of table notification_logs, newest first. One request looks at a bounded number of rows, by an index; what lies behind them
 * is for the next page, so that a filter that matches nothing costs no whole table.
 */
import { err, ok, type Result } from "../lib/result.ts";
import type { Failure } from "../model/errors.ts";
import { DIAGNOSE_ROWS_MAX, NOTIFICATION_ROWS_SCANNED_MAX } from "../model/limits.ts";
import type { NotificationLogRow } from "./notification-logs.ts";
import { type Cell, down, isoTime, readRows } from "./rows.ts";

/** Behind which row a page begins. */
export type LogPlace = { readonly createdAt: string; readonly id: number };

/** Null: any. */
export type LogFilter = {
	readonly user: string | null;
	readonly status: string | null;
	readonly channel: string | null;
	readonly template: string | null;
	readonly source: string | null;
	/** A part of the error's text; ASCII letters of either case. */
	readonly error: string | null;
	/** Made at this time or later, and before that one; Unix milliseconds. */
	readonly fromMs: number | null;
	readonly toMs: number | null;
};

export type LogPage = {
	readonly rows: readonly NotificationLogRow[];
	/** Where the next page begins; null: there is nothing behind this one. */
	readonly next: LogPlace | null;
};

/** A statement's text and what it binds. */
export type Sql = { readonly text: string; readonly cells: readonly Cell[] };

/** The page behind `after` (null: the newest). `limit` is within its bound. */
export async function searchNotificationLogs(
	db: D1Database,
	filter: LogFilter,
	after: LogPlace | null,
	limit: number,
	scanned: number = NOTIFICATION_ROWS_SCANNED_MAX,
): Promise<Result<LogPage, Failure>> {
	const statements = [matches(filter, after, limit + 1, scanned), lastScanned(filter, after, scanned)];
	try {
		const [found, edge] = await db.batch<NotificationLogRow>(
			statements.map(({ text, cells }) => db.prepare(text).bind(...cells)),
		);
		const rows = found?.results ?? [];
		const last = rows.length > limit ? rows[limit - 1] : edge?.results[0];
		return ok({
			rows: rows.slice(0, limit),
			next: last === undefined ? null : { createdAt: last.created_at, id: last.id },
		});
	} catch (error) {
		return err(down(error));
	}
}

/** What a page is read with: the rows that it looks at come by an index, the filters choose among them. */
export function matches(filter: LogFilter, after: LogPlace | null, limit: number, scanned: number): Sql {
	const range = rangeOf(filter, after);
	const tests = [
		["status = ?", filter.status],
		["channel_type = ?", filter.channel],
		["template_key = ?", filter.template],
		["source = ?", filter.source],
		// Not LIKE, whose patterns D1 ends at 50 bytes.
		["instr(lower(error), lower(?)) > 0", filter.error],
	].filter((test): test is [string, string] => test[1] !== null);
	const where = tests.length === 0 ? "" : `WHERE ${tests.map(([sql]) => sql).join(" AND ")}`;
	return {
		text: `SELECT * FROM (SELECT * FROM notification_logs ${range.text} ORDER BY created_at DESC, id DESC LIMIT ?)
			${where} ORDER BY created_at DESC, id DESC LIMIT ?`,
		cells: [...range.cells, scanned, ...tests.map(([, cell]) => cell), limit],
	};
}

/** How the newest messages of one channel ended, made since `fromMs`. */
export function channelOutcomes(
	db: D1Database,
	channel: string,
	fromMs: number,
): Promise<Result<readonly { readonly status: string; readonly messages: number }[], Failure>> {
	return readRows(
		db
			.prepare(
				`SELECT status, COUNT(*) AS messages FROM (SELECT status, channel_type FROM notification_logs
				WHERE created_at >= ? ORDER BY created_at DESC LIMIT ?) WHERE channel_type = ? GROUP BY status`,
			)
			.bind(isoTime(fromMs), DIAGNOSE_ROWS_MAX, channel),
	);
}

/** The last row that `matches` looks at, if there may be one behind it. */
function lastScanned(filter: LogFilter, after: LogPlace | null, scanned: number): Sql {
	const range = rangeOf(filter, after);
	return {
		text: `SELECT created_at, id FROM notification_logs ${range.text}
			ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET ?`,
		cells: [...range.cells, scanned - 1],
	};
}

/** What an index finds: user and time. */
function rangeOf(filter: LogFilter, after: LogPlace | null): Sql {
	const tests: [string, ...Cell[]][] = [];
	if (filter.user !== null) tests.push(["user_id = ?", filter.user]);
	if (filter.fromMs !== null) tests.push(["created_at >= ?", isoTime(filter.fromMs)]);
	if (filter.toMs !== null) tests.push(["created_at < ?", isoTime(filter.toMs)]);
	if (after !== null) {
		// The first test is the end of the index range, the second parts rows of one and the same time.
		tests.push(["created_at <= ?", after.createdAt]);
		tests.push(["(created_at < ? OR id < ?)", after.createdAt, after.id]);
	}
	if (tests.length === 0) return { text: "", cells: [] };
	return { text: `WHERE ${tests.map(([sql]) => sql).join(" AND ")}`, cells: tests.flatMap(([, ...cells]) => cells) };
}
