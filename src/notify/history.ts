/** What of deliveries, alerts and mutes goes to D1. Nobody waits for it, and nothing changes when D1 is down. */
import { alertHistoryStatements } from "../db/alert-history.ts";
import { type DeliveryAttempt, deliveryAttemptStatements } from "../db/delivery-attempts.ts";
import { type NotificationLog, notificationLogStatements } from "../db/notification-logs.ts";
import { runBatch } from "../db/rows.ts";
import { settleWithin } from "../lib/async.ts";
import { HISTORY_TIMEOUT_MS } from "../model/limits.ts";
import type { Attempt, Delivery, LogEntry } from "../model/notification.ts";

/**
 * What became of entries: all were taken, or none. refused: D1 said no, or the entries cannot be made rows; `why` holds no values.
 * silent: no answer in time.
 */
export type Taken =
	| { readonly kind: "taken" }
	| { readonly kind: "refused"; readonly why: string }
	| { readonly kind: "silent" };

/** Writes entries in one transaction; false: D1 did not take them. */
export async function saveLog(db: D1Database, entries: readonly LogEntry[]): Promise<boolean> {
	return (await tryLog(db, entries)).kind === "taken";
}

/** The same, with the reason. */
export async function tryLog(db: D1Database, entries: readonly LogEntry[]): Promise<Taken> {
	// Inside: what is no time, or no number, is refused before D1 is asked.
	const settled = await settleWithin(() => runBatch(db, statementsOf(db, entries)), HISTORY_TIMEOUT_MS);
	if (settled.kind === "late") return { kind: "silent" };
	if (settled.kind === "thrown") return { kind: "refused", why: NO_ROW };
	if (settled.value.ok) return { kind: "taken" };
	const { failure } = settled.value;
	return { kind: "refused", why: failure.code === "unavailable" ? failure.what : failure.code };
}

const NO_ROW = "it cannot be made a row";
/** Words of D1 (its list of errors) for a time in which it takes nothing, or not before its migrations; of SQLite for a bad row. */
const OF_THE_DATABASE =
	/network|overloaded|internal error|reset|time.?out|transient|queued|maximum DB size|memory limit|CPU|no such (?:table|column)|has no column|readonly|disk is full/i;
const OF_THE_ROW = /constraint|too ?big|too long|D1_TYPE_ERROR|mismatch|overflow|malformed JSON/i;

/** Whose fault a refusal is: that of the row, of the database as it is now, or it does not say. */
export function faultOf(why: string): "row" | "database" | "unknown" {
	if (OF_THE_DATABASE.test(why)) return "database";
	return why === NO_ROW || OF_THE_ROW.test(why) ? "row" : "unknown";
}

/** Whether D1 takes a write at this moment: one that changes nothing. */
export async function takesWrites(db: D1Database): Promise<boolean> {
	const nothing = () => runBatch(db, [db.prepare("UPDATE notification_logs SET status = status WHERE id = 0")]);
	const settled = await settleWithin(nothing, HISTORY_TIMEOUT_MS);
	return settled.kind === "value" && settled.value.ok;
}

function statementsOf(db: D1Database, entries: readonly LogEntry[]): readonly D1PreparedStatement[] {
	const attempts = entries.flatMap((entry) => (entry.kind === "attempt" ? [entry.attempt] : []));
	const events = entries.flatMap((entry) => (entry.kind === "event" ? [entry.event] : []));
	return [
		...notificationLogStatements(db, entries.flatMap(messageRow)),
		...deliveryAttemptStatements(db, attempts.map(attemptRow)),
		...alertHistoryStatements(db, events),
	];
}

function messageRow(entry: LogEntry): NotificationLog[] {
	if (entry.kind === "attempt") return [rowOfAttempt(entry.attempt)];
	if (entry.kind === "dead") {
		const { delivery, error, atMs } = entry;
		return [
			{ ...rowOf(delivery), status: "failed", retryCount: Math.max(0, delivery.attempts - 1), error, updatedMs: atMs },
		];
	}
	if (entry.kind === "event") return [];
	const { groupKey, receiver, fingerprint, startsAtMs, why, atMs } = entry;
	return [
		{
			// The same alert muted by the same is one row, however often it is told.
			messageId: `muted/${fingerprint}/${startsAtMs}/${receiver}`,
			userId: receiver,
			templateKey: null,
			channelType: "none",
			status: "muted",
			retryCount: 0,
			error: `${why} (${groupKey})`,
			latencyMs: null,
			source: "perdure",
			createdMs: atMs,
			updatedMs: atMs,
		},
	];
}

function rowOfAttempt({ delivery, attempt, outcome, settlement, endedMs }: Attempt): NotificationLog {
	const isDelivered = outcome.kind === "delivered";
	const isSuccess = isDelivered || settlement?.state === "delivered";
	return {
		...rowOf(delivery),
		status: isSuccess ? "success" : settlement?.state === "dead" ? "failed" : "pending",
		retryCount: attempt - 1,
		error: isDelivered ? null : outcome.why,
		latencyMs: isDelivered ? endedMs - delivery.createdMs : null,
		updatedMs: endedMs,
	};
}

function rowOf(delivery: Delivery): Omit<NotificationLog, "status" | "updatedMs"> {
	return {
		messageId: delivery.id,
		userId: delivery.receiver,
		templateKey: `alert-${delivery.status}`,
		channelType: delivery.channel,
		retryCount: 0,
		error: null,
		latencyMs: null,
		source: "perdure",
		createdMs: delivery.createdMs,
	};
}

function attemptRow({
	delivery,
	attempt,
	outcome,
	settlement,
	payloadHash,
	startedMs,
	endedMs,
}: Attempt): DeliveryAttempt {
	return {
		deliveryId: delivery.id,
		attempt,
		receiver: delivery.target,
		channel: delivery.channel,
		eventId: delivery.saidId,
		outcome,
		nextTryMs: settlement?.state === "pending" ? settlement.nextMs : null,
		payloadHash,
		startedMs,
		endedMs,
	};
}
