/** The queue's consumer: "delivers" each message, and reports how it went. */
import { behaviour, sleep } from "./behaviour.ts";
import type { NotifyMessage } from "./message.ts";
import { monitorOf } from "./monitor.ts";
import { saveStatus } from "./store.ts";

const PAUSE_S = 2;

export async function deliverBatch(batch: MessageBatch<NotifyMessage>, env: NotifyEnv): Promise<void> {
	if (behaviour().queuePaused) {
		batch.retryAll({ delaySeconds: PAUSE_S });
		return;
	}
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
