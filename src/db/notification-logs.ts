/** Table notification_logs: one row a message, the application's own and Perdure's. */
import { err, type Result } from "../lib/result.ts";
import type { Failure } from "../model/errors.ts";
import { D1_ROWS_PER_CALL_MAX } from "../model/limits.ts";
import { staleStatements } from "./notification-hours.ts";
import { cut, finite, isoTime, jsonText, readRows, runBatch, type Writer, writeStatements } from "./rows.ts";

/** `success` is final: a later row of the same message does not take it back. `muted`: it was never sent. */
export const LOG_STATUSES = ["pending", "success", "failed", "muted"] as const;
export type LogStatus = (typeof LOG_STATUSES)[number];

export type NotificationLog = {
	readonly messageId: string;
	/** Who was told; for Perdure's messages the receiver's name. */
	readonly userId: string;
	readonly templateKey: string | null;
	readonly channelType: string;
	/** The application may have more words than ours. */
	readonly status: LogStatus | (string & {});
	/** Attempts beyond the first. */
	readonly retryCount: number;
	readonly error: string | null;
	/** From creation to acceptance; null: not known. */
	readonly latencyMs: number | null;
	readonly source: "application" | "perdure";
	/** Names of the variables that its template was given; null or left out: not reported. */
	readonly variables?: readonly string[] | null;
	readonly createdMs: number;
	readonly updatedMs: number;
};

const WRITER: Writer<NotificationLog> = {
	into: "INSERT INTO notification_logs",
	columns: [
		["message_id", (row) => row.messageId],
		["user_id", (row) => row.userId],
		["template_key", (row) => row.templateKey],
		["channel_type", (row) => row.channelType],
		["status", (row) => row.status],
		["retry_count", (row) => row.retryCount],
		["error", (row) => cut(row.error)],
		["latency_ms", (row) => finite(row.latencyMs)],
		["source", (row) => row.source],
		["variables", (row) => jsonText(row.variables)],
		["created_at", (row) => isoTime(row.createdMs)],
		["updated_at", (row) => isoTime(row.updatedMs)],
	],
	// Rows may come late and out of order: a success stays one, and an earlier attempt does not overwrite a later one.
	// A message that was failed can still become a success (a late answer, a replay), whatever its attempt.
	onConflict: `ON CONFLICT (message_id) DO UPDATE SET
		status = excluded.status, retry_count = max(excluded.retry_count, notification_logs.retry_count),
		error = excluded.error, latency_ms = excluded.latency_ms,
		variables = coalesce(excluded.variables, notification_logs.variables), updated_at = excluded.updated_at
		WHERE notification_logs.status <> 'success'
		AND (excluded.status = 'success' OR excluded.retry_count >= notification_logs.retry_count)`,
};

/**
 * Writes or brings forward one row a message, and makes stale what was counted of their hours, all in one transaction. Answers how
 * many rows changed. More than D1_ROWS_PER_CALL_MAX are refused before anything is written.
 */
export async function saveNotificationLogs(
	db: D1Database,
	rows: readonly NotificationLog[],
): Promise<Result<number, Failure>> {
	if (rows.length > D1_ROWS_PER_CALL_MAX) {
		return err({ code: "too_large", what: "rows of one write", limit: D1_ROWS_PER_CALL_MAX, got: rows.length });
	}
	return runBatch(db, notificationLogStatements(db, rows));
}

/** The same as statements, for a transaction with rows of other tables. */
export function notificationLogStatements(
	db: D1Database,
	rows: readonly NotificationLog[],
): readonly D1PreparedStatement[] {
	const messages = rows.map(({ messageId }) => messageId);
	return [...writeStatements(db, WRITER, rows), ...staleStatements(db, messages)];
}

/** A row as it stands in the table. */
export type NotificationLogRow = {
	readonly id: number;
	readonly message_id: string;
	readonly user_id: string;
	readonly template_key: string | null;
	readonly channel_type: string;
	readonly status: string;
	readonly retry_count: number;
	readonly error: string | null;
	readonly latency_ms: number | null;
	readonly source: string;
	/** JSON array of names. */
	readonly variables: string | null;
	readonly created_at: string;
	readonly updated_at: string;
};

/** One message by its id; null: there is none. */
export async function loadNotificationLog(
	db: D1Database,
	messageId: string,
): Promise<Result<NotificationLogRow | null, Failure>> {
	const found = await readRows<NotificationLogRow>(
		db.prepare("SELECT * FROM notification_logs WHERE message_id = ? LIMIT 1").bind(messageId),
	);
	return found.ok ? { ok: true, value: found.value[0] ?? null } : found;
}
