/** A notification on its way: its form as it is asked for, and as it travels through the queue. */
import * as v from "valibot";

const Text = v.pipe(v.string(), v.minLength(1), v.maxLength(100));

/** The body of `POST /api/send-notification`. */
export const SendRequestSchema = v.object({
	userId: Text,
	channel: v.picklist(["email", "sms", "push"]),
	template: v.optional(v.pipe(Text, v.regex(/^[a-z0-9_-]+$/)), "welcome"),
});

export type NotifyMessage = v.InferOutput<typeof SendRequestSchema> & {
	readonly messageId: string;
	/** When it was accepted, Unix milliseconds. */
	readonly acceptedMs: number;
};
