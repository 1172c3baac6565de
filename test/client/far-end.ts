/** What the tests of the client need of the far end: a transport that answers as told, and a clock that is moved by hand. */
import type { Clock } from "../../src/client/clock.ts";
import type { Outcome, Transport } from "../../src/client/transport.ts";
import type { AppMessage, MessagesReceipt } from "../../src/model/app-message.ts";
import type { Batch } from "../../src/model/batch.ts";
import type { Receipt } from "../../src/model/receipt.ts";

export const START_MS = 1_790_000_000_000;

/** A clock on which a sleep passes at once, and is written down. */
export class HandClock implements Clock {
	ms = START_MS;
	readonly slept: number[] = [];
	/** What `random` gives; the middle by default. */
	chance = 0.5;
	#count = 0;
	readonly nowMs = () => this.ms;
	readonly random = () => this.chance;
	readonly sleep = async (ms: number) => {
		this.slept.push(ms);
		this.ms += ms;
	};
	readonly randomBytes = (count: number) => new Uint8Array(count).fill(++this.#count);
}

export function receiptOf(batch: Batch, changes: Partial<Receipt> = {}): Receipt {
	const accepted = batch.parts.reduce((sum, part) => sum + part.values.length, 0);
	return { batchId: batch.id, accepted, overflowed: 0, duplicate: false, dropped: 0, drops: [], ...changes };
}

/** A far end that gives the outcomes it was told, then accepts everything. */
export class FarEnd implements Transport {
	readonly batches: Batch[] = [];
	readonly sentMessages: (readonly AppMessage[])[] = [];
	readonly outcomes: Outcome<Receipt>[] = [];

	async record(batch: Batch): Promise<Outcome<Receipt>> {
		this.batches.push(batch);
		return this.outcomes.shift() ?? { kind: "accepted", value: receiptOf(batch) };
	}

	async messages(messages: readonly AppMessage[]): Promise<Outcome<MessagesReceipt>> {
		this.sentMessages.push(messages);
		return { kind: "accepted", value: { accepted: messages.length, dropped: 0 } };
	}
}

/** The values of one metric in batches, by its label key. */
export function valuesOf(batches: Batch | readonly Batch[], name: string): Record<string, number[]> {
	const values: Record<string, number[]> = {};
	for (const part of [batches].flat().flatMap((batch) => (batch as Batch).parts)) {
		if (part.name !== name) continue;
		for (const [i, key] of part.labels.entries())
			values[key] = [...(values[key] ?? []), ...part.values.subarray(part.ends[i - 1] ?? 0, part.ends[i])];
	}
	return values;
}
