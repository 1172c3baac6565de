/** Table delivery_attempts: one row an attempt to deliver one of Perdure's messages. */
import type { Result } from "../lib/result.ts";
import type { Failure } from "../model/errors.ts";
import { D1_ROWS_PER_CALL_MAX } from "../model/limits.ts";
import type { Outcome } from "../model/notification.ts";
import { cut, readRows, type Writer, writeStatements } from "./rows.ts";

export type DeliveryAttempt = {
	readonly deliveryId: string;
	/** From 1. */
	readonly attempt: number;
	readonly receiver: string;
	readonly channel: string;
	readonly eventId: string;
	readonly outcome: Outcome;
	/** Null: no further attempt. */
	readonly nextTryMs: number | null;
	/** SHA-256 of the body, hex. */
	readonly payloadHash: string;
	readonly startedMs: number;
	readonly endedMs: number;
};

const WRITER: Writer<DeliveryAttempt> = {
	into: "INSERT OR IGNORE INTO delivery_attempts",
	columns: [
		["delivery_id", (row) => row.deliveryId],
		["attempt", (row) => row.attempt],
		["receiver", (row) => row.receiver],
		["channel", (row) => row.channel],
		["event_id", (row) => row.eventId],
		["outcome", (row) => row.outcome.kind],
		["http_status", (row) => row.outcome.httpStatus],
		["error", (row) => (row.outcome.kind === "delivered" ? null : cut(row.outcome.why))],
		["retry_after_ms", (row) => (row.outcome.kind === "retry" ? row.outcome.retryAfterMs : null)],
		["next_try_ms", (row) => row.nextTryMs],
		["payload_hash", (row) => row.payloadHash],
		["started_ms", (row) => row.startedMs],
		["ended_ms", (row) => row.endedMs],
	],
	onConflict: "",
};

/** Adds one row an attempt; what is there already stays. As statements, for a transaction with rows of other tables. */
export function deliveryAttemptStatements(
	db: D1Database,
	rows: readonly DeliveryAttempt[],
): readonly D1PreparedStatement[] {
	return writeStatements(db, WRITER, rows);
}

/** A row as it stands in the table. */
export type DeliveryAttemptRow = {
	readonly delivery_id: string;
	readonly attempt: number;
	readonly receiver: string;
	readonly channel: string;
	readonly event_id: string;
	readonly outcome: string;
	readonly http_status: number | null;
	readonly error: string | null;
	readonly retry_after_ms: number | null;
	readonly next_try_ms: number | null;
	readonly payload_hash: string;
	readonly started_ms: number;
	readonly ended_ms: number;
};

/** All attempts of one delivery, first to last. */
export function loadDeliveryAttempts(
	db: D1Database,
	deliveryId: string,
): Promise<Result<readonly DeliveryAttemptRow[], Failure>> {
	return readRows(
		db
			.prepare("SELECT * FROM delivery_attempts WHERE delivery_id = ? ORDER BY attempt LIMIT ?")
			.bind(deliveryId, D1_ROWS_PER_CALL_MAX),
	);
}
