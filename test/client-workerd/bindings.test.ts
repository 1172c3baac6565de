/** The wrappers around real D1, KV and a real queue's producer: same answers, same types, and what is recorded of them. */
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createMonitor, type Monitor } from "../../src/client/index.ts";
import { ok } from "../../src/lib/result.ts";
import type { Batch } from "../../src/model/batch.ts";
import { CLIENT_SQL_CHARS_MAX } from "../../src/model/limits.ts";
import type { RecorderApi } from "../../src/model/recorder-api.ts";
import { receiptOf, valuesOf } from "../client/far-end.ts";

let batches: Batch[];
let monitor: Monitor;
let lines: string[];
let db: D1Database;

const binding: RecorderApi = {
	record: async (batch) => {
		batches.push(batch);
		return ok(receiptOf(batch));
	},
	messages: async (messages) => ok({ accepted: messages.length, dropped: 0 }),
};

beforeAll(async () => {
	await env.DB.exec("CREATE TABLE client_things (id INTEGER PRIMARY KEY, name TEXT UNIQUE) STRICT");
});
afterAll(async () => {
	await env.DB.exec("DROP TABLE client_things");
});
beforeEach(async () => {
	batches = [];
	lines = [];
	monitor = createMonitor(binding);
	db = monitor.d1(env.DB, { slowQueryMs: 0, log: (line) => lines.push(line) });
	await env.DB.exec("DELETE FROM client_things");
});

/** How many values of a metric were recorded, by the label `operation`. */
async function counts(name: string): Promise<Record<string, number>> {
	await monitor.flush();
	const values = Object.entries(valuesOf(batches, name));
	return Object.fromEntries(values.map(([key, list]) => [JSON.parse(key)[1] ?? "", list.length]));
}

async function total(name: string): Promise<number> {
	await monitor.flush();
	return Object.values(valuesOf(batches, name))
		.flat()
		.reduce((sum, value) => sum + value, 0);
}

describe("a measured D1", () => {
	it("answers as the database does, by every way to run a statement", async () => {
		const insert = db.prepare("INSERT INTO client_things (id, name) VALUES (?, ?)");
		expect((await insert.bind(1, "a").run()).meta.changes).toBe(1);
		const select = db.prepare("SELECT id, name FROM client_things ORDER BY id");
		expect((await select.all()).results).toEqual([{ id: 1, name: "a" }]);
		expect(await select.first()).toEqual({ id: 1, name: "a" });
		expect(await select.first("name")).toBe("a");
		expect(await select.raw()).toEqual([[1, "a"]]);
		expect(await select.raw({ columnNames: true })).toEqual([
			["id", "name"],
			[1, "a"],
		]);
		expect(await counts("db.query_time")).toEqual({ insert: 1, select: 5 });
		expect(await counts("db.errors")).toEqual({});
	});

	it("runs a batch of its own and of foreign statements as one", async () => {
		const results = await db.batch([
			db.prepare("INSERT INTO client_things (id, name) VALUES (?, ?)").bind(1, "a"),
			env.DB.prepare("INSERT INTO client_things (id, name) VALUES (2, 'b')"),
			db.prepare("SELECT count(*) AS n FROM client_things"),
		]);
		expect(results[2]?.results).toEqual([{ n: 2 }]);
		expect(await counts("db.query_time")).toEqual({ batch: 1 });
	});

	it("runs exec and sessions", async () => {
		expect((await db.exec("DELETE FROM client_things")).count).toBe(1);
		const session = db.withSession("first-primary");
		expect(await session.prepare("SELECT 1 AS one").first("one")).toBe(1);
		expect((await session.batch([session.prepare("SELECT 2 AS two")]))[0]?.results).toEqual([{ two: 2 }]);
		expect(() => session.getBookmark()).not.toThrow();
		expect(await counts("db.query_time")).toEqual({ exec: 1, select: 1, batch: 1 });
	});

	it("throws what the database throws, and counts it", async () => {
		const insert = () => db.prepare("INSERT INTO client_things (id, name) VALUES (1, 'a')").run();
		await insert();
		await expect(insert()).rejects.toThrow(/UNIQUE/);
		await expect(db.prepare("SELECT 1 FROM nowhere").first()).rejects.toThrow(/no such table/);
		await expect(db.batch([db.prepare("SELEC 1")])).rejects.toThrow(/syntax/);
		expect(await counts("db.errors")).toEqual({ insert: 1, select: 1, batch: 1 });
		expect(await total("db.errors")).toBe(3);
	});

	it("names a slow query by its text, bounded, and never its parameters", async () => {
		await db.prepare("SELECT ? AS secret").bind("s3cr3t").first();
		await db.prepare(`SELECT 1 /* ${"x".repeat(5_000)} */`).first();
		expect(lines).toHaveLength(2);
		expect(lines.join()).not.toContain("s3cr3t");
		expect(JSON.parse(lines[0] ?? "")).toMatchObject({
			level: "warn",
			message: "slow query",
			data: { operation: "select", sql: "SELECT ? AS secret" },
		});
		expect(JSON.parse(lines[1] ?? "").data.sql).toHaveLength(CLIENT_SQL_CHARS_MAX);
		expect(await total("db.slow_queries")).toBe(2);
	});

	it("says nothing of a query that is quick, and survives a log that throws", async () => {
		const quiet = monitor.d1(env.DB, { slowQueryMs: 60_000, log: (line) => lines.push(line) });
		await quiet.prepare("SELECT 1").first();
		expect(lines).toEqual([]);
		const throwing = monitor.d1(env.DB, {
			slowQueryMs: 0,
			log: () => {
				throw new Error("full");
			},
		});
		expect(await throwing.prepare("SELECT 1 AS one").first("one")).toBe(1);
	});
});

describe("a measured KV", () => {
	it("answers as the namespace does, and counts what was found", async () => {
		const kv = monitor.kv(env.SYSTEM_CONFIG);
		await kv.put("client:a", JSON.stringify({ a: 1 }), { metadata: { of: "a" } });
		expect(await kv.get("client:a", "json")).toEqual({ a: 1 });
		expect(await kv.get("client:none")).toBeNull();
		expect(await kv.getWithMetadata("client:a")).toMatchObject({ value: '{"a":1}', metadata: { of: "a" } });
		expect((await kv.getWithMetadata("client:none")).value).toBeNull();
		expect(await kv.get(["client:a", "client:none"])).toEqual(
			new Map([
				["client:a", '{"a":1}'],
				["client:none", null],
			]),
		);
		expect((await kv.list({ prefix: "client:" })).keys.map((key) => key.name)).toEqual(["client:a"]);
		await kv.delete("client:a");
		expect(await total("cache.hits")).toBe(3);
		expect(await total("cache.misses")).toBe(3);
		expect(await counts("kv.latency")).toEqual({ put: 1, get: 3, getWithMetadata: 2, list: 1, delete: 1 });
		expect(await counts("kv.errors")).toEqual({});
	});

	it("throws what the namespace throws, and counts it", async () => {
		const kv = monitor.kv(env.SYSTEM_CONFIG);
		await expect(kv.put("", "x")).rejects.toThrow();
		expect(await counts("kv.errors")).toEqual({ put: 1 });
	});
});

describe("a measured queue", () => {
	it("takes the backlog from metrics()", async () => {
		const queue = monitor.queue(env.DELIVERIES, { name: "q" });
		expect(typeof (await queue.metrics()).backlogCount).toBe("number");
		await monitor.flush();
		expect(valuesOf(batches, "queue.backlog")).toEqual({ '["queue","q"]': [expect.any(Number)] });
	});

	it("sends through the real binding, and counts what it refuses", async () => {
		const queue = monitor.queue(env.DELIVERIES);
		await expect(queue.send("x".repeat(200_000))).rejects.toThrow();
		expect(await total("queue.errors")).toBe(1);
		expect(await total("queue.sent")).toBe(0);
	});
});
