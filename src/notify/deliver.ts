/**
 * The consumer of queue DELIVERIES: makes one attempt for each message and reports how it went. The notifier owns every
 * delivery and its retries, so each message is acknowledged whatever happened; what is not reported is handed out again.
 */
import { mapBounded } from "../lib/async.ts";
import { nowMs } from "../lib/clock.ts";
import { Gathering } from "../lib/gathering.ts";
import {
	CHANNEL_TIMEOUT_MS,
	OUTCOME_REPORT_TIMEOUT_MS,
	OUTCOME_REPORTS_MAX,
	SENDS_AT_ONCE_MAX,
} from "../model/limits.ts";
import type {
	Attempt,
	Claim,
	DeliveryMessage,
	DeliveryOutcome,
	DeliverySettlement,
	LogEntry,
	Outcome,
} from "../model/notification.ts";
import { flushSelf, selfCount } from "../peers/self-meter.ts";
import { ask, notifierStub } from "../peers/stubs.ts";
import type { ChannelIo } from "./channels/integration.ts";
import { parseDeliveryMessage } from "./delivery-message.ts";
import { saveLog } from "./history.ts";
import { openTarget } from "./opened.ts";

/** First wait before an outcome is reported again; it doubles. */
const REPORT_AGAIN_MS = 200;

/** The notifier, asked for several deliveries in one call. */
type Notifier = {
	readonly claims: Gathering<DeliveryMessage, Claim | null>;
	readonly outcomes: Gathering<DeliveryOutcome, DeliverySettlement | null>;
};

/** Delivers a batch. A message that comes twice is sent once: the notifier lets each hand-out be claimed once. */
export async function deliver(batch: MessageBatch<unknown>, env: Env, ctx: ExecutionContext): Promise<void> {
	const notifier: Notifier = {
		claims: new Gathering((messages) => claim(env, messages)),
		outcomes: new Gathering((outcomes) => report(env, outcomes)),
	};
	const attempts = await mapBounded(batch.messages, SENDS_AT_ONCE_MAX, async (message) => {
		try {
			return await attemptMessage(env, notifier, message.body);
		} catch (error) {
			// Only a mistake of ours comes here; the name alone is logged, since the text may hold an address.
			log("error", "an attempt broke", { error: error instanceof Error ? error.name : typeof error });
			return null;
		} finally {
			message.ack();
		}
	});
	const made = attempts.filter((attempt) => attempt !== null);
	for (const { delivery, outcome, settlement } of made) {
		selfCount("delivery_attempts", 1, { receiver: delivery.target, outcome: outcome.kind });
		if (settlement?.state === "dead") selfCount("deliveries_dead", 1, { receiver: delivery.target });
	}
	flushSelf(env, nowMs(), (promise) => ctx.waitUntil(promise));
	const entries = made.map((attempt): LogEntry => ({ kind: "attempt", attempt }));
	if (made.length > 0 && !(await saveLog(env.DB, entries))) {
		log("warn", "D1 did not take the log of deliveries", { attempts: made.length });
		await ask("the notifier", () => notifierStub(env).keepLog(entries), OUTCOME_REPORT_TIMEOUT_MS);
	}
}

/** One attempt: claim, send, report. Null: nothing was sent. */
async function attemptMessage(env: Env, notifier: Notifier, body: unknown): Promise<Attempt | null> {
	const message = parseDeliveryMessage(body);
	if (message === null) {
		log("error", "a message on the queue is not a delivery", {});
		return null;
	}
	const claimed = await notifier.claims.ask(message);
	if (claimed === null) return null;
	const { delivery } = claimed;
	const { attempt } = message;
	const startedMs = nowMs();
	const { outcome, payloadHash } = await sendOnce(env, claimed);
	const endedMs = nowMs();
	const { deliveryId } = message;
	const settlement = await notifier.outcomes.ask({ deliveryId, attempt, outcome, startedMs, endedMs });
	return { delivery, attempt, outcome, settlement, payloadHash, startedMs, endedMs };
}

/** What these hand-outs may send. No answer is a no: they will be handed out again. */
async function claim(env: Env, messages: readonly DeliveryMessage[]): Promise<readonly (Claim | null)[]> {
	const answer = await ask("the notifier", () => notifierStub(env).claims(messages), OUTCOME_REPORT_TIMEOUT_MS);
	return answer.ok ? answer.value : messages.map(() => null);
}

async function sendOnce(env: Env, claimed: Claim): Promise<{ outcome: Outcome; payloadHash: string }> {
	const { delivery, message, version } = claimed;
	const integration = await openTarget(env, delivery.target, version);
	if (typeof integration === "string") {
		// Its settings may come back: a secret that is being rotated is away for a moment.
		return { outcome: { kind: "retry", why: integration, httpStatus: null, retryAfterMs: null }, payloadHash: "" };
	}
	const body = integration.render(message);
	const attempt = { id: delivery.id, body, groupKey: message.groupKey, status: message.status };
	const outcome = await integration.send(attempt, channelIo(env));
	return { outcome, payloadHash: await sha256Hex(body) };
}

/** What a channel may use of the world. */
export function channelIo(env: object): ChannelIo {
	return {
		fetch: (input, init) => fetch(input, init),
		nowMs: Date.now(),
		timeoutMs: CHANNEL_TIMEOUT_MS,
		email: (env as { readonly EMAIL?: SendEmail }).EMAIL ?? null,
	};
}

/** Tells the notifier, with a fresh stub each time. Null: it was not reached, and will hand the delivery out again. */
async function report(env: Env, outcomes: readonly DeliveryOutcome[]): Promise<readonly (DeliverySettlement | null)[]> {
	for (let tries = 0; tries < OUTCOME_REPORTS_MAX; tries++) {
		if (tries > 0) await new Promise((resolve) => setTimeout(resolve, REPORT_AGAIN_MS * 2 ** (tries - 1)));
		const answer = await ask("the notifier", () => notifierStub(env).outcomes(outcomes), OUTCOME_REPORT_TIMEOUT_MS);
		if (answer.ok) return answer.value;
	}
	for (const { deliveryId } of outcomes) {
		log("error", "the outcome of a delivery could not be reported", { message_id: deliveryId });
	}
	return outcomes.map(() => null);
}

async function sha256Hex(text: string): Promise<string> {
	const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
	return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function log(level: "warn" | "error", message: string, more: Readonly<Record<string, unknown>>): void {
	console[level](
		JSON.stringify({ timestamp: new Date(nowMs()).toISOString(), level, type: "notify", message, ...more }),
	);
}
