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
import type { Claim, Delivery, DeliveryMessage, Outcome } from "../../src/model/notification.ts";
import { Notifier } from "../../src/notify/notifier.ts";
import { testMessage } from "../../src/notify/test-message.ts";
import { inEnv } from "./in-env.ts";
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

/** Deliveries to the webhook, newest first, without the notifier's own word of a delivery that died. */
async function toWebhook(stub: Stub): Promise<readonly Delivery[]> {
	const all = (await stub.deliveries(null, 100)) as unknown as Delivery[];
	return all.filter((one) => one.target === "critical/0" && !one.groupKey.includes("PerdureDeliveryDead"));
}

/** What is on its way to the webhook, after everything due has left. */
async function out(stub: Stub): Promise<Delivery | null> {
	await stub.tick();
	const mine = (await toWebhook(stub)).filter((one) => one.state === "sending");
	expect(mine.length).toBeLessThanOrEqual(1);
	return mine[0] ?? null;
}

async function report(stub: Stub, delivery: Delivery, outcome: Outcome, attempt = delivery.attempts) {
	const nowMsThen = nowMs();
	const made = { deliveryId: delivery.id, attempt, outcome, startedMs: nowMsThen, endedMs: nowMsThen };
	return (await stub.outcomes([made]))[0];
}

async function claim(stub: Stub, deliveryId: string, attempt: number): Promise<Claim | null> {
	return ((await stub.claims([{ deliveryId, attempt }])) as unknown as (Claim | null)[])[0] ?? null;
}

/** Claims what is on its way and reports it. */
async function send(stub: Stub, outcome: Outcome) {
	const delivery = await out(stub);
	if (delivery === null) throw new Error("nothing is on its way");
	const claimed = await claim(stub, delivery.id, delivery.attempts);
	if (claimed === null) throw new Error("it may not be sent");
	return { delivery, message: claimed.message, settlement: await report(stub, delivery, outcome) };
}

async function health(stub: Stub, receiver = "critical/0") {
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
		await stub.tick();
		await evictDurableObject(stub);
		expect(await stub.accept([firing("Once")])).toEqual({ ok: true, value: [firing("Once").id] });
		await stub.tick();
		expect((await stub.deliveries(null, 100)).map((one) => one.target).sort()).toEqual(["critical/0", "critical/1"]);
	});

	it("go to configured receivers only; the others are shown as not configured", async () => {
		const stub = notifier();
		await stub.accept([firing("Info", { labels: { alertname: "Info", severity: "info" } })]);
		await stub.tick();
		expect((await stub.deliveries(null, 100)).map((one) => [one.target, one.channel])).toEqual([["info/0", "log"]]);
		const all = await stub.receivers();
		expect(all.map((one) => [one.receiver, one.channel, one.configured])).toEqual([
			["critical/0", "webhook", true],
			["critical/1", "log", true],
			["warning/0", "log", true],
			["info/0", "log", true],
			["email", "email", false],
			["slack", "slack", false],
			["lark", "lark", false],
			["telegram", "telegram", false],
			["pagerduty", "pagerduty", false],
		]);
	});

	it("keep NaN and infinity, and annotations that are too long are cut and say so", async () => {
		const stub = notifier();
		const annotations = { short: "s", long: "长".repeat(90_000), odd: "\u0001".repeat(50_000) };
		await stub.accept([firing("Odd", { value: Number.NaN, annotations })]);
		await evictDurableObject(stub);
		const { message } = await send(stub, OK);
		const kept = message.alerts[0];
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
				`INSERT INTO deliveries (seq, state, attempts, next_ms, owes, said_id, receiver, target, channel, group_key,
				status, cause, alerts, created_ms, message)
				WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
				SELECT i, 0, 0, 9e15, 0, i, 'slack', 'slack/0', 'slack', 'g' || i, 'firing', 'first', 1, 0, '{}' FROM n`,
				DELIVERIES_OPEN_MAX - 1,
			);
		});
		await evictDurableObject(stub);
		// What waits for its first word takes no place yet; with the last place taken nothing more is taken over.
		expect(await stub.accept(many(1, EVENTS_PER_ACCEPT_MAX))).toMatchObject({ ok: true });
		await stub.tick();
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
			expect(delivery.status).toBe("firing");
			expect(await out(stub)).toBeNull();
			await evictDurableObject(stub);
			expect(await out(stub)).toBeNull();
			moveClock(nowMs() - Date.now() + 1_001, true);
		}
		expect((await send(stub, OK)).delivery).toMatchObject({ attempts: 4, status: "firing" });
		expect((await send(stub, OK)).delivery).toMatchObject({ attempts: 1, status: "resolved" });
		expect(await out(stub)).toBeNull();
		expect(await health(stub)).toMatchObject({ pending: 0, dead: 0, lastError: null });
	});

	it("goes on after a dead letter, and other alerts do not wait", async () => {
		const stub = notifier();
		await stub.accept([firing("A"), resolved("A")]);
		await send(stub, NEVER);
		expect((await send(stub, OK)).delivery.status).toBe("resolved");
		await stub.accept([firing("B")]);
		await send(stub, retry(HOUR_MS));
		await stub.accept([firing("C")]);
		expect((await send(stub, OK)).message.commonLabels["alertname"]).toBe("C");
	});
});

describe("a hand-out", () => {
	it("can be claimed once", async () => {
		const stub = notifier();
		await stub.accept([firing("Claim")]);
		const delivery = (await out(stub)) as Delivery;
		expect(await claim(stub, delivery.id, 2)).toBeNull();
		expect(await claim(stub, "msg_of_someone_else", 1)).toBeNull();
		expect(await claim(stub, delivery.id, 1)).toMatchObject({ delivery: { id: delivery.id, state: "sending" } });
		expect(await claim(stub, delivery.id, 1)).toBeNull();
		await evictDurableObject(stub);
		expect(await claim(stub, delivery.id, 1)).toBeNull();
	});

	it("that got lost is handed out again with the same id and the next number; the lost one is refused", async () => {
		const stub = notifier();
		await stub.accept([firing("Lost")]);
		const first = (await out(stub)) as Delivery;
		await evictDurableObject(stub);
		moveClock(15_001, true);
		const second = (await out(stub)) as Delivery;
		expect(second).toMatchObject({ id: first.id, attempts: 2 });
		expect(await claim(stub, first.id, 1)).toBeNull();
		expect((await send(stub, OK)).settlement).toEqual({ state: "delivered", nextMs: null });
	});

	it("whose outcome comes late still counts, and what follows waits until the needless one has ended", async () => {
		const stub = notifier();
		await stub.accept([firing("Late"), resolved("Late")]);
		const first = (await out(stub)) as Delivery;
		await claim(stub, first.id, 1);
		moveClock(25_001, true);
		const second = (await out(stub)) as Delivery;
		expect(await claim(stub, second.id, 2)).not.toBeNull();
		expect(await report(stub, first, OK, 1)).toEqual({ state: "delivered", nextMs: null });
		expect(await report(stub, first, OK, 1)).toEqual({ state: "delivered", nextMs: null });
		expect(await out(stub)).toBeNull();
		moveClock(50_003, true);
		expect((await out(stub))?.status).toBe("resolved");
	});

	it("that the queue refuses waits with the same number", async () => {
		const stub = notifier();
		await inEnv(stub, { DELIVERIES: { sendBatch: () => Promise.reject(new Error("Queue is down")) } });
		await stub.accept([firing("Refused")]);
		await stub.tick();
		const [waiting] = await stub.deliveries("pending", 10);
		expect(waiting).toMatchObject({ attempts: 0, lastError: "the queue refused it" });
		await evictDurableObject(stub);
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
		expect(await stub.deliveries("pending", 10)).toMatchObject([{ target: "critical/0", attempts: 1 }]);
		moveClock(HOUR_MS, true);
		await runDurableObjectAlarm(stub);
		const sending = (await toWebhook(stub)).filter((one) => one.state === "sending");
		expect(sending.find((one) => one.attempts === 2)).toMatchObject({ cause: "first" });
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
		// What waits is the repeat: the alert fires on.
		expect(await health(stub)).toMatchObject({ pending: 1, dead: 1, deadTotal: 1, lastError: "http 429; given up" });
		const lines = told.filter(
			(line) =>
				line.includes('"delivery_dead"') && line.includes('"receiver":"critical"') && line.includes(delivery.id),
		);
		expect(lines).toHaveLength(1);
		expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: "error", message_id: delivery.id, receiver: "critical" });
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
		const dead = (await toWebhook(stub)).find((one) => one.state === "dead");
		expect(dead).toMatchObject({ target: "critical/0", lastError: "no outcome was ever reported" });
		await vi.waitFor(async () => {
			const row = await env.DB.prepare("SELECT status FROM notification_logs WHERE message_id = ?")
				.bind(dead?.id)
				.first();
			expect(row).toEqual({ status: "failed" });
		}, 15_000);
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

	/** Every call that reaches a metric's object, answered by `reply`, until the notifier is evicted. */
	async function withHome(stub: Stub, reply: () => Promise<void>, run: () => Promise<void>): Promise<unknown[][]> {
		const calls: unknown[][] = [];
		const home = (name: string) => ({
			untold: (...given: unknown[]) => {
				calls.push([name, ...given]);
				return reply();
			},
		});
		await inEnv(stub, { METRIC: { getByName: home } });
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
		await stub.accept([firing("Quiet", { home: "api.errors" })]);
		await send(stub, OK);
		await stub.accept([event("Quiet", { kind: "resolved", home: "api.errors" })]);
		expect((await send(stub, NEVER)).delivery.status).toBe("resolved");
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
			const message = JSON.stringify(testMessage("filler", 0));
			for (let seq = 1; seq <= DELIVERED_KEPT_MAX + 50; seq++) {
				state.storage.sql.exec(
					`INSERT INTO deliveries (seq, state, attempts, next_ms, owes, said_id, receiver, target, channel, group_key,
					status, cause, alerts, created_ms, message)
					VALUES (?1, 3, 1, 0, 0, ?1, 'critical', 'critical/0', 'webhook', 'g', 'firing', 'first', 1, 0, ?2)`,
					seq,
					message,
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

	it("costs one row an event, six its alert and group, and five a delivery", async () => {
		const stub = notifier();
		const written = await runInDurableObject(stub, (_, state) => {
			let rows = 0;
			const sql = {
				exec(query: string, ...cells: SqlStorageValue[]) {
					const cursor = state.storage.sql.exec(query, ...cells);
					// Rows of a query that is read later are not written by it.
					rows += cursor.rowsWritten;
					return cursor;
				},
			};
			const transactionSync = <T>(run: () => T) => state.storage.transactionSync(run);
			const storage = { sql, transactionSync } as unknown as DurableObjectStorage;
			const variables = env as unknown as Readonly<Record<string, unknown>>;
			const notifier = new Notifier(storage, variables, "0".repeat(16), () => 1_000);
			const costs: Record<string, number> = {};
			const step = (name: string, move: () => void) => {
				const before = rows;
				move();
				costs[name] = rows - before;
			};
			let messages: readonly DeliveryMessage[] = [];
			const before = resolved("Cost");
			step("accepted", () => notifier.accept([firing("Cost")], 1_000));
			step("accepted again", () => notifier.accept([firing("Cost")], 1_000));
			step("told", () => notifier.tell(1_000));
			step("handed out", () => {
				messages = notifier.ledger.handOut(1_000).messages;
			});
			const { deliveryId } = messages[0] as DeliveryMessage;
			step("claimed", () => notifier.ledger.claim(deliveryId, 1, 1_000));
			const outcome = { deliveryId, attempt: 1, outcome: OK, startedMs: 0, endedMs: 0 };
			step("settled", () => notifier.ledger.settle(outcome, 1_000, 0.5));
			step("quiet", () => notifier.tell(2_000));
			step("repeated", () => notifier.tell(1_000 + 5 * 60_000));
			step("ended", () => notifier.accept([before], 400_000));
			step("its end told", () => notifier.tell(400_001));
			return costs;
		});
		expect(written).toEqual({
			// The event, the alert, the group.
			accepted: 3,
			"accepted again": 0,
			// Two deliveries, to the webhook and to the log; what the two were told; where the group stands.
			told: 5,
			"handed out": 2,
			claimed: 1,
			// The delivery, and how its target fares.
			settled: 2,
			quiet: 0,
			repeated: 4,
			// The event and the alert.
			ended: 2,
			// Two deliveries, what two were told, the group; the alert is deleted.
			"its end told": 6,
		});
	});
});
