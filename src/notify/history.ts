/** What of a delivery goes to D1. The delivery itself never waits for it, and is not changed when D1 is down. */
import { alertHistoryStatements } from "../db/alert-history.ts";
import { type DeliveryAttempt, deliveryAttemptStatements } from "../db/delivery-attempts.ts";
import { type MessageStatus, type NotificationLog, notificationLogStatements } from "../db/notification-logs.ts";
import { runBatch } from "../db/rows.ts";
import { settleWithin } from "../lib/async.ts";
import { HISTORY_TIMEOUT_MS } from "../model/limits.ts";
import type { Delivery, DeliverySettlement, Outcome } from "../model/notification.ts";
import { LOG_RECEIVER } from "./route.ts";

/** One attempt that was made. `settlement` is null when the notifier could not be told. */
export type Attempt = {
	readonly delivery: Delivery;
	readonly attempt: number;
	readonly outcome: Outcome;
	readonly settlement: DeliverySettlement | null;
	readonly payloadHash: string;
	readonly startedMs: number;
	readonly endedMs: number;
};

/** Writes the attempts of one batch in one transaction; false: D1 did not take them, which changes nothing else. */
export async function saveAttempts(db: D1Database, attempts: readonly Attempt[]): Promise<boolean> {
	// The log is told of every event exactly once: its deliveries are the alert history.
	const events = attempts.filter(isToldToLog).map((attempt) => attempt.delivery.event);
	const statements = [
		...notificationLogStatements(db, attempts.map(messageRow)),
		...deliveryAttemptStatements(db, attempts.map(attemptRow)),
		...alertHistoryStatements(db, events),
	];
	const settled = await settleWithin(() => runBatch(db, statements), HISTORY_TIMEOUT_MS);
	return settled.kind === "value" && settled.value.ok;
}

/** The row of a message that died without an attempt that could write it. */
export function deadRow(delivery: Delivery, error: string, nowMs: number): NotificationLog {
	return logRow(delivery, "failed", Math.max(0, delivery.attempts - 1), error, null, nowMs);
}

function messageRow(attempt: Attempt): NotificationLog {
	const { delivery, outcome, endedMs } = attempt;
	const error = outcome.kind === "delivered" ? null : outcome.why;
	const latencyMs = outcome.kind === "delivered" ? endedMs - delivery.createdMs : null;
	return logRow(delivery, statusOf(attempt), attempt.attempt - 1, error, latencyMs, endedMs);
}

function statusOf({ outcome, settlement }: Attempt): MessageStatus {
	if (outcome.kind === "delivered" || settlement?.state === "delivered") return "success";
	return settlement?.state === "dead" ? "failed" : "pending";
}

function logRow(
	delivery: Delivery,
	status: MessageStatus,
	retryCount: number,
	error: string | null,
	latencyMs: number | null,
	updatedMs: number,
): NotificationLog {
	return {
		messageId: delivery.id,
		userId: delivery.receiver,
		templateKey: `alert-${delivery.event.kind}`,
		channelType: delivery.channel,
		status,
		retryCount,
		error,
		latencyMs,
		source: "perdure",
		createdMs: delivery.createdMs,
		updatedMs,
	};
}

function attemptRow(attempt: Attempt): DeliveryAttempt {
	const { delivery, settlement } = attempt;
	return {
		deliveryId: delivery.id,
		attempt: attempt.attempt,
		receiver: delivery.receiver,
		channel: delivery.channel,
		eventId: delivery.event.id,
		outcome: attempt.outcome,
		nextTryMs: settlement?.state === "pending" ? settlement.nextMs : null,
		payloadHash: attempt.payloadHash,
		startedMs: attempt.startedMs,
		endedMs: attempt.endedMs,
	};
}

function isToldToLog({ delivery, outcome }: Attempt): boolean {
	return delivery.receiver === LOG_RECEIVER && outcome.kind === "delivered";
}
