/** An application's own messages on their way into the history in D1. Recording and alerting never wait for it. */
import * as v from "valibot";
import { saveNotificationLogs } from "../db/notification-logs.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type AppMessage, AppMessageSchema, type MessagesReceipt } from "../model/app-message.ts";
import { type Failure, invalid } from "../model/errors.ts";
import { MESSAGES_PER_CALL_MAX } from "../model/limits.ts";
import { countRejected } from "./record.ts";

/** Takes what has the right form and drops the rest. Fails when D1 does not answer: the same call may then be repeated. */
export async function saveMessages(
	env: Pick<Env, "DB">,
	input: unknown,
	nowMs: number,
): Promise<Result<MessagesReceipt, Failure>> {
	if (!Array.isArray(input)) return err(invalid("messages", "it must be an array of messages"));
	if (input.length > MESSAGES_PER_CALL_MAX) {
		return err({ code: "too_large", what: "messages in one call", limit: MESSAGES_PER_CALL_MAX, got: input.length });
	}
	// Of several states of one message within a call the last one holds; D1 refuses to touch a row twice in a statement.
	const messages = new Map<string, AppMessage>();
	let dropped = 0;
	for (const each of input) {
		const parsed = v.safeParse(AppMessageSchema, each);
		if (parsed.success) messages.set(parsed.output.messageId, parsed.output);
		else dropped++;
	}
	countRejected("invalid", dropped);
	const rows = [...messages.values()].map((message) => ({
		messageId: message.messageId,
		userId: message.userId,
		templateKey: message.template,
		channelType: message.channel,
		status: message.status,
		retryCount: message.retryCount,
		error: message.error,
		latencyMs: message.latencyMs,
		variables: message.variables ?? null,
		source: "application" as const,
		createdMs: Math.min(message.createdMs, nowMs),
		updatedMs: nowMs,
	}));
	const saved = await saveNotificationLogs(env.DB, rows);
	return saved.ok ? ok({ accepted: input.length - dropped, dropped }) : saved;
}
