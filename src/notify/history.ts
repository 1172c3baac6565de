/** What of deliveries, alerts and mutes goes to D1. Nobody waits for it, and nothing changes when D1 is down. */
import { alertHistoryStatements } from "../db/alert-history.ts";
import { type DeliveryAttempt, deliveryAttemptStatements } from "../db/delivery-attempts.ts";
import { type NotificationLog, notificationLogStatements } from "../db/notification-logs.ts";
import { runBatch } from "../db/rows.ts";
import { settleWithin } from "../lib/async.ts";
import { HISTORY_TIMEOUT_MS } from "../model/limits.ts";
import type { Attempt, Delivery, LogEntry } from "../model/notification.ts";

/** Writes entries in one transaction; false: D1 did not take them. */
export async function saveLog(db: D1Database, entries: readonly LogEntry[]): Promise<boolean> {
	const attempts = entries.flatMap((entry) => (entry.kind === "attempt" ? [entry.attempt] : []));
	const events = entries.flatMap((entry) => (entry.kind === "event" ? [entry.event] : []));
	const statements = [
		...notificationLogStatements(db, entries.flatMap(messageRow)),
		...deliveryAttemptStatements(db, attempts.map(attemptRow)),
		...alertHistoryStatements(db, events),
	];
	if (statements.length === 0) return true;
	const settled = await settleWithin(() => runBatch(db, statements), HISTORY_TIMEOUT_MS);
	return settled.kind === "value" && settled.value.ok;
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
