/** Hand-outs that are lost with a process: they cost the receiver no patience, and still they have an end. Over the real tables. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import {
	DELIVERED_KEPT_MAX,
	DELIVERY_ATTEMPTS_MAX,
	DELIVERY_BACKOFF_BASE_MS,
	NOTIFIER_SWEEP_EVERY_MS,
	QUEUE_LEASE_MS,
	QUEUE_LEASE_MS_MAX,
	SEND_LEASE_MS,
} from "../../src/model/limits.ts";
import type { DeliveryMessage, Outcome } from "../../src/model/notification.ts";
import { Ledger } from "../../src/notify/ledger.ts";
import { message } from "./receiver.ts";

const NONCE = "0".repeat(16);
/** As much chance as there is: what is waited is the ceiling. */
const MOST = 0.999_999_999;
const RETRY: Outcome = { kind: "retry", why: "http 503", httpStatus: 503, retryAfterMs: null };
const OK: Outcome = { kind: "delivered", httpStatus: 200 };

let count = 0;
/** A ledger with one delivery; `crash` builds it anew from its tables. */
async function withLedger(play: (world: World) => void): Promise<void> {
	await runInDurableObject(env.NOTIFIER.getByName(`lost-${count++}`), (_, { storage }) => play(new World(storage)));
}

class World {
	readonly storage: DurableObjectStorage;
	ledger: Ledger;
	nowMs = 1_000;
	id = "";

	constructor(storage: DurableObjectStorage) {
		this.storage = storage;
		this.ledger = new Ledger(storage, NONCE);
		this.ledger.put(this.ledger.add([{ target: "ops/0", channel: "webhook", message: message("Lost") }], this.nowMs));
	}

	crash(): void {
		this.ledger = new Ledger(this.storage, NONCE);
	}

	/** What leaves when it is time. */
	handOut(): DeliveryMessage | null {
		this.nowMs = Math.max(this.nowMs, this.ledger.lanes.nextMs(this.nowMs) ?? this.nowMs);
		const [out] = this.ledger.handOut(this.nowMs).messages;
		this.id = out?.deliveryId ?? this.id;
		return out ?? null;
	}

	/** It leaves, is claimed, and is answered so. */
	answer(outcome: Outcome) {
		const out = this.handOut();
		if (out === null) throw new Error("nothing leaves");
		expect(this.ledger.claim(out.deliveryId, out.attempt, this.nowMs)).not.toBeNull();
		const heard = { ...out, outcome, startedMs: this.nowMs, endedMs: this.nowMs };
		return this.ledger.settle(heard, this.nowMs, MOST).settlement;
	}

	/** It leaves, is claimed, and the process ends. */
	loseSent(): void {
		const out = this.handOut();
		if (out === null) throw new Error("nothing leaves");
		expect(this.ledger.claim(out.deliveryId, out.attempt, this.nowMs)).not.toBeNull();
		this.crash();
	}

	lostRows(): number {
		return this.storage.sql.exec<{ n: number }>("SELECT count(*) AS n FROM lost").one().n;
	}
}

describe("a delivery whose hand-outs are lost", () => {
	it("waits after the receiver's first failure as after a first failure, however often the process ended before", async () => {
		await withLedger((world) => {
			for (let i = 0; i < 12; i++) world.loseSent();
			expect(world.ledger.find(world.id)).toMatchObject({ attempts: 12, lost: 11 });
			const first = world.answer(RETRY);
			expect(first).toEqual({ state: "pending", nextMs: world.nowMs + DELIVERY_BACKOFF_BASE_MS });
			world.crash();
			const second = world.answer(RETRY);
			expect(second).toEqual({ state: "pending", nextMs: world.nowMs + 2 * DELIVERY_BACKOFF_BASE_MS });
			expect(world.answer(OK)).toEqual({ state: "delivered", nextMs: null });
		});
	});

	it("is handed out again as soon as its lease has ended: what the receiver failed before makes that no later", async () => {
		await withLedger((world) => {
			for (let i = 0; i < 6; i++) world.answer(RETRY);
			world.handOut();
			expect(world.ledger.find(world.id)?.nextMs).toBe(world.nowMs + QUEUE_LEASE_MS);
			// A queue that is slow has longer each time.
			world.handOut();
			expect(world.ledger.find(world.id)?.nextMs).toBe(world.nowMs + 2 * QUEUE_LEASE_MS);
			for (let i = 0; i < 10; i++) world.handOut();
			expect(world.ledger.find(world.id)?.nextMs).toBe(world.nowMs + QUEUE_LEASE_MS_MAX);
			world.crash();
			expect(world.ledger.find(world.id)).toMatchObject({ phase: "queued", attempts: 18, lost: 11 });
		});
	});

	it("dies when it ends the process each time, after its hand-outs", async () => {
		await withLedger((world) => {
			const began = world.nowMs;
			for (let i = 0; i < DELIVERY_ATTEMPTS_MAX; i++) world.loseSent();
			expect(world.nowMs - began).toBeLessThanOrEqual(DELIVERY_ATTEMPTS_MAX * SEND_LEASE_MS);
			expect(world.handOut()).toBeNull();
			expect(world.ledger.load(world.id)?.delivery).toMatchObject({ state: "dead", attempts: DELIVERY_ATTEMPTS_MAX });
		});
	});

	it("keeps the count over a replay, and costs no row when nothing is lost, nor for ever", async () => {
		await withLedger((world) => {
			world.answer(RETRY);
			expect(world.lostRows()).toBe(0);
			for (let i = 0; i < 5; i++) world.loseSent();
			world.answer({ kind: "never", why: "http 404", httpStatus: 404 });
			expect(world.lostRows()).toBe(1);
			expect(world.ledger.replay(world.id, world.nowMs)).toBe("dead");
			expect(world.answer(RETRY)?.nextMs).toBe(world.nowMs + 4 * DELIVERY_BACKOFF_BASE_MS);
			world.answer(OK);
			const others = Array.from({ length: DELIVERED_KEPT_MAX }, (_, i) => ({
				target: `ops/${i}`,
				channel: "log" as const,
				message: message("Lost"),
			}));
			for (const { seq } of world.ledger.add(others, world.nowMs)) {
				world.ledger.storage.saveDelivered(seq, "ops/0", world.nowMs);
			}
			world.ledger.sweep(world.nowMs + NOTIFIER_SWEEP_EVERY_MS);
			expect(world.lostRows()).toBe(0);
		});
	});

	it("is not counted as lost when the queue did not take it", async () => {
		await withLedger((world) => {
			const out = world.handOut();
			world.ledger.takeBack(out === null ? [] : [out], world.nowMs + 100);
			expect(world.ledger.find(world.id)).toMatchObject({ phase: "pending", attempts: 0, lost: 0 });
		});
	});
});
