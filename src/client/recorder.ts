/**
 * One for each isolate and target: takes samples and messages of all requests, and sends them in one batch when a flush is
 * due. The request that records first after a flush promises the next one in its `waitUntil`; a promise that its request
 * could not keep runs out. No request ever awaits what another one began. Never throws into the host.
 */
import * as v from "valibot";
import { err, ok, type Result } from "../lib/result.ts";
import { parseUuid7, UUID7_RANDOM_BYTES, uuid7 } from "../lib/uuid7.ts";
import { type AppMessage, AppMessageSchema, type MessagesReceipt } from "../model/app-message.ts";
import type { Batch, MetricPart } from "../model/batch.ts";
import { labelsKey } from "../model/labels.ts";
import { CLIENT_LEASE_GRACE_MS, MESSAGES_PER_CALL_MAX } from "../model/limits.ts";
import type { Receipt } from "../model/receipt.ts";
import { Buffer, type Entry, partOfEntry } from "./buffer.ts";
import type { Clock } from "./clock.ts";
import { type Parcel, Sender } from "./sender.ts";
import type { ClientDropReason, Tally } from "./tally.ts";
import type { Transport } from "./transport.ts";

/** Extends the life of the request that it belongs to: `ctx.waitUntil`. */
export type WaitUntil = (promise: Promise<unknown>) => void;

/** Why a sample that was to be durable is not known to be. Unless it was refused, it may have been counted all the same. */
export type DurableFailure = { readonly reason: ClientDropReason; readonly detail: string };

export type RecorderSettings = {
	readonly flushEveryMs: number;
	readonly flushAtSamples: number;
	readonly clock: Clock;
};

export class Recorder {
	readonly tally: Tally;
	readonly clock: Clock;
	readonly #transport: Transport;
	readonly #settings: RecorderSettings;
	readonly #buffer = new Buffer();
	readonly #sender: Sender;
	#messages: AppMessage[] = [];
	/** Until then some request has promised to flush. */
	#leaseUntilMs = 0;

	constructor(transport: Transport, settings: RecorderSettings, tally: Tally) {
		this.#transport = transport;
		this.#settings = settings;
		this.tally = tally;
		this.clock = settings.clock;
		this.#sender = new Sender(settings.clock, tally);
	}

	/** Takes one sample. Null for `waitUntil`: it waits for a flush that another call brings about. */
	add(entry: Entry, waitUntil: WaitUntil | null): void {
		this.tally.recorded++;
		try {
			const refusal = this.#buffer.add(entry, this.clock.nowMs());
			if (refusal !== null) this.tally.drop(refusal.reason, 1, refusal.detail);
			this.#schedule(waitUntil);
		} catch (thrown) {
			this.tally.drop("invalid", 1, `a label or a value throws when it is read: ${nameOf(thrown)}`);
		}
	}

	/** Takes one message for the history. Answers it as it will be sent, or null if it was dropped. */
	addMessage(input: unknown, waitUntil: WaitUntil | null): AppMessage | null {
		try {
			const createdMs = this.clock.nowMs();
			const parsed = v.safeParse(AppMessageSchema, { createdMs, ...(input as object) });
			if (!parsed.success) {
				this.tally.drop("invalid", 1, `message: ${v.getDotPath(parsed.issues[0])} ${parsed.issues[0].message}`);
				return null;
			}
			if (this.#messages.length < MESSAGES_PER_CALL_MAX) this.#messages.push(parsed.output);
			else this.tally.drop("buffer_full", 1, `more than ${MESSAGES_PER_CALL_MAX} messages between two flushes`);
			this.#schedule(waitUntil);
			return parsed.output;
		} catch (thrown) {
			this.tally.drop("invalid", 1, `a field of a message throws when it is read: ${nameOf(thrown)}`);
			return null;
		}
	}

	/** Sends one sample by itself and waits until it is durable, through short pauses too. Never rejects. */
	async durable(entry: Entry): Promise<Result<Receipt, DurableFailure>> {
		this.tally.recorded++;
		let settled: Result<Receipt, DurableFailure> = err({ reason: "unreachable", detail: "no attempt ended in time" });
		try {
			const sealed = partOfEntry(entry, this.clock.nowMs());
			if ("reason" in sealed) {
				this.tally.drop(sealed.reason, 1, sealed.detail);
				return err(sealed);
			}
			const parcel = this.#batchParcel(sealed.parts, 1, sealed.bytes, new Map());
			const sender = new Sender(this.clock, this.tally);
			sender.push({
				...parcel,
				accepted: (value) => {
					parcel.accepted(value);
					settled = ok(value as Receipt);
				},
				lost: (reason, detail) => {
					parcel.lost(reason, detail);
					settled = err({ reason, detail });
				},
			});
			await sender.deliver();
			if (sender.size > 0) parcel.lost("unreachable", "Perdure asked for a longer pause than a request can wait");
		} catch (thrown) {
			this.tally.drop("invalid", 1, `could not be sent: ${nameOf(thrown)}`);
		}
		return settled;
	}

	/**
	 * Sends what was recorded, and what is due for another attempt. Resolves when this call's own attempts have ended,
	 * whatever came of them; what another request sends at this moment is not waited for. Never rejects.
	 */
	async flush(): Promise<void> {
		try {
			this.#pack();
			await this.#sender.deliver();
		} catch (thrown) {
			this.tally.warnOnce("flush", `a flush failed: ${nameOf(thrown)}`);
		}
	}

	#schedule(waitUntil: WaitUntil | null): void {
		if (waitUntil === null) return;
		const nowMs = this.clock.nowMs();
		const full = this.#buffer.samples >= this.#settings.flushAtSamples;
		if (!full && nowMs < this.#leaseUntilMs) return;
		if (!full) this.#leaseUntilMs = nowMs + this.#settings.flushEveryMs + CLIENT_LEASE_GRACE_MS;
		try {
			waitUntil(full ? this.flush() : this.#flushLater());
		} catch (thrown) {
			// The request is over, or there is none: the next one that records takes it on.
			this.#leaseUntilMs = 0;
			this.tally.warnOnce("waitUntil", `no request to flush in: ${nameOf(thrown)}`);
		}
	}

	async #flushLater(): Promise<void> {
		try {
			await this.clock.sleep(this.#settings.flushEveryMs);
		} finally {
			this.#leaseUntilMs = 0;
		}
		await this.flush();
	}

	/** Makes parcels of what is buffered. Synchronous, so that two flushes at once cannot take the same sample. */
	#pack(): void {
		if (this.#buffer.samples > 0) {
			const { parts, samples, bytes } = this.#buffer.seal();
			const report = this.tally.takeUnreported();
			const all = report.size === 0 ? parts : [...parts, reportPart(report, this.clock.nowMs())];
			this.#sender.push(this.#batchParcel(all, samples, bytes, report));
		}
		if (this.#messages.length > 0) {
			const messages = this.#messages;
			this.#messages = [];
			this.#sender.push(this.#messageParcel(messages));
		}
	}

	#batchParcel(
		parts: readonly MetricPart[],
		samples: number,
		bytes: number,
		report: ReadonlyMap<ClientDropReason, number>,
	): Parcel {
		const batch = batchOf(parts, this.clock);
		return {
			createdMs: batch.createdMs,
			bytes,
			attempt: () => this.#transport.record(batch),
			accepted: (value) => this.tally.receive(value as Receipt, samples),
			lost: (reason, detail) => {
				this.tally.restore(report);
				this.tally.drop(reason, samples, detail);
			},
		};
	}

	#messageParcel(messages: readonly AppMessage[]): Parcel {
		return {
			createdMs: this.clock.nowMs(),
			bytes: messages.reduce((sum, one) => sum + JSON.stringify(one).length * 3, 0),
			attempt: () => this.#transport.messages(messages),
			accepted: (value) => {
				const dropped = Math.min(Number((value as Partial<MessagesReceipt> | null)?.dropped) || 0, messages.length);
				this.tally.messagesSent += messages.length - dropped;
				this.tally.drop("refused", dropped, "messages: Perdure did not take them");
			},
			lost: (reason, detail) => this.tally.drop(reason, messages.length, `messages: ${detail}`),
		};
	}
}

function batchOf(parts: readonly MetricPart[], clock: Clock): Batch {
	const createdMs = clock.nowMs();
	const id = parseUuid7(uuid7(createdMs, clock.randomBytes(UUID7_RANDOM_BYTES)))?.hex ?? "";
	return { id, createdMs, timed: true, parts };
}

/** Not `perdure.*`: those names are refused from callers. In PromQL it reads perdure_client_dropped all the same. */
const REPORT_NAME = "perdure_client.dropped";

/** What the client dropped since the last batch. */
function reportPart(report: ReadonlyMap<ClientDropReason, number>, nowMs: number): MetricPart {
	return {
		name: REPORT_NAME,
		kind: "counter",
		unit: null,
		help: "Samples that the client had to drop, by reason.",
		labels: [...report.keys()].map((reason) => labelsKey({ reason })),
		ends: [...report.keys()].map((_, index) => index + 1),
		values: Float64Array.from(report.values()),
		timestampsMs: new Float64Array(report.size).fill(nowMs),
	};
}

/** An error's name: its message may hold what is not ours to log. */
function nameOf(thrown: unknown): string {
	return thrown instanceof Error ? thrown.name : typeof thrown;
}
