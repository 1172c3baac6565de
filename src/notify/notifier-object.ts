/**
 * The notifier: owns every delivery from the moment an event is handed over until a receiver accepted it or it is dead.
 * Its table is the truth, its alarm is the retry clock; the queue only executes. It never knows how a rule is judged, and
 * never waits for a receiver or for D1.
 */
import { DurableObject } from "cloudflare:workers";
import { saveNotificationLogs } from "../db/notification-logs.ts";
import { mapBounded } from "../lib/async.ts";
import { clockOffsetMs, nowMs } from "../lib/clock.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { AlertEvent } from "../model/alert.ts";
import type { Failure } from "../model/errors.ts";
import { DAY_MS, DELIVERIES_PER_LIST_MAX, SECOND_MS, UNTOLD_PER_RUN_MAX, UNTOLD_RETRY_MS } from "../model/limits.ts";
import type {
	Delivery,
	DeliveryMessage,
	DeliveryOutcome,
	DeliverySettlement,
	DeliveryState,
	NotifierApi,
	ReceiverHealth,
} from "../model/notification.ts";
import { backoffMs } from "./backoff.ts";
import { deadLine } from "./channels/log.ts";
import { nonceOf } from "./delivery-id.ts";
import { deadRow } from "./history.ts";
import { Ledger } from "./ledger.ts";
import { queueBatches } from "./queue-batches.ts";
import { receiverHealth } from "./receiver-health.ts";
import { receiversOf } from "./receivers.ts";
import { liftCooldown } from "./untold.ts";

/** An alarm that is this late will not come: a new one is set. */
const ALARM_OVERDUE_MS = 5 * SECOND_MS;

export class NotifierObject extends DurableObject<Env> implements NotifierApi {
	readonly #ledger: Ledger;
	/** When the alarm will fire, as far as this instance knows; null: it does not. Setting it once too often is harmless. */
	#armedMs: number | null = null;
	/** Failed batches in a row; forgotten with the instance. */
	#queueFailures = 0;
	/** Whether an alert's home has still to be told that nobody could be reached. */
	#owing: boolean;

	constructor(ctx: DurableObjectState, env: Env) {
		super(ctx, env);
		this.#ledger = new Ledger(ctx.storage, nonceOf(crypto.getRandomValues(new Uint8Array(8))));
		this.#owing = this.#ledger.storage.loadOwing(1).length > 0;
	}

	/** Twice is harmless: an event is known by its id. What is beyond a bound is not in the answer, and comes again. */
	async accept(events: readonly AlertEvent[]): Promise<Result<readonly string[], Failure>> {
		const now = nowMs();
		const ids = this.#ledger.take(events, receiversOf(this.env), now);
		this.#arm(now);
		if (ids.length > 0 || events.length === 0) return ok(ids);
		return err({ code: "overloaded", reason: "too many deliveries wait already", retryAfterS: 60 });
	}

	/** Twice is harmless: the second is refused, and the delivery is handed out again if the first came to nothing. */
	async claim(deliveryId: string, attempt: number): Promise<boolean> {
		return this.#ledger.claim(deliveryId, attempt, nowMs());
	}

	/** Twice is harmless: after the first the delivery has moved on, and the second is of an earlier hand-out. */
	async outcome(outcome: DeliveryOutcome): Promise<DeliverySettlement | null> {
		const now = nowMs();
		const { settlement, dead } = this.#ledger.settle(outcome, now, Math.random());
		if (dead !== null) this.#tellDead(dead.delivery, dead.error);
		this.#arm(now);
		return settlement;
	}

	/** Twice or late is harmless: whatever is due leaves, and what is on its way does not leave again. */
	async tick(): Promise<void> {
		await this.#run(nowMs());
	}

	/** As `tick`. */
	override async alarm(): Promise<void> {
		this.#armedMs = null;
		await this.#run(nowMs());
	}

	async receivers(): Promise<readonly ReceiverHealth[]> {
		const { storage, lanes } = this.#ledger;
		return receiverHealth(receiversOf(this.env), {
			rows: storage.receivers(),
			open: lanes.byReceiver(),
			dead: storage.deadByReceiver(),
			errors: storage.openErrors(),
		});
	}

	async deliveries(state: DeliveryState | null, limit: number): Promise<readonly Delivery[]> {
		const bounded = Math.min(Math.max(1, Math.floor(limit) || 1), DELIVERIES_PER_LIST_MAX);
		return this.#ledger.storage.list(state, bounded);
	}

	/** Twice is harmless: the second finds no dead delivery. It has its day anew, but not its hand-outs. */
	async replay(deliveryId: string): Promise<Result<null, Failure>> {
		const now = nowMs();
		const found = this.#ledger.replay(deliveryId, now);
		if (found === null) return err({ code: "not_found", what: "delivery" });
		if (found !== "dead") return err({ code: "conflict", reason: `the delivery is ${found}, not dead` });
		this.#arm(now);
		return ok(null);
	}

	async #run(now: number): Promise<void> {
		const { messages, dead } = this.#ledger.handOut(now);
		for (const { delivery, error } of dead) {
			this.#tellDead(delivery, error);
			// No consumer writes this row.
			this.ctx.waitUntil(saveNotificationLogs(this.env.DB, [deadRow(delivery, error, now)]));
		}
		for (const batch of queueBatches(messages)) await this.#enqueue(batch, now);
		await this.#tellHomes(now);
		this.#ledger.sweep(now);
		this.#arm(nowMs());
	}

	async #enqueue(batch: readonly DeliveryMessage[], now: number): Promise<void> {
		try {
			// Structured clone, since JSON has no NaN.
			await this.env.DELIVERIES.sendBatch(batch.map((body) => ({ body, contentType: "v8" as const })));
			this.#queueFailures = 0;
		} catch {
			this.#ledger.takeBack(batch, now + backoffMs(++this.#queueFailures, Math.random(), null));
		}
	}

	#tellDead(delivery: Delivery, error: string): void {
		console.error(deadLine(delivery, error));
		this.#owing = this.#ledger.storage.loadOwing(1).length > 0;
	}

	async #tellHomes(now: number): Promise<void> {
		if (!this.#owing) return;
		const { storage } = this.#ledger;
		const owing = storage.loadOwing(UNTOLD_PER_RUN_MAX);
		const told = await mapBounded(owing, UNTOLD_PER_RUN_MAX, ({ event }) => liftCooldown(this.env, event));
		for (const [at, { seq, settledMs }] of owing.entries()) {
			// No cooldown lasts longer than a day.
			if (told[at] === true || now - settledMs > DAY_MS) storage.saveOwes(seq, false);
		}
		this.#owing = storage.loadOwing(1).length > 0;
	}

	/** Sets the alarm for what is due next, unless it comes soon enough already: each setting is a billed row. */
	#arm(now: number): void {
		const leavesMs = this.#ledger.lanes.nextMs() ?? Number.POSITIVE_INFINITY;
		const nextMs = Math.max(now, Math.min(leavesMs, this.#owing ? now + UNTOLD_RETRY_MS : leavesMs));
		if (nextMs === Number.POSITIVE_INFINITY) return;
		if (this.#armedMs !== null && this.#armedMs <= nextMs && this.#armedMs > now - ALARM_OVERDUE_MS) return;
		this.#armedMs = nextMs;
		// The platform's clock is the real one.
		void this.ctx.storage.setAlarm(nextMs - clockOffsetMs());
	}
}
