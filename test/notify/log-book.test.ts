/** The log of what was said, while D1 is away: kept in order, bounded, and filled in afterwards. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { UNLOGGED_MAX, UNLOGGED_PER_RUN_MAX } from "../../src/model/limits.ts";
import type { LogEntry } from "../../src/model/notification.ts";
import { LogBook } from "../../src/notify/log-book.ts";
import { inEnv } from "./in-env.ts";
import { delivery, event } from "./receiver.ts";

const DOWN = {
	prepare: () => ({ bind: () => ({}) }),
	batch: () => Promise.reject(new Error("D1_ERROR: Network connection lost")),
} as unknown as D1Database;

let count = 0;
const notifier = () => env.NOTIFIER.getByName(`log-${count++}`);
const entry = (name: string, kind: "firing" | "resolved" = "firing"): LogEntry => ({
	kind: "event",
	event: event(name, { id: `${name}/${kind}`, kind }),
});

/** One attempt at a message, as the consumer hands it over. */
function attempt(name: string, number: number, isDelivered: boolean): LogEntry {
	const outcome = isDelivered
		? { kind: "delivered" as const, httpStatus: 200 }
		: { kind: "retry" as const, why: "http 503", httpStatus: 503, retryAfterMs: null };
	const settlement = isDelivered
		? { state: "delivered" as const, nextMs: null }
		: { state: "pending" as const, nextMs: 9 };
	const of = delivery(name, { id: `msg_${name}` });
	return {
		kind: "attempt",
		attempt: {
			delivery: of,
			attempt: number,
			outcome,
			settlement,
			payloadHash: "",
			startedMs: number,
			endedMs: number,
		},
	};
}

async function statusOf(name: string): Promise<unknown> {
	return env.DB.prepare("SELECT status, retry_count FROM notification_logs WHERE message_id = ?")
		.bind(`msg_${name}`)
		.first();
}

async function logged(name: string): Promise<readonly string[]> {
	const rows = await env.DB.prepare("SELECT event_id FROM alert_history WHERE alertname = ?")
		.bind(name)
		.all<{ event_id: string }>();
	return rows.results.map((row) => row.event_id).sort();
}

beforeEach(() => {
	for (const method of ["log", "warn", "error"] as const) vi.spyOn(console, method).mockImplementation(() => {});
});

describe("the log book", () => {
	it("keeps what D1 does not take, across an eviction, and fills it in in order with the next tick", async () => {
		const stub = notifier();
		await inEnv(stub, { DB: DOWN });
		await stub.accept([event("Kept")]);
		await stub.tick();
		await stub.accept([event("Kept", { kind: "resolved" })]);
		await stub.tick();
		const waiting = () =>
			runInDurableObject(
				stub,
				(_, state) => state.storage.sql.exec<{ n: number }>("SELECT count(*) AS n FROM unlogged").one().n,
			);
		await vi.waitFor(async () => expect(await waiting()).toBe(2), 15_000);
		expect(await logged("Kept")).toEqual([]);
		await evictDurableObject(stub);
		await stub.tick();
		await vi.waitFor(
			async () => expect(await logged("Kept")).toEqual(["g/Kept/1/firing", "g/Kept/1/resolved"]),
			15_000,
		);
		expect(await waiting()).toBe(0);
	});

	it("writes what is new behind what waits, never before it: the last word of a message is the last that was said", async () => {
		await runInDurableObject(notifier(), async (_, state) => {
			const book = new LogBook(state.storage.sql, env.DB);
			book.keep([attempt("Order", 1, false)]);
			await book.log([attempt("Order", 2, true)]);
			expect([book.waiting, await statusOf("Order")]).toEqual([2, null]);
			await Promise.all([book.fill(), book.fill()]);
			expect([book.waiting, await statusOf("Order")]).toEqual([0, { status: "success", retry_count: 1 }]);
			await book.log([entry("Order2")]);
			expect([book.waiting, await logged("Order2")]).toEqual([0, ["Order2/firing"]]);
		});
	});

	it("keeps at most so much, and counts what it had to drop: the oldest", async () => {
		await runInDurableObject(notifier(), async (_, state) => {
			const { sql } = state.storage;
			sql.exec(
				`INSERT INTO unlogged (body)
				WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) SELECT ?2 FROM n`,
				UNLOGGED_MAX - 1,
				JSON.stringify(entry("Bound")),
			);
			const book = new LogBook(sql, DOWN);
			book.keep([entry("Bound"), entry("Bound2"), entry("Bound3")]);
			expect([book.waiting, book.dropped]).toEqual([UNLOGGED_MAX, 2]);
			const last = sql.exec<{ body: string }>("SELECT body FROM unlogged ORDER BY id DESC LIMIT 1").one().body;
			expect(last).toContain("Bound3");
			expect(sql.exec<{ n: number }>("SELECT count(*) AS n FROM unlogged").one().n).toBe(UNLOGGED_MAX);
			await book.fill();
			expect(book.waiting).toBe(UNLOGGED_MAX);
		});
	});

	it("fills in more than one batch at a time", async () => {
		await runInDurableObject(notifier(), async (_, state) => {
			const book = new LogBook(state.storage.sql, env.DB);
			book.keep(
				Array.from({ length: UNLOGGED_PER_RUN_MAX + 5 }, (_, i) => ({
					kind: "event" as const,
					event: event("Many", { id: `many/${i}` }),
				})),
			);
			await book.fill();
			expect(book.waiting).toBe(0);
			expect(await logged("Many")).toHaveLength(UNLOGGED_PER_RUN_MAX + 5);
		});
	});
});
