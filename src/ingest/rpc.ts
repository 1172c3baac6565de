/**
 * The way in for Workers that bind Perdure as a service: `{ binding = "PERDURE", service = "perdure", entrypoint =
 * "Recorder" }`. A binding is a permission, so there is no token. It never throws into the caller: failures are values.
 */
import { WorkerEntrypoint } from "cloudflare:workers";
import { nowMs } from "../lib/clock.ts";
import { err, type Result } from "../lib/result.ts";
import type { AppMessage, MessagesReceipt } from "../model/app-message.ts";
import type { Batch } from "../model/batch.ts";
import { type Failure, invalid } from "../model/errors.ts";
import type { Receipt } from "../model/receipt.ts";
import type { RecorderApi } from "../model/recorder-api.ts";
import { flushSelf } from "../peers/self-meter.ts";
import { identityOf } from "./batch.ts";
import { saveMessages } from "./messages.ts";
import { countRejected, record } from "./record.ts";
import { readParts } from "./wire.ts";

export class Recorder extends WorkerEntrypoint<Env> implements RecorderApi {
	/** Counts a batch once; acknowledged when it is durable. Called twice with the same id it changes nothing. */
	async record(batch: Batch): Promise<Result<Receipt, Failure>> {
		return this.#answer("batch", async (now) => {
			if (typeof batch !== "object" || batch === null) return err(invalid("", "a batch must be an object"));
			const identity = identityOf(batch.id, batch.timed, now);
			if (!identity.ok) return identity;
			const intake = readParts(batch.parts);
			return intake.ok ? record(this.env, identity.value, intake.value, now) : intake;
		});
	}

	/** Takes an application's own messages into the history. Called twice it changes nothing: a message has one row. */
	async messages(messages: readonly AppMessage[]): Promise<Result<MessagesReceipt, Failure>> {
		return this.#answer("messages", (now) => saveMessages(this.env, messages, now));
	}

	/** What goes wrong in us is no exception in the caller's Worker. */
	async #answer<T>(what: string, call: (now: number) => Promise<Result<T, Failure>>): Promise<Result<T, Failure>> {
		const now = nowMs();
		let answer: Result<T, Failure>;
		try {
			answer = await call(now);
		} catch (error) {
			console.error({ message: `recorder: ${what} failed`, error: String(error) });
			answer = err({ code: "unavailable", what: "recorder", retryAfterS: 1 });
		}
		if (!answer.ok) countRejected(answer.failure.code);
		flushSelf(this.env, now, (promise) => this.ctx.waitUntil(promise));
		return answer;
	}
}
