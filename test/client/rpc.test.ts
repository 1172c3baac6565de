/**
 * The client inside real workerd, over a real service binding: the buffer is shared by requests, promises are not. The far
 * end is a Worker that keeps what it gets, so that what was sent can be read.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createTestHarness } from "wrangler";

type Call = {
	readonly id: string;
	readonly accepted: boolean;
	readonly parts: { readonly name: string; readonly labels: string[]; readonly values: number[] }[];
};

const server = createTestHarness({
	root: import.meta.dirname,
	workers: [{ configPath: "./fixtures/app/wrangler.toml" }, { configPath: "./fixtures/perdure/wrangler.toml" }],
});
const UNAVAILABLE = { kind: "failure", failure: { code: "unavailable", what: "metric 'hits'", retryAfterS: 0 } };

beforeAll(async () => {
	await server.listen();
}, 60_000);
afterAll(() => server.close());
beforeEach(() => expectNext());

async function expectNext(...moods: unknown[]): Promise<void> {
	await server.getWorker("perdure").fetch("http://perdure/", { method: "POST", body: JSON.stringify(moods) });
	server.clearLogs();
}

async function calls(): Promise<Call[]> {
	const response = await server.getWorker("perdure").fetch("http://perdure/");
	return ((await response.json()) as { calls: Call[] }).calls;
}

async function until(check: (calls: readonly Call[]) => boolean): Promise<readonly Call[]> {
	for (const deadlineMs = Date.now() + 20_000; Date.now() < deadlineMs; ) {
		const now = await calls();
		if (check(now)) return now;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	throw new Error(`it did not come to that: ${JSON.stringify(await calls())}`);
}

/** The sum of a counter over all accepted batches. */
function sum(all: readonly Call[], name: string): number {
	const parts = all.filter((call) => call.accepted).flatMap((call) => call.parts);
	return parts
		.filter((part) => part.name === name)
		.flatMap((part) => part.values)
		.reduce((a, b) => a + b, 0);
}

const get = async (path: string) => server.fetch(path);
const complaints = () => server.getLogs().filter((log) => ["error", "warn"].includes(log.level));

describe("in workerd", () => {
	it("fifty requests at once share one batch, sent by the one that came first", async () => {
		await Promise.all(Array.from({ length: 50 }, () => get("/bound")));
		const all = await until((now) => sum(now, "hits") === 50);
		expect(all.length).toBeLessThanOrEqual(2);
		expect(all.flatMap((call) => call.parts).find((part) => part.name === "sizes")?.labels).toEqual([
			'["of","things"]',
		]);
		expect(complaints()).toEqual([]);
	});

	it("what is recorded without a context goes with the next flush of another request", async () => {
		await get("/unbound");
		await get("/unbound");
		await new Promise((resolve) => setTimeout(resolve, 500));
		expect(await calls()).toEqual([]);
		await get("/bound");
		await until((now) => sum(now, "hits") === 3);
	});

	it("waitUntil of cloudflare:workers makes every call flush by itself", async () => {
		await get("/ambient");
		await until((now) => sum(now, "ambient") === 1);
		expect(complaints()).toEqual([]);
	});

	it("a request that throws still keeps its promise to flush", async () => {
		await expect(async () => get("/throw")).rejects.toThrow("the application is broken");
		await until((now) => sum(now, "hits") === 1);
	});

	it("attempts again with the same id after 'unavailable', and counts once", async () => {
		await expectNext(UNAVAILABLE, UNAVAILABLE);
		await get("/bound");
		const all = await until((now) => now.some((call) => call.accepted));
		expect(all).toHaveLength(3);
		expect(new Set(all.map((call) => call.id)).size).toBe(1);
		expect(sum(all, "hits")).toBe(1);
	});

	it("attempts again after an exception that is retryable, and never after one that is not, or an overload", async () => {
		await expectNext({ kind: "retryable" });
		await get("/bound");
		const all = await until((now) => sum(now, "hits") === 1);
		expect(all).toHaveLength(2);
		for (const kind of ["throw", "overloaded"]) {
			await expectNext({ kind });
			await get("/bound");
			await until((now) => now.length === 1);
			await new Promise((resolve) => setTimeout(resolve, 700));
			expect(await calls()).toHaveLength(1);
		}
		expect(await (await get("/stats")).json()).toMatchObject({ dropped: { refused: 4 } });
	});

	it("a request that flushes never waits for, or breaks on, what another one has in the air", async () => {
		await expectNext({ kind: "failure", failure: { code: "overloaded", reason: "slow down", retryAfterS: 2 } });
		await get("/bound");
		await until((now) => now.length === 1);
		const startMs = performance.now();
		const stats = await (await get("/flush")).json();
		expect(performance.now() - startMs).toBeLessThan(1_500);
		expect(stats).toHaveProperty("sent");
		const all = await until((now) => sum(now, "hits") === 1 && sum(now, "flushes") === 1);
		expect(all.filter((call) => call.accepted)).toHaveLength(2);
		expect(complaints()).toEqual([]);
	});

	it("a durable record answers the receipt", async () => {
		await expectNext(UNAVAILABLE);
		expect(await (await get("/durable")).json()).toMatchObject({ ok: true, value: { accepted: 1 } });
		expect(sum(await calls(), "orders")).toBe(1);
	});
});
