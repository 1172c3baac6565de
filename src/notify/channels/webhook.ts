/**
 * Channel `webhook`: Alertmanager's payload under the headers of Standard Webhooks. The delivery's id is the idempotency
 * key (`webhook-id`). Redirects are not followed, the answer's body is not read.
 */
import { err, ok } from "../../lib/result.ts";
import type { Delivery, Outcome } from "../../model/notification.ts";
import { parseReceiverUrl } from "../address.ts";
import { alertmanagerPayload } from "./alertmanager-payload.ts";
import type { ChannelEntry, ChannelIo, Receiver } from "./channel.ts";
import { httpOutcome } from "./http-outcome.ts";
import { parseKeys, signatureOf } from "./signature.ts";

/**
 * Settings: RECEIVER_WEBHOOK_URL, and RECEIVER_WEBHOOK_SECRET, without which messages are not signed (receivers written for
 * Alertmanager do not look).
 */
export const webhookChannel: ChannelEntry = {
	channel: "webhook",
	receiver: "webhook",
	open(settings) {
		const address = settings["RECEIVER_WEBHOOK_URL"];
		if (typeof address !== "string" || address.trim() === "") return ok(null);
		const url = parseReceiverUrl(address.trim(), settings["DEVELOPMENT"] === "true");
		if (!url.ok) return err(`RECEIVER_WEBHOOK_URL ${url.failure}`);
		const secret = settings["RECEIVER_WEBHOOK_SECRET"];
		if (typeof secret !== "string" || secret.trim() === "") return ok(webhookReceiver("webhook", url.value, []));
		const keys = parseKeys(secret);
		if (!keys.ok) return err(`RECEIVER_WEBHOOK_SECRET ${keys.failure}`);
		return ok(webhookReceiver("webhook", url.value, keys.value));
	},
};

/** A receiver at a checked URL; without keys its messages are not signed. */
export function webhookReceiver(name: string, url: URL, keys: readonly Uint8Array[]): Receiver {
	return {
		name,
		channel: "webhook",
		render: (delivery) => JSON.stringify(alertmanagerPayload(delivery)),
		send: (body, delivery, io) => post(url, keys, body, delivery, io),
	};
}

async function post(
	url: URL,
	keys: readonly Uint8Array[],
	body: string,
	delivery: Delivery,
	io: ChannelIo,
): Promise<Outcome> {
	const timestampS = Math.floor(io.nowMs / 1_000);
	const headers = new Headers({
		"content-type": "application/json",
		"user-agent": "Perdure",
		"webhook-id": delivery.id,
		"webhook-timestamp": String(timestampS),
	});
	if (keys.length > 0) headers.set("webhook-signature", await signatureOf(keys, delivery.id, timestampS, body));
	const signal = AbortSignal.timeout(io.timeoutMs);
	try {
		const response = await io.fetch(url, { method: "POST", headers, body, redirect: "manual", signal });
		// An answer that nobody reads holds its connection.
		await response.body?.cancel();
		return httpOutcome(response.status, response.headers.get("retry-after"), io.nowMs);
	} catch {
		// What was thrown may hold the URL: the reason is said in our own words.
		const why = signal.aborted ? `no answer within ${io.timeoutMs / 1_000} s` : "no connection, or it broke";
		return { kind: "retry", why, httpStatus: null, retryAfterMs: null };
	}
}
