/**
 * Channel `webhook`: Alertmanager's payload of a whole group under the headers of Standard Webhooks. The delivery's id is
 * the idempotency key (`webhook-id`). The answer's body is not read.
 */
import * as v from "valibot";
import { parseDuration } from "../../lib/duration.ts";
import { SECOND_MS } from "../../model/limits.ts";
import type { Outcome } from "../../model/notification.ts";
import { authHeaders } from "./http-config.ts";
import { httpOutcome } from "./http-outcome.ts";
import type { Attempt, ChannelEntry, ChannelIo } from "./integration.ts";
import { call, deadline } from "./post.ts";
import { reach } from "./reach.ts";
import {
	common,
	guarded,
	HTTP_CONFIG_UNUSED,
	httpConfig,
	readSettings,
	SettingsReader,
	settingsFrom,
	text,
} from "./settings.ts";
import { parseKeys, signatureOf } from "./signature.ts";
import { webhookPayload } from "./webhook-v4-payload.ts";

const webhookSettings = v.strictObject({
	...common,
	url: v.optional(text),
	url_file: v.optional(text),
	http_config: v.optional(httpConfig),
	max_alerts: v.optional(
		v.pipe(
			v.number("must be a number"),
			v.safeInteger("must be a whole number"),
			v.minValue(0, "must not be negative"),
		),
	),
	timeout: v.optional(text),
	secret: v.optional(text),
	secret_file: v.optional(text),
	secret_old: v.optional(text),
	secret_old_file: v.optional(text),
});
type WebhookSettings = v.InferOutput<typeof webhookSettings>;

type Target = {
	readonly url: URL;
	readonly headers: Readonly<Record<string, string>>;
	/** None: messages are not signed (receivers written for Alertmanager do not look). */
	readonly keys: readonly Uint8Array[];
	readonly timeoutMs: number;
};

export const webhookChannel: ChannelEntry = {
	channel: "webhook",
	configKey: "webhook_configs",
	unused: HTTP_CONFIG_UNUSED,
	open(settings, context) {
		const read = readSettings(webhookSettings, settings);
		if (!read.ok) return read;
		const reader = new SettingsReader(context);
		const address = reader.secret(read.value, "url");
		if (address === null && reader.issues.length === 0) reader.complain("url", "is missing");
		const url = address === null ? null : reader.url(address, read.value.url_file === undefined ? "url" : "url_file");
		const keys = [...openKeys(reader, read.value, "secret"), ...openKeys(reader, read.value, "secret_old")];
		const headers = authHeaders(reader, read.value.http_config);
		const timeoutMs = openTimeout(reader, read.value.timeout);
		const maxAlerts = read.value.max_alerts ?? 0;
		return reader.done(() => {
			if (url === null) return null;
			const target = { url, headers, keys, timeoutMs };
			return {
				channel: "webhook",
				render: (message) => webhookPayload(message, maxAlerts),
				send: (attempt, io) => guarded(io, () => post(target, attempt, io)),
				test: (io) => reach(url, "host", within(io, timeoutMs)),
			};
		});
	},
	fromEnvironment: (variables) =>
		settingsFrom(variables, {
			url: "RECEIVER_WEBHOOK_URL",
			secret: "RECEIVER_WEBHOOK_SECRET",
			secret_old: "RECEIVER_WEBHOOK_SECRET_OLD",
		}),
};

/** While a key is rotated, messages are signed with the new one and the old one. */
function openKeys(
	reader: SettingsReader,
	settings: WebhookSettings,
	key: "secret" | "secret_old",
): readonly Uint8Array[] {
	const secret = reader.secret(settings, key);
	if (secret === null) return [];
	const keys = parseKeys(secret);
	if (!keys.ok) reader.complain(settings[`${key}_file`] === undefined ? key : `${key}_file`, keys.failure);
	return keys.ok ? keys.value : [];
}

/** Alertmanager's `timeout`; 0 and absence mean ours. */
function openTimeout(reader: SettingsReader, timeout: string | undefined): number {
	const ms = timeout === undefined ? 0 : parseDuration(timeout);
	if (typeof ms === "number") return ms;
	if (!ms.ok) reader.complain("timeout", ms.failure);
	return ms.ok ? ms.value : 0;
}

async function post({ url, headers, keys, timeoutMs }: Target, attempt: Attempt, io: ChannelIo): Promise<Outcome> {
	const timestampS = Math.floor(io.nowMs / SECOND_MS);
	const signature =
		keys.length === 0 ? {} : { "webhook-signature": await signatureOf(keys, attempt.id, timestampS, attempt.body) };
	const standard = { "webhook-id": attempt.id, "webhook-timestamp": String(timestampS), ...signature };
	const shorter = within(io, timeoutMs);
	const all = { ...headers, ...standard };
	const reply = await call(shorter, deadline(shorter), { url, headers: all, body: attempt.body, read: false });
	if (!reply.ok) return reply.failure;
	const outcome = httpOutcome(reply.value.status, null, io.nowMs);
	return outcome.kind === "retry" ? { ...outcome, retryAfterMs: reply.value.retryAfterMs } : outcome;
}

/** The settings shorten the time of an attempt, never lengthen it; 0: they say nothing. */
function within(io: ChannelIo, timeoutMs: number): ChannelIo {
	return timeoutMs > 0 && timeoutMs < io.timeoutMs ? { ...io, timeoutMs } : io;
}
