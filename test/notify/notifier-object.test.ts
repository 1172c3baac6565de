/**
 * The notifier by RPC, by alarm and across evictions. These objects have names of their own: the queue's consumer asks the
 * deployment's notifier, which does not know their deliveries, so a test claims and reports by hand.
 */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { moveClock, nowMs } from "../../src/lib/clock.ts";
import type { AlertEvent } from "../../src/model/alert.ts";
import {
	DAY_MS,
	DELIVERED_KEPT_MAX,
	DELIVERIES_OPEN_MAX,
	DELIVERIES_PER_LIST_MAX,
	EVENTS_PER_ACCEPT_MAX,
	HOUR_MS,
} from "../../src/model/limits.ts";
import type { Delivery, DeliveryMessage, Outcome } from "../../src/model/notification.ts";
import { Ledger } from "../../src/notify/ledger.ts";
import type { NotifierObject } from "../../src/notify/notifier-object.ts";
import { receiversOf } from "../../src/notify/receivers.ts";
import { event } from "./receiver.ts";

const OK: Outcome = { kind: "delivered", httpStatus: 200 };
const NEVER: Outcome = { kind: "never", why: "http 400", httpStatus: 400 };
const retry = (retryAfterMs: number | null = null): Outcome => ({
	kind: "retry",
	why: "http 429",
	httpStatus: 429,
	retryAfterMs,
});

let count = 0;
function notifier() {
	return env.NOTIFIER.getByName(`test-${count++}`);
}
type Stub = ReturnType<typeof notifier>;

/** What is on its way to the webhook, after everything due has left. */
async function out(stub: Stub): Promise<Delivery | null> {
	await stub.tick();
	const sending = (await stub.deliveries("sending", 100)) as unknown as Delivery[];
	const mine = sending.filter((one) => one.receiver === "webhook");
	expect(mine.length).toBeLessThanOrEqual(1);
	return mine[0] ?? null;
}

async function report(stub: Stub, delivery: Delivery, outcome: Outcome, attempt = delivery.attempts) {
	const nowMsThen = nowMs();
	return stub.outcome({ deliveryId: delivery.id, attempt, outcome, startedMs: nowMsThen, endedMs: nowMsThen });
}

/** Claims what is on its way and reports it. */
async function send(stub: Stub, outcome: Outcome) {
	const delivery = await out(stub);
	if (delivery === null) throw new Error("nothing is on its way");
	expect(await stub.claim(delivery.id, delivery.attempts)).toBe(true);
	return { delivery, settlement: await report(stub, delivery, outcome) };
}

async function health(stub: Stub, receiver = "webhook") {
	return (await stub.receivers()).find((one) => one.receiver === receiver);
}

const firing = (name: string, change: Partial<AlertEvent> = {}) => event(name, change);
const resolved = (name: string) => event(name, { kind: "resolved" });

let told: string[] = [];
beforeEach(() => {
	told = [];
	vi.spyOn(console, "error").mockImplementation((line: unknown) => {
		told.push(String(line));
	});
	vi.spyOn(console, "log").mockImplementation(() => {});
});
afterEach(() => moveClock(0, true));

describe("events", () => {
	it("are owned once accepted, and the same event again changes nothing, also after an eviction", async () => {
		const stub = notifier();
		expect(await stub.accept([firing("Once")])).toEqual({ ok: true, value: [firing("Once").id] });
		await evictDurableObject(stub);
		expect(await stub.accept([firing("Once")])).toEqual({ ok: true, value: [firing("Once").id] });
		expect((await stub.deliveries(null, 100)).map((one) => one.receiver).sort()).toEqual(["log", "webhook"]);
	});

	it("go to configured receivers only; the others are shown as not configured", async () => {
		const stub = notifier();
		await stub.accept([firing("Info", { labels: { alertname: "Info", severity: "info" } })]);
		expect((await stub.deliveries(null, 100)).map((one) => one.receiver)).toEqual(["log"]);
		const all = await stub.receivers();
		expect(all.map((one) => [one.receiver, one.configured])).toEqual([
			["email", false],
			["slack", false],
			["lark", false],
			["webhook", true],
			["log", true],
		]);
	});

	it("keep NaN and infinity, and annotations that are too long are cut and say so", async () => {
		const stub = notifier();
		const annotations = { short: "s", long: "长".repeat(90_000), odd: "\u0001".repeat(50_000) };
		await stub.accept([firing("Odd", { value: Number.NaN, annotations })]);
		await evictDurableObject(stub);
		const kept = (await out(stub))?.event;
		expect(kept?.value).toBeNaN();
		expect(kept?.annotations["short"]).toBe("s");
		expect(kept?.annotations["long"]).toMatch(/^长+… \(cut\)$/);
		expect(JSON.stringify(kept).length).toBeLessThan(50_000);
	});

	it("beyond what one call or the notifier can hold stay with those who have them", async () => {
		const stub = notifier();
		const many = (length: number, from = 0) =>
			Array.from({ length }, (_, at) =>
				firing("Many", { id: `many/${from + at}`, labels: { alertname: `M${from + at}` } }),
			);
		const first = await stub.accept(many(EVENTS_PER_ACCEPT_MAX + 10));
		expect(first.ok && first.value.length).toBe(EVENTS_PER_ACCEPT_MAX);
		await runInDurableObject(stub, (_, state) => {
			state.storage.sql.exec(
				`INSERT INTO deliveries (seq, state, attempts, next_ms, owes, event_id, receiver, channel, lane, created_ms, event)
				WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
				SELECT i, 0, 0, 9e15, 0, 'x', 'slack', 'webhook', 'l' || i, 0, '{}' FROM n`,
				DELIVERIES_OPEN_MAX - EVENTS_PER_ACCEPT_MAX - 10,
			);
		});
		await evictDurableObject(stub);
		// Each may become as many deliveries as there are receivers, so the last few places stay free.
		const second = await stub.accept(many(20, EVENTS_PER_ACCEPT_MAX));
		expect(second.ok && second.value.length).toBe(6);
		expect(await stub.accept(many(1, 1_000_000))).toMatchObject({ ok: false, failure: { code: "overloaded" } });
		expect((await stub.deliveries(null, 1e9)).length).toBe(DELIVERIES_PER_LIST_MAX);
	});
});

describe("order", () => {
	it("a resolved message never overtakes its firing", async () => {
		const stub = notifier();
		await stub.accept([firing("Order"), resolved("Order")]);
		for (let round = 0; round < 3; round++) {
			const { delivery } = await send(stub, retry(1_000));
			expect(delivery.event.kind).toBe("firing");
			expect(await out(stub)).toBeNull();
			await evictDurableObject(stub);
			expect(await out(stub)).toBeNull();
			moveClock(nowMs() - Date.now() + 1_001, true);
		}
		expect((await send(stub, OK)).delivery).toMatchObject({ attempts: 4, event: { kind: "firing" } });
		expect((await send(stub, OK)).delivery).toMatchObject({ attempts: 1, event: { kind: "resolved" } });
		expect(await out(stub)).toBeNull();
		expect(await health(stub)).toMatchObject({ pending: 0, dead: 0, lastError: null });
	});

	it("goes on after a dead letter, and other alerts do not wait", async () => {
		const stub = notifier();
		await stub.accept([firing("A"), resolved("A")]);
		await send(stub, NEVER);
		expect((await send(stub, OK)).delivery.event.kind).toBe("resolved");
		await stub.accept([firing("B")]);
		await send(stub, retry(HOUR_MS));
		await stub.accept([firing("C")]);
		expect((await send(stub, OK)).delivery.event.alertname).toBe("C");
	});
});

describe("a hand-out", () => {
	it("can be claimed once", async () => {
		const stub = notifier();
		await stub.accept([firing("Claim")]);
		const delivery = (await out(stub)) as Delivery;
		expect(await stub.claim(delivery.id, 2)).toBe(false);
		expect(await stub.claim("msg_of_someone_else", 1)).toBe(false);
		expect(await stub.claim(delivery.id, 1)).toBe(true);
		expect(await stub.claim(delivery.id, 1)).toBe(false);
		await evictDurableObject(stub);
		expect(await stub.claim(delivery.id, 1)).toBe(false);
	});

	it("that got lost is handed out again with the same id and the next number; the lost one is refused", async () => {
		const stub = notifier();
		await stub.accept([firing("Lost")]);
		const first = (await out(stub)) as Delivery;
		await evictDurableObject(stub);
		moveClock(15_001, true);
		const second = (await out(stub)) as Delivery;
		expect(second).toMatchObject({ id: first.id, attempts: 2 });
		expect(await stub.claim(first.id, 1)).toBe(false);
		expect((await send(stub, OK)).settlement).toEqual({ state: "delivered", nextMs: null });
	});

	it("whose outcome comes late still counts, and what follows waits until the needless one has ended", async () => {
		const stub = notifier();
		await stub.accept([firing("Late"), resolved("Late")]);
		const first = (await out(stub)) as Delivery;
		await stub.claim(first.id, 1);
		moveClock(25_001, true);
		const second = (await out(stub)) as Delivery;
		expect(await stub.claim(second.id, 2)).toBe(true);
		expect(await report(stub, first, OK, 1)).toEqual({ state: "delivered", nextMs: null });
		expect(await report(stub, first, OK, 1)).toEqual({ state: "delivered", nextMs: null });
		expect(await out(stub)).toBeNull();
		moveClock(50_003, true);
		expect((await out(stub))?.event.kind).toBe("resolved");
	});

	it("that the queue refuses waits with the same number", async () => {
		const stub = notifier();
		await runInDurableObject(stub, async (instance: NotifierObject) => {
			const inner = instance as unknown as { env: Env };
			const whole = inner.env;
			const refuse = { sendBatch: () => Promise.reject(new Error("Queue is down")) } as unknown as Queue;
			inner.env = Object.create(whole, { DELIVERIES: { value: refuse } }) as Env;
			await instance.accept([firing("Refused")]);
			await instance.tick();
			const [waiting] = await instance.deliveries("pending", 10);
			expect(waiting).toMatchObject({ attempts: 0, lastError: "the queue refused it" });
			inner.env = whole;
		});
		moveClock(2_001, true);
		expect((await send(stub, OK)).delivery.attempts).toBe(1);
	});
});

describe("waiting", () => {
	it("is the alarm's work: it hands out what is due, also after an eviction", async () => {
		const stub = notifier();
		await stub.accept([firing("Alarm")]);
		await send(stub, retry(HOUR_MS));
		await evictDurableObject(stub);
		expect(await runDurableObjectAlarm(stub)).toBe(true);
		expect(await stub.deliveries("pending", 10)).toMatchObject([{ receiver: "webhook", attempts: 1 }]);
		moveClock(HOUR_MS, true);
		await runDurableObjectAlarm(stub);
		const sending = await stub.deliveries("sending", 10);
		expect(sending.find((one) => one.receiver === "webhook")).toMatchObject({ attempts: 2 });
	});

	it("honours Retry-After to the millisecond, not a moment sooner", async () => {
		const stub = notifier();
		await stub.accept([firing("After")]);
		const { settlement } = await send(stub, retry(2_000));
		const nextMs = settlement?.nextMs ?? 0;
		expect(Math.abs(nextMs - nowMs() - 2_000)).toBeLessThan(200);
		moveClock(nextMs - Date.now() - 150, true);
		expect(await out(stub)).toBeNull();
		moveClock(nextMs - Date.now() + 1, true);
		expect((await out(stub))?.attempts).toBe(2);
	});

	it("ends after a day: the letter is dead, counted, told, kept, and can be replayed", async () => {
		const stub = notifier();
		await stub.accept([firing("Dead")]);
		const { delivery } = await send(stub, retry(DAY_MS));
		moveClock(DAY_MS, true);
		const last = await send(stub, retry());
		expect(last.settlement).toEqual({ state: "dead", nextMs: null });
		expect(await health(stub)).toMatchObject({ pending: 0, dead: 1, deadTotal: 1, lastError: "http 429; given up" });
		const lines = told.filter((line) => line.includes('"delivery_dead"') && line.includes('"receiver":"webhook"'));
		expect(lines).toHaveLength(1);
		expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: "error", message_id: delivery.id, receiver: "webhook" });
		await evictDurableObject(stub);
		expect((await stub.deliveries("dead", 10)).map((one) => one.id)).toContain(delivery.id);
		expect(await stub.replay(delivery.id)).toEqual({ ok: true, value: null });
		expect(await stub.replay(delivery.id)).toMatchObject({ ok: false, failure: { code: "conflict" } });
		expect(await stub.replay("msg_x")).toMatchObject({ ok: false, failure: { code: "not_found" } });
		expect((await send(stub, OK)).delivery.id).toBe(delivery.id);
		expect(await health(stub)).toMatchObject({ dead: 0, deadTotal: 1, lastError: null });
	});

	it("ends for what is never heard of again, too", async () => {
		const stub = notifier();
		await stub.accept([firing("Silent")]);
		await out(stub);
		moveClock(DAY_MS + 1, true);
		expect(await out(stub)).toBeNull();
		const dead = (await stub.deliveries("dead", 10)).find((one) => one.receiver === "webhook");
		expect(dead).toMatchObject({ receiver: "webhook", lastError: "no outcome was ever reported" });
		await vi.waitFor(async () => {
			const row = await env.DB.prepare("SELECT status FROM notification_logs WHERE message_id = ?")
				.bind(dead?.id)
				.first();
			expect(row).toEqual({ status: "failed" });
		});
	});

	it("accepts a late yes for what was given up", async () => {
		const stub = notifier();
		await stub.accept([firing("Revived")]);
		const { delivery } = await send(stub, NEVER);
		expect(await report(stub, delivery, OK)).toEqual({ state: "delivered", nextMs: null });
		expect(await health(stub)).toMatchObject({ dead: 0 });
	});
});

describe("the cooldown of what nobody heard", () => {
	/** How many deliveries still owe their alert's home the news. */
	async function owing(stub: Stub): Promise<number> {
		return runInDurableObject(
			stub,
			(_, state) =>
				state.storage.sql.exec<{ n: number }>("SELECT count(*) AS n FROM deliveries WHERE owes = 1").one().n,
		);
	}

	/** Every call that reaches a metric's object, answered by `reply`. */
	async function withHome(stub: Stub, reply: () => Promise<void>, run: () => Promise<void>): Promise<unknown[][]> {
		const calls: unknown[][] = [];
		await runInDurableObject(stub, (instance: NotifierObject) => {
			const inner = instance as unknown as { env: Env };
			const home = (name: string) => ({
				untold: (...given: unknown[]) => {
					calls.push([name, ...given]);
					return reply();
				},
			});
			inner.env = Object.create(inner.env, { METRIC: { value: { getByName: home } } }) as Env;
		});
		await run();
		return calls;
	}

	it("is lifted at the alert's home when a firing died everywhere", async () => {
		const stub = notifier();
		await stub.accept([firing("Untold", { home: "api.errors" })]);
		await send(stub, NEVER);
		expect(await owing(stub)).toBe(1);
		const calls = await withHome(
			stub,
			() => Promise.resolve(),
			() => stub.tick(),
		);
		expect(calls).toEqual([["api.errors", "g/Untold", firing("Untold").labels]]);
		expect(await owing(stub)).toBe(0);
	});

	it("is asked for until the home answers, across an eviction", async () => {
		const stub = notifier();
		await stub.accept([firing("Stubborn", { home: "api.errors" })]);
		await send(stub, NEVER);
		await withHome(
			stub,
			() => Promise.reject(new Error("home is down")),
			() => stub.tick(),
		);
		expect(await owing(stub)).toBe(1);
		await evictDurableObject(stub);
		expect(
			await withHome(
				stub,
				() => Promise.resolve(),
				() => stub.tick(),
			),
		).toHaveLength(1);
		expect(await owing(stub)).toBe(0);
	});

	it("reaches a real home", async () => {
		const stub = notifier();
		await stub.accept([firing("Real", { home: "notify.home" })]);
		await send(stub, NEVER);
		await stub.tick();
		expect(await owing(stub)).toBe(0);
	});

	it("stays for a resolved message, and for what was heard after all", async () => {
		const stub = notifier();
		await stub.accept([event("Quiet", { kind: "resolved", home: "api.errors" })]);
		await send(stub, NEVER);
		expect(await owing(stub)).toBe(0);
		await stub.accept([firing("Heard", { home: "api.errors" })]);
		const { delivery } = await send(stub, NEVER);
		await report(stub, delivery, OK);
		expect(await owing(stub)).toBe(0);
	});
});

describe("what is kept", () => {
	it("is bounded: the oldest deliveries and events are forgotten", async () => {
		const stub = notifier();
		await stub.accept([firing("Old")]);
		await runInDurableObject(stub, (_, state) => {
			const event = JSON.stringify({ ...firing("Filler"), value: "1" });
			for (let seq = 1; seq <= DELIVERED_KEPT_MAX + 50; seq++) {
				state.storage.sql.exec(
					`INSERT INTO deliveries (seq, state, attempts, next_ms, owes, event_id, receiver, channel, lane, created_ms, event)
					VALUES (?, 3, 1, 0, 0, 'x', 'webhook', 'webhook', 'l', 0, ?)`,
					seq,
					event,
				);
			}
		});
		moveClock(2 * DAY_MS, true);
		await stub.tick();
		const left = await runInDurableObject(stub, (_, state) => ({
			delivered: state.storage.sql.exec<{ n: number }>("SELECT count(*) AS n FROM deliveries WHERE state = 3").one().n,
			events: state.storage.sql.exec<{ n: number }>("SELECT count(*) AS n FROM events").one().n,
		}));
		expect(left).toEqual({ delivered: DELIVERED_KEPT_MAX, events: 0 });
	});

	it("costs one row an event and five a delivery", async () => {
		const stub = notifier();
		const written = await runInDurableObject(stub, (_, state) => {
			let rows = 0;
			const sql = {
				exec(query: string, ...cells: SqlStorageValue[]) {
					const cursor = state.storage.sql.exec(query, ...cells);
					rows += cursor.rowsWritten;
					return cursor;
				},
			};
			const transactionSync = <T>(run: () => T) => state.storage.transactionSync(run);
			const ledger = new Ledger({ sql, transactionSync } as unknown as DurableObjectStorage, "0".repeat(16));
			const costs: number[] = [];
			const step = (move: () => void) => {
				const before = rows;
				move();
				costs.push(rows - before);
			};
			let messages: readonly DeliveryMessage[] = [];
			step(() => ledger.take([firing("Cost")], receiversOf(env), 1_000));
			step(() => {
				messages = ledger.handOut(1_000).messages;
			});
			const { deliveryId } = messages[0] as DeliveryMessage;
			step(() => ledger.claim(deliveryId, 1, 1_000));
			const outcome = { deliveryId, attempt: 1, outcome: OK, startedMs: 0, endedMs: 0 };
			step(() => ledger.settle(outcome, 1_000, 0.5));
			return costs;
		});
		// Two deliveries, to the webhook and to the log: taken over, handed out; then one of them claimed and settled.
		expect(written).toEqual([1 + 2, 2, 1, 2]);
	});
});
