/** The whole way: event, notifier, alarm, queue, consumer, a real receiver, outcome, D1. */
import { createExecutionContext, createMessageBatch, evictDurableObject, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { SENDS_AT_ONCE_MAX } from "../../src/model/limits.ts";
import type { Claim, Delivery, DeliveryMessage, IntegrationSource } from "../../src/model/notification.ts";
import { deliver } from "../../src/notify/deliver.ts";
import { NOTIFIER_NAME } from "../../src/peers/stubs.ts";
import { delivery, event, groupKeyOf, message, RECEIVER_URL, received, script, until } from "./receiver.ts";
import { type Received, WEBHOOK_SECRET } from "./receiver-server.ts";

const notifier = () => env.NOTIFIER.getByName(NOTIFIER_NAME);
const accepted = (all: readonly Received[]) => all.filter((one) => one.answered === 200);

beforeEach(() => {
	for (const method of ["log", "warn", "error"] as const) vi.spyOn(console, method).mockImplementation(() => {});
});

async function webhookDelivery(alertname: string): Promise<Delivery> {
	const all = (await notifier().deliveries(null, 500)) as unknown as Delivery[];
	const mine = all.filter((one) => one.groupKey === groupKeyOf(alertname) && one.channel === "webhook");
	return mine[0] as Delivery;
}

async function rows(sql: string, ...cells: unknown[]) {
	const statement = env.DB.prepare(sql);
	return (await statement.bind(...cells).all<Record<string, unknown>>()).results;
}

/** Hands messages to the consumer as the queue does, in an environment that may lack something. */
async function consume(bodies: readonly unknown[], change: Partial<Env> = {}) {
	const messages = bodies.map((body, at) => ({ id: `m${at}`, timestamp: new Date(), attempts: 1, body }));
	const batch = createMessageBatch("perdure-deliveries", messages);
	const ctx = createExecutionContext();
	const bindings = Object.fromEntries(Object.entries(change).map(([name, value]) => [name, { value }]));
	await deliver(batch, Object.create(env, bindings) as Env, ctx);
	return getQueueResult(batch, ctx);
}

describe("an event", () => {
	it("arrives at the receiver once, and the log has every step", async () => {
		await notifier().accept([event("Arrives")]);
		await notifier().accept([event("Arrives")]);
		const [message] = await until("Arrives", (all) => all.length > 0);
		const mine = await webhookDelivery("Arrives");
		expect(message).toMatchObject({ status: "firing", id: mine.id });
		await vi.waitFor(async () => {
			const log = await rows("SELECT * FROM notification_logs WHERE message_id = ?", mine.id);
			expect(log).toMatchObject([
				{ user_id: "critical", channel_type: "webhook", status: "success", retry_count: 0, source: "perdure" },
			]);
			const attempts = await rows("SELECT * FROM delivery_attempts WHERE delivery_id = ?", mine.id);
			expect(attempts).toMatchObject([{ attempt: 1, outcome: "delivered", http_status: 200, next_try_ms: null }]);
			expect(attempts[0]?.["payload_hash"]).toMatch(/^[0-9a-f]{64}$/);
			const history = await rows("SELECT * FROM alert_history WHERE event_id = ?", event("Arrives").id);
			expect(history).toMatchObject([{ alertname: "Arrives", kind: "firing", severity: "critical" }]);
		}, 8_000);
		expect(await received("Arrives")).toHaveLength(1);
	});

	it("defect 2: a failed send does not mute the alert", async () => {
		await script("Defect2", [{ status: 503, headers: { "retry-after": "1" } }, { reset: true }]);
		await notifier().accept([event("Defect2")]);
		const all = await until("Defect2", (some) => accepted(some).length === 1, 20_000);
		expect(all.map((one) => one.answered)).toEqual([503, 0, 200]);
		expect(new Set(all.map((one) => one.id)).size).toBe(1);
		expect(new Set(all.map((one) => one.body)).size).toBe(1);
	}, 25_000);

	it("loses nothing to a 429 with Retry-After: 2, neither firing nor resolved, and keeps their order", async () => {
		await script("Slowly", [{ status: 429, headers: { "retry-after": "2" } }]);
		await notifier().accept([event("Slowly")]);
		await notifier().accept([event("Slowly", { kind: "resolved" })]);
		const all = await until("Slowly", (some) => accepted(some).length === 2, 15_000);
		expect(all.map((one) => [one.status, one.answered])).toEqual([
			["firing", 429],
			["firing", 200],
			["resolved", 200],
		]);
		const waited = (all[1]?.atMs ?? 0) - (all[0]?.atMs ?? 0);
		expect(waited).toBeGreaterThanOrEqual(1_990);
		expect(waited).toBeLessThan(4_500);
	}, 20_000);

	it("survives an eviction between the attempts", async () => {
		await script("Evicted", [{ status: 429, headers: { "retry-after": "1" } }]);
		await notifier().accept([event("Evicted"), event("Evicted", { kind: "resolved" })]);
		await until("Evicted", (some) => some.length === 1);
		await vi.waitFor(async () => expect((await webhookDelivery("Evicted")).state).toBe("pending"), 15_000);
		await evictDurableObject(notifier());
		const all = await until("Evicted", (some) => accepted(some).length === 2, 15_000);
		expect(accepted(all).map((one) => one.status)).toEqual(["firing", "resolved"]);
	}, 20_000);

	it("that a receiver refuses for good is dead at once, and does not stop the next", async () => {
		await script("RefusedForGood", [{ status: 410 }]);
		await notifier().accept([event("RefusedForGood"), event("RefusedForGood", { kind: "resolved" })]);
		const all = await until("RefusedForGood", (some) => accepted(some).length === 1);
		expect(all.map((one) => [one.status, one.answered])).toEqual([
			["firing", 410],
			["resolved", 200],
		]);
		const health = (await notifier().receivers()).find((one) => one.receiver === "critical/0");
		expect(health).toMatchObject({ configured: true, dead: 1, deadTotal: 1 });
		expect(health?.lastDeliveredMs).toBeGreaterThan(0);
	});

	it("is not kept waiting by an alert whose receiver is slow", async () => {
		await script("Hangs", [{ delayMs: 4_000 }]);
		await notifier().accept([event("Hangs"), event("Quick")]);
		const started = Date.now();
		await until("Quick", (all) => all.length === 1);
		expect(Date.now() - started).toBeLessThan(3_000);
	}, 15_000);
});

describe("the consumer", () => {
	/** A hand-out that nobody has claimed yet. */
	async function handedOut(alertname: string): Promise<DeliveryMessage> {
		await script(alertname, [{ status: 429, headers: { "retry-after": "1" } }]);
		await notifier().accept([event(alertname)]);
		await until(alertname, (all) => all.length === 1);
		await vi.waitFor(async () => expect((await webhookDelivery(alertname)).state).toBe("pending"), 15_000);
		const mine = await webhookDelivery(alertname);
		return { deliveryId: mine.id, attempt: mine.attempts };
	}

	it("sends nothing for a message that comes twice, late, or from elsewhere, and acknowledges it", async () => {
		const handed = await handedOut("Twice");
		const stranger = { deliveryId: delivery("X").id, attempt: 1 };
		const result = await consume([handed, handed, stranger]);
		expect(result.explicitAcks.toSorted()).toEqual(["m0", "m1", "m2"]);
		expect(await received("Twice")).toHaveLength(1);
		await until("Twice", (all) => accepted(all).length === 1);
		// The local queue runs one consumer at a time: the slow receiver of the test before holds it for a while.
	}, 20_000);

	it("acknowledges what is no delivery", async () => {
		const result = await consume([null, 7, "x", {}, { deliveryId: "a", attempt: 0 }]);
		expect(result.explicitAcks).toHaveLength(5);
		expect(result.retryMessages).toEqual([]);
	});

	/** The notifier's side of one delivery that never was on the real queue. */
	function notifierOf(alertname: string, change: object) {
		const claim: Claim = { delivery: delivery(alertname), message: message(alertname), version: alertname };
		const source: IntegrationSource = {
			version: alertname,
			config: { channel: "webhook", sendResolved: true, settings: { url: RECEIVER_URL, secret: WEBHOOK_SECRET } },
			global: {},
			templates: [],
		};
		const stub = {
			claims: (all: readonly unknown[]) => Promise.resolve(all.map(() => claim)),
			integration: () => Promise.resolve(source),
			outcomes: () => Promise.resolve([{ state: "delivered", nextMs: null }]),
			keepLog: () => Promise.resolve(),
			...change,
		};
		return { getByName: () => stub } as unknown as Env["NOTIFIER"];
	}

	it("delivers while D1 is down, and hands the notifier the log to keep", async () => {
		const down = {
			prepare: () => ({ bind: () => ({}) }),
			batch: () => Promise.reject(new Error("D1_ERROR: Network connection lost")),
		} as unknown as D1Database;
		const settled: unknown[] = [];
		const kept: unknown[] = [];
		const NOTIFIER = notifierOf("NoD1", {
			outcomes: (all: readonly unknown[]) => {
				settled.push(...all);
				return Promise.resolve([{ state: "delivered", nextMs: null }]);
			},
			keepLog: (entries: readonly unknown[]) => {
				kept.push(...entries);
				return Promise.resolve();
			},
		});
		const result = await consume([{ deliveryId: delivery("NoD1").id, attempt: 1 }], { DB: down, NOTIFIER });
		expect(result.explicitAcks).toEqual(["m0"]);
		expect(await received("NoD1")).toHaveLength(1);
		expect(settled).toMatchObject([{ outcome: { kind: "delivered" } }]);
		expect(kept).toMatchObject([{ kind: "attempt", attempt: { attempt: 1, outcome: { kind: "delivered" } } }]);
	});

	it("asks the notifier once for what leaves at a time, and tells it together what came of it", async () => {
		const calls: string[] = [];
		const claim: Claim = { delivery: delivery("Together"), message: message("Together"), version: "together" };
		const NOTIFIER = notifierOf("Together", {
			claims: (all: readonly unknown[]) => {
				calls.push(`claim ${all.length}`);
				return Promise.resolve(all.map(() => claim));
			},
			outcomes: (all: readonly unknown[]) => {
				calls.push(`outcome ${all.length}`);
				return Promise.resolve(all.map(() => ({ state: "delivered", nextMs: null })));
			},
		});
		const body = { deliveryId: delivery("Together").id, attempt: 1 };
		await consume(
			Array.from({ length: SENDS_AT_ONCE_MAX }, () => body),
			{ NOTIFIER },
		);
		expect(calls[0]).toBe(`claim ${SENDS_AT_ONCE_MAX}`);
		expect(await received("Together")).toHaveLength(SENDS_AT_ONCE_MAX);
		const told = calls.slice(1).map((call) => Number(call.split(" ")[1]));
		expect(told.reduce((sum, count) => sum + count, 0)).toBe(SENDS_AT_ONCE_MAX);
	});

	it("reports again when the notifier does not answer, and gives up without a throw", async () => {
		let reports = 0;
		const NOTIFIER = notifierOf("Deaf", {
			outcomes: () => {
				reports++;
				return Promise.reject(new Error("notifier is down"));
			},
		});
		const id = delivery("Deaf").id;
		const result = await consume([{ deliveryId: id, attempt: 1 }], { NOTIFIER });
		expect(result.explicitAcks).toEqual(["m0"]);
		expect(reports).toBe(3);
		expect(await rows("SELECT status FROM notification_logs WHERE message_id = ?", id)).toEqual([
			{ status: "success" },
		]);
	});

	it("sends nothing to a target that the configuration has no more, and says so without a secret", async () => {
		const settled: unknown[] = [];
		const NOTIFIER = notifierOf("Removed", {
			claims: () =>
				Promise.resolve([
					{
						delivery: delivery("Removed", { target: "gone/7" }),
						message: message("Removed"),
						version: "removed",
					},
				]),
			integration: () => Promise.resolve(null),
			outcomes: (all: readonly unknown[]) => {
				settled.push(...all);
				return Promise.resolve([{ state: "pending", nextMs: 1 }]);
			},
		});
		await consume([{ deliveryId: delivery("Removed").id, attempt: 1 }], { NOTIFIER });
		expect(settled).toMatchObject([
			{ outcome: { kind: "retry", why: "receiver 'gone/7' is not in the configuration any more" } },
		]);
		expect(await received("Removed")).toHaveLength(0);
	});
});
