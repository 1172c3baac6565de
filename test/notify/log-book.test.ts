/** The log of what was said, while D1 is away: kept in order, bounded, and filled in afterwards. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import {
	LOG_LEFT_OUT_PER_RUN_MAX,
	LOG_REFUSALS_MAX,
	UNLOGGED_MAX,
	UNLOGGED_PER_RUN_MAX,
} from "../../src/model/limits.ts";
import type { LogEntry } from "../../src/model/notification.ts";
import { LogBook } from "../../src/notify/log-book.ts";
import { takeParts } from "../../src/peers/self-meter.ts";
import { metricStub } from "../../src/peers/stubs.ts";
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

const warned: string[] = [];
beforeEach(() => {
	warned.length = 0;
	for (const method of ["log", "error"] as const) vi.spyOn(console, method).mockImplementation(() => {});
	vi.spyOn(console, "warn").mockImplementation((line: unknown) => void warned.push(String(line)));
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
		counted();
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
			expect([book.waiting, book.dropped, warned.length]).toEqual([UNLOGGED_MAX, 2, 1]);
			expect(counted()).toEqual({ '["reason","no place"]': 2 });
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

/** An attempt that no D1 takes: a column of whole numbers is to hold a half. */
const poison = (name: string): LogEntry => attempt(name, 1.5, false);
/** What is counted for the exposition as perdure_log_rows_dropped_total. */
function counted(): Readonly<Record<string, number>> {
	const part = takeParts().find(({ name }) => name === "perdure.log_rows_dropped");
	return Object.fromEntries((part?.labels ?? []).map((labels, i) => [labels, part?.values[i] ?? 0]));
}
async function fills(book: LogBook, times: number): Promise<void> {
	for (let i = 0; i < times; i++) await book.fill();
}

describe("a row that D1 never takes", () => {
	it("is left out after so many refusals, counted and named; those around it are written", async () => {
		counted();
		await runInDurableObject(notifier(), async (_, state) => {
			const book = new LogBook(state.storage.sql, env.DB);
			book.keep([entry("Before"), poison("Poison"), attempt("After", 1, true), entry("After")]);
			await fills(book, LOG_REFUSALS_MAX - 1);
			expect([book.waiting, book.dropped, warned]).toEqual([4, 0, []]);
			await book.fill();
			expect([book.waiting, book.dropped]).toEqual([0, 1]);
			expect(await logged("Before")).toEqual(["Before/firing"]);
			expect(await logged("After")).toEqual(["After/firing"]);
			expect([await statusOf("Poison"), await statusOf("After")]).toMatchObject([null, { status: "success" }]);
		});
		expect(warned).toHaveLength(1);
		expect(JSON.parse(warned[0] ?? "")).toMatchObject({ entry: "attempt msg_Poison", why: /constraint/i });
		expect(counted()).toEqual({ '["reason","refused"]': 1 });
	});

	it("does not hold up what comes later, alone in the table or one of many", async () => {
		await runInDurableObject(notifier(), async (_, state) => {
			const book = new LogBook(state.storage.sql, env.DB);
			book.keep([poison("Alone")]);
			await fills(book, LOG_REFUSALS_MAX);
			expect([book.waiting, book.dropped]).toEqual([0, 1]);
			const many = Array.from({ length: LOG_LEFT_OUT_PER_RUN_MAX + 5 }, (_, i) => poison(`Many${i}`));
			book.keep([...many, entry("Last")]);
			await fills(book, LOG_REFUSALS_MAX);
			expect(book.dropped).toBe(1 + LOG_LEFT_OUT_PER_RUN_MAX);
			await fills(book, LOG_REFUSALS_MAX);
			expect([book.waiting, book.dropped]).toEqual([0, 1 + many.length]);
			expect(await logged("Last")).toEqual(["Last/firing"]);
		});
	});

	it("may be one that cannot be made a row at all, or one that is too large", async () => {
		await runInDurableObject(notifier(), async (_, state) => {
			const timeless = JSON.stringify(attempt("Timeless", 1, true)).replaceAll('"createdMs":', '"created":');
			state.storage.sql.exec("INSERT INTO unlogged (body) VALUES (?)", timeless);
			// D1 has 2 MB for a text; the local one takes more.
			const isLarge = (cell: unknown): boolean => typeof cell === "string" && cell.length > 2_000_000;
			const d1 = d1That((cells) => (cells.some(isLarge) ? "string or blob too big: SQLITE_TOOBIG" : null));
			const book = new LogBook(state.storage.sql, d1);
			book.keep([entry("Beside"), { kind: "event", event: event("Huge", { alertname: "x".repeat(3_000_000) }) }]);
			await fills(book, LOG_REFUSALS_MAX);
			expect([book.waiting, book.dropped, await logged("Beside")]).toEqual([0, 2, ["Beside/firing"]]);
			expect(warned.map((line) => (JSON.parse(line) as { why: string }).why)).toEqual([
				"it cannot be made a row",
				expect.stringMatching(/too big/i),
			]);
		});
	});

	it("for a reason that nobody knows is left out only while D1 takes others, and a write at that", async () => {
		await runInDurableObject(notifier(), async (_, state) => {
			const odd = d1That((cells) => (cells.includes("Odd") ? "the moon is full" : null));
			const book = new LogBook(state.storage.sql, odd);
			book.keep([entry("Odd")]);
			await fills(book, 3 * LOG_REFUSALS_MAX);
			expect([book.waiting, book.dropped]).toEqual([1, 0]);
			book.keep([entry("Other")]);
			await book.fill();
			expect([book.waiting, book.dropped, await logged("Other")]).toEqual([0, 1, ["Other/firing"]]);
		});
	});
});

describe("a database that takes nothing for a while costs no row", () => {
	it.each([
		["is away", "Network connection lost."],
		["is full", "Exceeded maximum DB size"],
		["has too much to do", "D1 DB is overloaded. Requests queued for too long."],
		["says nothing that is known", "the moon is full"],
	])("when it %s, however often it is asked", async (_, why) => {
		await runInDurableObject(notifier(), async (_, state) => {
			const down = d1That(() => why);
			const book = new LogBook(state.storage.sql, down);
			book.keep([entry("Wait1"), entry("Wait2"), entry("Wait3")]);
			await fills(book, 3 * LOG_REFUSALS_MAX);
			expect([book.waiting, book.dropped]).toEqual([3, 0]);
		});
	});

	it("when it goes away in the middle of looking for the row", async () => {
		await runInDurableObject(notifier(), async (_, state) => {
			let calls = 0;
			const failing = d1That(() => (calls++ <= LOG_REFUSALS_MAX ? null : "the moon is full"));
			const book = new LogBook(state.storage.sql, failing);
			book.keep([entry("Mid1"), entry("Mid2"), poison("Mid"), entry("Mid3")]);
			await fills(book, 3 * LOG_REFUSALS_MAX);
			expect(book.dropped).toBe(0);
			const mended = new LogBook(state.storage.sql, env.DB);
			await fills(mended, LOG_REFUSALS_MAX);
			expect([mended.waiting, mended.dropped, await logged("Mid3")]).toEqual([0, 1, ["Mid3/firing"]]);
		});
	});

	it("when its migrations are missing: rows of that table wait for them, others are written", async () => {
		await env.DB.exec("ALTER TABLE alert_history RENAME TO away");
		await runInDurableObject(notifier(), async (_, state) => {
			const book = new LogBook(state.storage.sql, env.DB);
			book.keep([entry("Early"), attempt("EarlyToo", 1, true)]);
			await fills(book, 3 * LOG_REFUSALS_MAX);
			expect([book.waiting, book.dropped, await statusOf("EarlyToo")]).toMatchObject([1, 0, { status: "success" }]);
			await env.DB.exec("ALTER TABLE away RENAME TO alert_history");
			await book.fill();
			expect([book.waiting, await logged("Early")]).toEqual([0, ["Early/firing"]]);
		});
	});
});

describe("what is lost", () => {
	it("is told to the deployment's own metrics by the notifier, and can be scraped", async () => {
		counted();
		const stub = env.NOTIFIER.getByName("notifier");
		await stub.keepLog([poison("Told")]);
		await vi.waitFor(async () => {
			await stub.tick();
			const found = await metricStub(env, "perdure.log_rows_dropped").series([]);
			expect(JSON.stringify(found)).toContain("refused");
		}, 25_000);
	});
});

/** The real D1, but it refuses transactions of which a cell is not to its liking, in these words. */
function d1That(refuses: (cells: readonly unknown[]) => string | null): D1Database {
	const held = new WeakMap<object, readonly unknown[]>();
	return {
		prepare(sql: string) {
			const plain = env.DB.prepare(sql);
			const bind = plain.bind.bind(plain);
			plain.bind = (...cells: unknown[]) => {
				const bound = bind(...cells);
				held.set(bound, cells);
				return bound;
			};
			return plain;
		},
		async batch(statements: D1PreparedStatement[]) {
			const why = refuses(statements.flatMap((one) => held.get(one) ?? []));
			if (why !== null) throw new Error(`D1_ERROR: ${why}`);
			return env.DB.batch(statements);
		},
	} as unknown as D1Database;
}
