/**
 * Every delivery and where it stands: the table, and the lanes in memory above it. Each method is one synchronous move,
 * stored before memory follows, so that nothing comes in between. It speaks to nobody: no queue, no alarm, no clock.
 */

import type { Channel } from "../model/channel.ts";
import {
	DEAD_KEPT_MAX,
	DELIVERED_KEPT_MAX,
	EVENTS_REMEMBERED_MAX,
	EVENTS_REMEMBERED_MS,
	HANDOUTS_PER_RUN_MAX,
	LANE_WAITING_MAX,
	NOTIFIER_SWEEP_EVERY_MS,
	SEND_LEASE_MS,
} from "../model/limits.ts";
import type { Message } from "../model/message.ts";
import type {
	Delivery,
	DeliveryMessage,
	DeliveryOutcome,
	DeliverySettlement,
	DeliveryState,
} from "../model/notification.ts";
import { queueLeaseMs } from "./backoff.ts";
import type { Buckets } from "./bucket.ts";
import { deliveryId, nextSeq, seqOfDeliveryId } from "./delivery-id.ts";
import { EventRows } from "./event-rows.ts";
import { coalesce } from "./group/message.ts";
import { Lanes, laneOf, type Open } from "./lane.ts";
import { ReceiverRows } from "./receiver-rows.ts";
import { afterOutcome, isExhausted, type Move } from "./settle.ts";
import { NotifierStorage } from "./storage.ts";

/** A delivery that died, and why. */
export type Dead = { readonly delivery: Delivery; readonly error: string };

/** One message to one target. */
export type Outgoing = { readonly target: string; readonly channel: Channel; readonly message: Message };

/** What one outcome did. `dead` is set when the delivery died of it. */
export type Settled = { readonly settlement: DeliverySettlement | null; readonly dead: Dead | null };

export class Ledger {
	readonly storage: NotifierStorage;
	readonly receivers: ReceiverRows;
	readonly events: EventRows;
	readonly lanes: Lanes;
	readonly #transaction: (moves: () => void) => void;
	#lastSeq: number;
	#sweptMs = 0;
	#settledSinceSweep = 0;

	/** Reads what is open; the tables are there. `nonce`: becomes part of all ids, if there is none yet. */
	constructor(storage: DurableObjectStorage, nonce: string, buckets: Buckets | null = null) {
		this.storage = new NotifierStorage(storage.sql, nonce);
		this.receivers = new ReceiverRows(storage.sql);
		this.events = new EventRows(storage.sql);
		this.lanes = new Lanes(buckets);
		this.#transaction = (moves) => storage.transactionSync(moves);
		for (const open of this.storage.loadOpen()) this.lanes.put(open);
		this.#lastSeq = this.storage.lastSeq();
	}

	/**
	 * Stores what is to be said of one look at a group, before anything of it leaves. Where a lane is backed up, the message is
	 * made one with the last that never left. Runs within the caller's transaction; `put` follows when that is through.
	 */
	add(outgoing: readonly Outgoing[], nowMs: number): readonly Open[] {
		const opened: Open[] = [];
		let saidId: number | null = null;
		for (const { target, channel, message } of outgoing) {
			const lane = laneOf(target, message.groupKey);
			const last = this.lanes.lastWaiting(lane, LANE_WAITING_MAX);
			const before = last === null ? null : this.storage.message(last.seq);
			if (last !== null && before !== null) {
				this.storage.saveMessage(last.seq, coalesce(before, message));
				continue;
			}
			this.#lastSeq = nextSeq(this.#lastSeq, nowMs);
			saidId ??= this.#lastSeq;
			this.storage.saveNew({ seq: this.#lastSeq, saidId, target, channel, message, nowMs });
			opened.push({
				seq: this.#lastSeq,
				lane,
				target,
				phase: "pending",
				attempts: 0,
				lost: 0,
				nextMs: nowMs,
				firstMs: null,
			});
		}
		return opened;
	}

	/** Takes stored deliveries into the lanes. */
	put(opened: readonly Open[]): void {
		for (const open of opened) this.lanes.put(open);
	}

	/** What hand-out number `attempt` may send; null when it may not, or did already. */
	claim(
		deliveryId: string,
		attempt: number,
		nowMs: number,
	): { readonly delivery: Delivery; readonly message: Message } | null {
		const open = this.find(deliveryId);
		if (open === null || open.phase !== "queued" || open.attempts !== attempt) return null;
		const found = this.storage.loadWhole(open.seq);
		if (found === null) return null;
		this.#save({ ...open, phase: "sending", nextMs: nowMs + SEND_LEASE_MS });
		return { delivery: { ...found.delivery, state: "sending" }, message: found.message };
	}

	/** Moves a delivery by the outcome of an attempt. */
	settle({ deliveryId, attempt, outcome }: DeliveryOutcome, nowMs: number, random: number): Settled {
		const open = this.find(deliveryId);
		if (open === null) return { settlement: this.#settleLate(deliveryId, outcome.kind, nowMs), dead: null };
		// A later hand-out is being sent although an earlier one was accepted: the lane waits until it has ended.
		const isBeingSent = open.phase === "sending" && open.attempts !== attempt;
		const settled = this.#move(open, afterOutcome(open, attempt, outcome, nowMs, random), nowMs);
		if (settled.settlement?.state === "delivered" && isBeingSent) this.lanes.hold(open.lane, open.nextMs);
		return settled;
	}

	/** Marks what is due as handed out, before it is: what gets lost is noticed by its lease. Buries what has had its time. */
	handOut(nowMs: number): { readonly messages: readonly DeliveryMessage[]; readonly dead: readonly Dead[] } {
		const due = this.lanes.due(nowMs, HANDOUTS_PER_RUN_MAX);
		const outs: Open[] = [];
		const exhausted: Open[] = [];
		this.#transaction(() => {
			for (const open of due) {
				if (open.phase !== "pending" && isExhausted(open, nowMs)) {
					exhausted.push(open);
					continue;
				}
				const attempts = open.attempts + 1;
				// It was handed out already, and nothing was heard of it until its lease ended.
				const lost = open.phase === "pending" ? open.lost : open.lost + 1;
				const nextMs = nowMs + queueLeaseMs(lost);
				const out: Open = { ...open, phase: "queued", attempts, lost, nextMs, firstMs: open.firstMs ?? nowMs };
				this.storage.saveOpen(out);
				if (lost > open.lost) this.storage.saveLost(out.seq, lost);
				outs.push(out);
			}
		});
		for (const out of outs) this.lanes.put(out);
		const dead = exhausted.flatMap((open) => {
			const error = this.storage.load(open.seq)?.lastError ?? "no outcome was ever reported";
			return this.#move(open, { kind: "dead", error }, nowMs).dead ?? [];
		});
		const messages = outs.map(({ seq, attempts }) => ({
			deliveryId: deliveryId(seq, this.storage.nonce),
			attempt: attempts,
		}));
		return { messages, dead };
	}

	/** Takes hand-outs back that the queue refused. Its failure is not the receiver's: the number is used again. */
	takeBack(messages: readonly DeliveryMessage[], nextMs: number): void {
		const backs: Open[] = [];
		for (const { deliveryId, attempt } of messages) {
			const open = this.find(deliveryId);
			// Of two messages with one number, should the first have arrived all the same, one can be claimed.
			if (open === null || open.phase !== "queued" || open.attempts !== attempt) continue;
			backs.push({ ...open, phase: "pending", attempts: attempt - 1, nextMs });
		}
		this.#transaction(() => {
			for (const back of backs) this.storage.saveOpen(back, "the queue refused it");
		});
		for (const back of backs) this.lanes.put(back);
	}

	/** Opens a dead delivery again; answers the state in which it was found, null: not known. */
	replay(deliveryId: string, nowMs: number): DeliveryState | null {
		const seq = this.#seqOf(deliveryId);
		const found = this.storage.load(seq);
		if (found?.state !== "dead") return found?.state ?? null;
		const { target, groupKey, attempts } = found;
		const lane = laneOf(target, groupKey);
		const lost = this.storage.lostOf(seq);
		this.#save({ seq, lane, target, phase: "pending", attempts, lost, nextMs: nowMs, firstMs: null });
		return "dead";
	}

	/** Forgets what is beyond the bounds, now and then: a delete is billed as a write. */
	sweep(nowMs: number): void {
		if (nowMs - this.#sweptMs < NOTIFIER_SWEEP_EVERY_MS && this.#settledSinceSweep < DELIVERED_KEPT_MAX) return;
		this.#transaction(() => {
			this.storage.dropSettled("delivered", DELIVERED_KEPT_MAX);
			this.storage.dropSettled("dead", DEAD_KEPT_MAX);
			this.events.drop(nowMs - EVENTS_REMEMBERED_MS, EVENTS_REMEMBERED_MAX);
		});
		this.#sweptMs = nowMs;
		this.#settledSinceSweep = 0;
	}

	idOf(seq: number): string {
		return deliveryId(seq, this.storage.nonce);
	}

	/** A delivery by its id, whatever became of it. */
	load(id: string): { readonly delivery: Delivery; readonly message: Message } | null {
		return this.storage.loadWhole(this.#seqOf(id));
	}

	/** An open delivery by its id; null: settled, or not ours. */
	find(deliveryId: string): Open | null {
		return this.lanes.get(this.#seqOf(deliveryId));
	}

	/** An outcome of what is settled already: accepted after it was given up for dead is accepted. */
	#settleLate(deliveryId: string, kind: string, nowMs: number): DeliverySettlement | null {
		const seq = this.#seqOf(deliveryId);
		const found = this.storage.load(seq);
		if (found === null) return null;
		if (found.state !== "dead" || kind !== "delivered") return { state: found.state, nextMs: null };
		this.#transaction(() => this.storage.saveDelivered(seq, found.target, nowMs));
		return { state: "delivered", nextMs: null };
	}

	#move(open: Open, move: Move, nowMs: number): Settled {
		if (move.kind === "ignore") {
			const state = open.phase === "pending" ? "pending" : "sending";
			return { settlement: { state, nextMs: open.nextMs }, dead: null };
		}
		if (move.kind === "again") {
			this.#save({ ...open, phase: "pending", nextMs: move.nextMs }, move.error);
			return { settlement: { state: "pending", nextMs: move.nextMs }, dead: null };
		}
		const dead = move.kind === "dead" ? this.#bury(open, move.error, nowMs) : null;
		if (dead === null) this.#transaction(() => this.storage.saveDelivered(open.seq, open.target, nowMs));
		this.lanes.remove(open.seq);
		this.#settledSinceSweep++;
		return { settlement: { state: move.kind, nextMs: null }, dead };
	}

	/** A dead letter is kept and counted; when nobody heard that the alerts fire, their homes are owed the news. */
	#bury(open: Open, error: string, nowMs: number): Dead | null {
		const delivery = this.storage.load(open.seq);
		this.#transaction(() => {
			this.storage.saveDead(open.seq, open.target, nowMs, error);
			if (delivery?.status !== "firing") return;
			if (!this.storage.isReachable(delivery.saidSeq, "log")) this.storage.saveOwes(open.seq, true);
		});
		return delivery === null ? null : { delivery, error };
	}

	#save(open: Open, error?: string): void {
		this.storage.saveOpen(open, error);
		this.lanes.put(open);
	}

	/** -1, which no delivery has, for an id that is not ours. */
	#seqOf(deliveryId: string): number {
		return seqOfDeliveryId(deliveryId, this.storage.nonce) ?? -1;
	}
}
