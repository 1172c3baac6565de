/**
 * One message, from all who know of it: its row and its attempts in D1, and the notifier, which has its own messages before D1 has
 * them and when D1 is down.
 */
import { type DeliveryAttemptRow, loadDeliveryAttempts } from "../db/delivery-attempts.ts";
import { loadNotificationLog, type NotificationLogRow } from "../db/notification-logs.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Failure } from "../model/errors.ts";
import type { Message } from "../model/message.ts";
import type { Delivery } from "../model/notification.ts";
import { ask, notifierStub } from "../peers/stubs.ts";

export type Notification = {
	/** Null: D1 has no row of it (yet), or does not answer. */
	readonly row: NotificationLogRow | null;
	readonly attempts: readonly DeliveryAttemptRow[];
	/** Null: an application's own message, or the notifier has forgotten it, or does not answer. */
	readonly kept: { readonly delivery: Delivery; readonly message: Message } | null;
	/** Who did not answer. */
	readonly silent: readonly ("D1" | "the notifier")[];
};

/** Everything that is known of a message; `not_found` when nobody knows it, `unavailable` when those who might are silent. */
export async function loadNotification(env: Env, id: string): Promise<Result<Notification, Failure>> {
	const [row, attempts, kept] = await Promise.all([
		loadNotificationLog(env.DB, id),
		loadDeliveryAttempts(env.DB, id),
		ask("the notifier", () => notifierStub(env).delivery(id)),
	]);
	const known = (row.ok && row.value !== null) || (kept.ok && kept.value !== null);
	if (!known && !row.ok) return row;
	if (!known && !kept.ok) return kept;
	if (!known) return err({ code: "not_found", what: "message of this id" });
	return ok({
		row: row.ok ? row.value : null,
		attempts: attempts.ok ? attempts.value : [],
		kept: kept.ok ? kept.value : null,
		silent: [...(row.ok ? [] : (["D1"] as const)), ...(kept.ok ? [] : (["the notifier"] as const))],
	});
}

/**
 * Tries a dead message again. The notifier is asked first, and D1 only to say why not: a replay must not wait for D1. An application's
 * own message is not Perdure's to send.
 */
export async function replayNotification(env: Env, id: string): Promise<Result<null, Failure>> {
	const answer = await ask("the notifier", () => notifierStub(env).replay(id));
	if (!answer.ok) return answer;
	if (answer.value.ok || answer.value.failure.code !== "not_found") return answer.value;
	const row = await loadNotificationLog(env.DB, id);
	if (!row.ok) return row;
	if (row.value === null) return err({ code: "not_found", what: "message of this id" });
	if (row.value.source === "application") {
		return err({ code: "conflict", reason: "the application sent this message, not Perdure: send it again there" });
	}
	if (row.value.status === "muted") {
		return err({ code: "conflict", reason: "this alert was muted: there is no message to send again" });
	}
	return err({ code: "conflict", reason: "the notifier does not keep this message any more" });
}
