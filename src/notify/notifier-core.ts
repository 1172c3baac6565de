/**
 * What the notifier does by itself: says what is due, hands deliveries to the queue, tells homes and the log, and
 * sets the alarm for what comes next. The alarm may come twice, late or not at all: whoever calls `run` re-arms it.
 */
import { mapBounded } from "../lib/async.ts";
import { clockOffsetMs, nowMs } from "../lib/clock.ts";
import { DAY_MS, SECOND_MS, UNTOLD_PER_RUN_MAX, UNTOLD_RETRY_MS } from "../model/limits.ts";
import type { DeliveryMessage, LogEntry } from "../model/notification.ts";
import { backoffMs } from "./backoff.ts";
import { deadMessageLine } from "./channels/log-channel.ts";
import { nonceOf } from "./delivery-id.ts";
import type { Dead } from "./ledger.ts";
import { LogBook } from "./log-book.ts";
import { Notifier } from "./notifier.ts";
import { queueBatches } from "./queue-batches.ts";
import { liftCooldowns } from "./untold.ts";

/** An alarm that is this late will not come: a new one is set. */
const ALARM_OVERDUE_MS = 5 * SECOND_MS;

export class NotifierCore {
	readonly logBook: LogBook;
	readonly #ctx: DurableObjectState;
	readonly #env: Env;
	#notifier: Notifier;
	/** When the alarm will fire, as far as this instance knows; null: it does not. Setting it once too often is harmless. */
	#armedMs: number | null = null;
	/** Failed batches in a row; forgotten with the instance. */
	#queueFailures = 0;
	/** Whether an alert's home has still to be told that nobody could be reached. */
	#owing: boolean;
	/** Up to when silences were looked at for their beginnings and ends. */
	#silencesSeenMs = nowMs();

	constructor(ctx: DurableObjectState, env: Env) {
		this.#ctx = ctx;
		this.#env = env;
		this.#notifier = this.#build();
		this.logBook = new LogBook(ctx.storage.sql, env.DB, env);
		this.#owing = this.#notifier.ledger.storage.loadOwing(1).length > 0;
	}

	get notifier(): Notifier {
		return this.#notifier;
	}

	/** Variables and secrets of the deployment. */
	get variables(): Readonly<Record<string, unknown>> {
		return this.#env as unknown as Readonly<Record<string, unknown>>;
	}

	/** One move of the notifier. What was rolled back is not left in memory: the notifier is built anew from its tables. */
	move<T>(move: (notifier: Notifier) => T): T {
		try {
			return move(this.#notifier);
		} catch (error) {
			this.#notifier = this.#build();
			throw error;
		}
	}

	/** The alarm has come: there is none any more. */
	fired(): void {
		this.#armedMs = null;
	}

	/** Says what is due, and hands out what may leave. Twice or late is harmless. */
	async run(now: number): Promise<void> {
		this.#notifier.noteSilences(this.#silencesSeenMs, now);
		this.#silencesSeenMs = now;
		const told = this.move((notifier) => notifier.tell(now));
		this.log(told.log);
		const { messages, dead } = this.#notifier.ledger.handOut(now);
		for (const one of dead) {
			this.mourn(one, now);
			// No consumer writes this row.
			this.log([{ kind: "dead", delivery: one.delivery, error: one.error, atMs: now }]);
		}
		for (const batch of queueBatches(messages)) await this.#enqueue(batch, now);
		await this.#tellHomes(now);
		this.move((notifier) => notifier.sweep(now));
		this.arm(nowMs());
	}

	async #enqueue(batch: readonly DeliveryMessage[], now: number): Promise<void> {
		try {
			await this.#env.DELIVERIES.sendBatch(batch.map((body) => ({ body, contentType: "json" as const })));
			this.#queueFailures = 0;
		} catch {
			this.#notifier.ledger.takeBack(batch, now + backoffMs(++this.#queueFailures, Math.random(), null));
		}
	}

	/** Writes log rows, without anyone waiting. */
	log(entries: readonly LogEntry[]): void {
		if (entries.length > 0) this.#ctx.waitUntil(this.logBook.log(entries));
	}

	/** A delivery died: that is told to the log, to the homes of its alerts, and by an alert of its own. */
	mourn(dead: Dead, now: number): void {
		const { delivery, error } = dead;
		const message = this.#notifier.ledger.load(delivery.id)?.message;
		if (message !== undefined) console.error(deadMessageLine(message, delivery.id, delivery.attempts, error));
		this.#owing = this.#notifier.ledger.storage.loadOwing(1).length > 0;
		this.move((notifier) => notifier.mourn(dead, now));
	}

	async #tellHomes(now: number): Promise<void> {
		if (!this.#owing) return;
		const { storage } = this.#notifier.ledger;
		const owing = storage.loadOwing(UNTOLD_PER_RUN_MAX);
		const told = await mapBounded(owing, UNTOLD_PER_RUN_MAX, ({ message }) => liftCooldowns(this.#env, message));
		for (const [at, { seq, settledMs }] of owing.entries()) {
			// No cooldown lasts longer than a day.
			if (told[at] === true || now - settledMs > DAY_MS) storage.saveOwes(seq, false);
		}
		this.#owing = storage.loadOwing(1).length > 0;
	}

	/** Sets the alarm for what is due next, unless it comes soon enough already: each setting is a billed row. */
	arm(now: number): void {
		// It comes at once already: what is next need not be looked for.
		if (this.#armedMs !== null && this.#armedMs <= now && this.#armedMs > now - ALARM_OVERDUE_MS) return;
		const dueMs = this.#notifier.mutes.changed ? now : (this.#notifier.nextMs(now) ?? Number.POSITIVE_INFINITY);
		const nextMs = Math.max(now, Math.min(dueMs, this.#owing ? now + UNTOLD_RETRY_MS : dueMs));
		if (nextMs === Number.POSITIVE_INFINITY) return;
		if (this.#armedMs !== null && this.#armedMs <= nextMs && this.#armedMs > now - ALARM_OVERDUE_MS) return;
		this.#armedMs = nextMs;
		// The platform's clock is the real one.
		void this.#ctx.storage.setAlarm(nextMs - clockOffsetMs());
	}

	#build(): Notifier {
		const nonce = nonceOf(crypto.getRandomValues(new Uint8Array(8)));
		return new Notifier(this.#ctx.storage, this.variables, nonce, nowMs);
	}
}
