/**
 * A message that an application sent to a user of its own (not an alert of ours): the client reports it, the history in
 * D1 keeps it as a row of notification_logs. It holds no body and no address: those are none of our business.
 */
import * as v from "valibot";
import {
	MESSAGE_ERROR_CHARS_MAX,
	MESSAGE_FIELD_CHARS_MAX,
	MESSAGE_RETRIES_MAX,
	MESSAGE_VARIABLES_MAX,
	VARIABLE_NAME_CHARS_MAX,
} from "./limits.ts";

/** pending: on its way, kept in the history and counted nowhere. success, failed: the end of it, counted. */
export const MESSAGE_STATUSES = ["pending", "success", "failed"] as const;
export type MessageStatus = (typeof MESSAGE_STATUSES)[number];

const Field = v.pipe(v.string(), v.nonEmpty(), v.maxLength(MESSAGE_FIELD_CHARS_MAX));

/** The form of one message as it comes in. A message id that is known already updates its row. */
export const AppMessageSchema = v.object({
	messageId: Field,
	userId: Field,
	/** Such as email, sms, webhook. */
	channel: Field,
	template: Field,
	status: v.picklist(MESSAGE_STATUSES),
	/** From acceptance to delivery, milliseconds; null when it is not known. */
	latencyMs: v.optional(v.nullable(v.pipe(v.number(), v.finite(), v.minValue(0))), null),
	retryCount: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MESSAGE_RETRIES_MAX)), 0),
	/** Why it failed, for people. Longer texts are cut, not refused. */
	error: v.optional(
		v.nullable(
			v.pipe(
				v.string(),
				v.transform((text) => text.slice(0, MESSAGE_ERROR_CHARS_MAX)),
			),
		),
		null,
	),
	/** Names of the variables that its template was given, never their values: a diagnosis compares them with those it needs. */
	variables: v.optional(
		v.nullable(
			v.pipe(
				v.array(v.pipe(v.string(), v.nonEmpty(), v.maxLength(VARIABLE_NAME_CHARS_MAX))),
				v.maxLength(MESSAGE_VARIABLES_MAX),
			),
		),
	),
	/** Unix milliseconds. */
	createdMs: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER)),
});

export type AppMessage = Readonly<v.InferOutput<typeof AppMessageSchema>>;

/** What became of a call with messages. */
export type MessagesReceipt = { readonly accepted: number; readonly dropped: number };
