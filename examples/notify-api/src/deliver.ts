/** The queue's consumer: "delivers" each message, and reports how it went. */
import { behaviour, sleep } from "./behaviour.ts";
import type { NotifyMessage } from "./message.ts";
import { monitorOf } from "./monitor.ts";
import { saveStatus } from "./store.ts";

/** How long a consumer that stands still looks after its messages before it goes on all the same. */
const STANDSTILL_MS_MAX = 60_000;
const LOOK_EVERY_MS = 200;

export async function deliverBatch(batch: MessageBatch<NotifyMessage>, env: NotifyEnv): Promise<void> {
	const startedMs = Date.now();
	while (behaviour().queuePaused && Date.now() - startedMs < STANDSTILL_MS_MAX) await sleep(LOOK_EVERY_MS);
	await Promise.all(batch.messages.map((message) => deliver(message.body, env)));
}

async function deliver(message: NotifyMessage, env: NotifyEnv): Promise<void> {
	// An API of your own calls its provider of e-mail or SMS here.
	await sleep(5 + Math.random() * 20 + behaviour().latencyMs);
	const status = Math.random() < behaviour().errorRate ? "failed" : "success";
	await saveStatus(env, message.messageId, status);
	monitorOf(env).message({
		messageId: message.messageId,
		userId: message.userId,
		channel: message.channel,
		template: message.template,
		status,
		latencyMs: Date.now() - message.acceptedMs,
		error: status === "failed" ? "the provider refused it" : null,
	});
}
