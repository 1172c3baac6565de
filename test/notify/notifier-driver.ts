/**
 * The notifier's notifier on the storage of an object, without alarm and queue: the clock is the test's, an eviction is a notifier built
 * anew from its tables, and every delivery is accepted as soon as it leaves. What it said is kept in order.
 */

import type { PostedAlert, SilenceWish } from "../../src/model/alerting-rpc.ts";
import type { Message } from "../../src/model/message.ts";
import type { Silence } from "../../src/model/routing.ts";
import { putConfigFile } from "../../src/notify/config-desk.ts";
import { Notifier } from "../../src/notify/notifier.ts";

/** One message, as short as it can be compared. */
export type Said = {
	readonly atMs: number;
	readonly target: string;
	readonly groupKey: string;
	readonly alerts: readonly string[];
	readonly cause: string;
};

/** Runs of the clock without a pause: above it the notifier would keep itself awake. */
const RUNS_AT_ONE_TIME_MAX = 50;
/** No two evictions are nearer to each other. */
const EVICTED_AGAIN_MS = 10;

export class NotifierDriver {
	readonly said: Said[] = [];
	notifier: Notifier;
	nowMs: number;
	looks = 0;
	/** Built anew before every step. */
	evicting = false;
	readonly #storage: DurableObjectStorage;
	readonly #variables: Readonly<Record<string, unknown>>;
	#seenMs: number;
	#evictedMs = 0;

	constructor(storage: DurableObjectStorage, nowMs: number, variables: Readonly<Record<string, unknown>> = {}) {
		this.#storage = storage;
		this.#variables = variables;
		this.nowMs = nowMs;
		this.#seenMs = nowMs;
		this.notifier = this.#build();
	}

	evict(): void {
		this.notifier = this.#build();
		// As the object itself: what began or ended while it slept is seen by reading the tables.
		this.#seenMs = this.nowMs;
	}

	configure(text: string): void {
		const put = putConfigFile(this.notifier, this.#variables, text, this.nowMs);
		if (!put.ok) throw new Error(JSON.stringify(put.failure));
		this.settle();
	}

	post(...alerts: readonly PostedAlert[]): void {
		this.#step();
		const { issues } = this.notifier.post(alerts, this.nowMs);
		if (issues.length > 0) throw new Error(JSON.stringify(issues));
		this.settle();
	}

	silence(wish: Partial<SilenceWish> & Pick<Silence, "matchers" | "endsAtMs">, newId = crypto.randomUUID()): string {
		this.#step();
		const whole: SilenceWish = {
			id: null,
			startsAtMs: this.nowMs,
			createdBy: "ann",
			comment: "",
			recurring: null,
			remindBeforeMs: null,
			...wish,
		};
		const put = this.notifier.silences.put(whole, newId, this.nowMs);
		if (!put.ok) throw new Error(JSON.stringify(put.failure));
		this.notifier.mutes.changed = true;
		this.settle();
		return put.value;
	}

	expire(id: string): boolean {
		this.#step();
		const ended = this.notifier.expireSilence(id, this.nowMs).ok;
		this.notifier.mutes.changed ||= ended;
		this.settle();
		return ended;
	}

	acknowledge(groupKey: string, by: string): boolean {
		this.#step();
		const done = this.notifier.acknowledge(groupKey, by, "", this.nowMs);
		this.settle();
		return done;
	}

	/** Lets the clock run; whatever comes due meanwhile is done at its time. */
	advance(ms: number): void {
		const endMs = this.nowMs + ms;
		for (let runs = 0; ; runs++) {
			this.#step();
			const nextMs = this.#nextMs();
			if (nextMs === null || nextMs > endMs) break;
			if (runs > RUNS_AT_ONE_TIME_MAX + ms / 200) throw new Error(`it wakes all the time: ${runs} times`);
			this.nowMs = Math.max(this.nowMs, nextMs);
			this.#run();
		}
		this.nowMs = endMs;
	}

	/** Does what is due now. */
	settle(): void {
		for (let runs = 0; ; runs++) {
			this.#step();
			const nextMs = this.#nextMs();
			if (nextMs === null || nextMs > this.nowMs) return;
			if (runs > RUNS_AT_ONE_TIME_MAX) throw new Error(`it is never done: ${runs} times`);
			this.#run();
		}
	}

	/** What was said since the last call: `minutes target status:names`, in order. */
	take(): Said[] {
		return this.said.splice(0);
	}

	#nextMs(): number | null {
		return this.notifier.mutes.changed ? this.nowMs : this.notifier.nextMs(this.nowMs);
	}

	#run(): void {
		this.notifier.noteSilences(this.#seenMs, this.nowMs);
		this.#seenMs = this.nowMs;
		this.notifier.tell(this.nowMs);
		this.looks++;
		for (;;) {
			const { messages } = this.notifier.ledger.handOut(this.nowMs);
			if (messages.length === 0) break;
			for (const { deliveryId, attempt } of messages) this.#deliver(deliveryId, attempt);
		}
		this.notifier.sweep(this.nowMs);
	}

	#deliver(deliveryId: string, attempt: number): void {
		const claim = this.notifier.ledger.claim(deliveryId, attempt, this.nowMs);
		if (claim === null) throw new Error("what was handed out can be claimed");
		this.said.push(saidOf(claim.delivery.target, claim.message));
		const outcome = { kind: "delivered", httpStatus: 200 } as const;
		this.notifier.ledger.settle({ deliveryId, attempt, outcome, startedMs: 0, endedMs: 0 }, this.nowMs, 0);
	}

	#step(): void {
		// A notifier that was just built looks on its next tick at what is muted, and then has to get on.
		if (!this.evicting || Math.abs(this.nowMs - this.#evictedMs) < EVICTED_AGAIN_MS) return;
		this.#evictedMs = this.nowMs;
		this.evict();
	}

	#build(): Notifier {
		return new Notifier(this.#storage, this.#variables, "0".repeat(16), () => this.nowMs);
	}
}

export function saidOf(target: string, message: Message): Said {
	const alerts = message.alerts.map(({ labels, status }) => `${labelText(labels)}:${status}`).sort();
	return { atMs: message.createdMs, target, groupKey: message.groupKey, alerts, cause: message.cause };
}

export function labelText(labels: Readonly<Record<string, string>>): string {
	return Object.keys(labels)
		.sort()
		.map((name) => `${name}=${labels[name]}`)
		.join(",");
}
