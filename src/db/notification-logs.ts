/** Table notification_logs: one row a message, the application's own and Perdure's. */
import type { Result } from "../lib/result.ts";
import type { Failure } from "../model/errors.ts";
import { boundedLimit, cut, finite, isoTime, readRows, type Writer, writeRows, writeStatements } from "./rows.ts";

/** `success` is final: a later row of the same message does not take it back. */
export type MessageStatus = "pending" | "success" | "failed";

export type NotificationLog = {
	readonly messageId: string;
	/** Who was told; for Perdure's messages the receiver's name. */
	readonly userId: string;
	readonly templateKey: string | null;
	readonly channelType: string;
	/** The application may have more words than ours. */
	readonly status: MessageStatus | (string & {});
	/** Attempts beyond the first. */
	readonly retryCount: number;
	readonly error: string | null;
	/** From creation to acceptance; null: not known. */
	readonly latencyMs: number | null;
	readonly source: "application" | "perdure";
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
		["created_at", (row) => isoTime(row.createdMs)],
		["updated_at", (row) => isoTime(row.updatedMs)],
	],
	// Rows may come late and out of order: a success stays one, and an earlier attempt does not overwrite a later one.
	// A message that was failed can still become a success (a late answer, a replay), whatever its attempt.
	onConflict: `ON CONFLICT (message_id) DO UPDATE SET
		status = excluded.status, retry_count = max(excluded.retry_count, notification_logs.retry_count),
		error = excluded.error, latency_ms = excluded.latency_ms, updated_at = excluded.updated_at
		WHERE notification_logs.status <> 'success'
		AND (excluded.status = 'success' OR excluded.retry_count >= notification_logs.retry_count)`,
};

/** Writes or brings forward one row a message. Answers how many rows changed. */
export function saveNotificationLogs(
	db: D1Database,
	rows: readonly NotificationLog[],
): Promise<Result<number, Failure>> {
	return writeRows(db, WRITER, rows);
}

/** The same as statements, for a transaction with rows of other tables. */
export function notificationLogStatements(
	db: D1Database,
	rows: readonly NotificationLog[],
): readonly D1PreparedStatement[] {
	return writeStatements(db, WRITER, rows);
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
	readonly created_at: string;
	readonly updated_at: string;
};

/** The messages made in [fromMs, toMs), newest first. */
export function loadNotificationLogs(
	db: D1Database,
	fromMs: number,
	toMs: number,
	limit: number,
): Promise<Result<readonly NotificationLogRow[], Failure>> {
	return readRows(
		db
			.prepare(
				"SELECT * FROM notification_logs WHERE created_at >= ? AND created_at < ? ORDER BY created_at DESC LIMIT ?",
			)
			.bind(isoTime(fromMs), isoTime(toMs), boundedLimit(limit)),
	);
}
