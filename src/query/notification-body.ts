/** Rows of the log of messages, and their attempts, as people get them; and the cursor of a page. Pure. */
import type { DeliveryAttemptRow } from "../db/delivery-attempts.ts";
import type { NotificationLogRow } from "../db/notification-logs.ts";
import type { LogPlace } from "../db/notification-search.ts";
import { iso } from "./metric-body.ts";

const CURSOR = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)_(\d{1,15})$/;

/** Where a page ends, as text for `?after=`. */
export function cursorText({ createdAt, id }: LogPlace): string {
	return `${createdAt}_${id}`;
}

/** The place that a cursor names; null: it is none. */
export function parseCursor(text: string): LogPlace | null {
	const found = CURSOR.exec(text);
	return found === null ? null : { createdAt: found[1] as string, id: Number(found[2]) };
}

export function notificationBody(row: NotificationLogRow) {
	return {
		id: row.message_id,
		user: row.user_id,
		template: row.template_key,
		channel: row.channel_type,
		status: row.status,
		retryCount: row.retry_count,
		error: row.error,
		latencyMs: row.latency_ms,
		source: row.source,
		variables: row.variables === null ? null : (JSON.parse(row.variables) as unknown),
		createdAt: row.created_at,
		updatedAt: row.updated_at,
	};
}

export function attemptBody(row: DeliveryAttemptRow) {
	return {
		attempt: row.attempt,
		target: row.receiver,
		channel: row.channel,
		outcome: row.outcome,
		httpStatus: row.http_status,
		error: row.error,
		retryAfterMs: row.retry_after_ms,
		nextTryAt: row.next_try_ms === null ? null : iso(row.next_try_ms),
		payloadHash: row.payload_hash,
		startedAt: iso(row.started_ms),
		endedAt: iso(row.ended_ms),
		durationMs: row.ended_ms - row.started_ms,
	};
}
