/** Forgetting: one series or the whole metric, over evictions; what stays is exact. */
import { afterAll, describe, expect, it } from "vitest";
import { moveClock } from "../../src/lib/clock.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../src/model/limits.ts";
import { MetricDriver, START_MS, setClock } from "./metric-driver.ts";

afterAll(() => moveClock(0, true));

const B = { name: "path", op: "=", value: "/b" } as const;

/** Samples on three paths over three hours, the last ones in the journal alone. */
async function filled(name: string): Promise<{ metric: MetricDriver; nowMs: number }> {
	const metric = new MetricDriver(name);
	let nowMs = START_MS;
	for (let i = 0; i < 40; i++) {
		nowMs = START_MS + i * 5 * MINUTE_MS;
		await metric.record(
			[1, 2, 3].map((value, k) => ({ value, labels: { path: `/${"abc"[k]}` } })),
			nowMs,
		);
	}
	return { metric, nowMs };
}

describe("forgetting one series", () => {
	it.each([false, true])("leaves the others exact in every window and over time (evicted: %s)", async (evicted) => {
		const { metric, nowMs } = await filled(`forget.one.${evicted}`);
		await metric.summary(DAY_MS, nowMs + SECOND_MS);
		expect(await metric.api.forget([B])).toBe(1);
		if (evicted) await metric.evict();
		const laterMs = nowMs + MINUTE_MS;
		await metric.record([{ value: 5, labels: { path: "/a" } }], laterMs);
		for (const windowMs of [5 * MINUTE_MS, HOUR_MS, DAY_MS, 7 * DAY_MS]) {
			const { groups, fromMs } = await metric.summary(windowMs, laterMs + SECOND_MS);
			const rounds = Array.from({ length: 40 }, (_, i) => START_MS + i * 5 * MINUTE_MS).filter(
				(atMs) => atMs >= fromMs,
			);
			expect(groups[0], `${windowMs}`).toMatchObject({ count: rounds.length * 2 + 1, sum: rounds.length * 4 + 5 });
		}
		const range = await metric.range(START_MS, laterMs + SECOND_MS, HOUR_MS);
		expect([...(range.groups[0]?.counts ?? [])].reduce((sum, count) => sum + count)).toBe(81);
		expect((await metric.series()).map((series) => series.labels["path"])).toEqual(["/a", "/c"]);
		expect((await metric.recent()).some((sample) => sample.labels["path"] === "/b")).toBe(false);
		expect(await metric.api.forget([B])).toBe(0);
	});

	it("gives its id to nobody: a new series begins with nothing, after an eviction too", async () => {
		const { metric, nowMs } = await filled("forget.id");
		expect(await metric.api.forget([{ name: "path", op: "=", value: "/c" }])).toBe(1);
		await metric.record([{ value: 7, labels: { path: "/d" } }], nowMs + SECOND_MS);
		await metric.evict();
		const { groups } = await metric.summary(DAY_MS, nowMs + 2 * SECOND_MS, { by: { kind: "series" } });
		expect(groups.find((group) => group.labels["path"] === "/d")).toMatchObject({ count: 1, sum: 7 });
		expect(await metric.api.forget([])).toBe(3);
	});

	it("that comes back begins anew", async () => {
		const { metric, nowMs } = await filled("forget.back");
		await metric.api.forget([B]);
		await metric.record([{ value: 9, labels: { path: "/b" } }], nowMs + SECOND_MS);
		await metric.evict();
		setClock(nowMs + 2 * SECOND_MS);
		const b = (await metric.series()).find((series) => series.labels["path"] === "/b");
		expect(b).toMatchObject({ count: 1, sum: 9 });
		expect(b?.firstSeenMs).toBeGreaterThan(nowMs);
	});
});

describe("forgetting the metric", () => {
	it("leaves nothing, and the next sample may be of another kind", async () => {
		const { metric, nowMs } = await filled("forget.all");
		expect(await metric.api.forget([])).toBe(3);
		expect(await metric.api.forget([])).toBe(0);
		const gone = await metric.api.summary({
			windowMs: HOUR_MS,
			quantiles: [],
			by: { kind: "all" },
			matchers: [],
			sketches: false,
		});
		expect(gone).toMatchObject({ ok: false, failure: { code: "not_found" } });
		expect(await metric.recent()).toEqual([]);
		await metric.evict();
		expect(await metric.describe()).toMatchObject({ kind: null, series: 0, journalRows: 0 });
		const counter = new MetricDriver("forget.all", "counter");
		await counter.record([{ value: 4 }], nowMs + MINUTE_MS);
		await counter.evict();
		expect((await counter.summary(DAY_MS, nowMs + 2 * MINUTE_MS)).groups[0]).toMatchObject({ count: 1, sum: 4 });
	});

	it("is not undone by the catalog's answer to a registration that was on its way", async () => {
		const metric = new MetricDriver("forget.registering", "counter");
		const recorded = metric.record([{ value: 1 }], START_MS);
		await metric.api.forget([]);
		expect((await recorded).accepted).toBe(1);
		await new Promise((resolve) => setTimeout(resolve, 100));
		await metric.evict();
		expect(await metric.describe()).toMatchObject({ kind: null });
		const gauge = new MetricDriver("forget.registering", "gauge");
		await gauge.record([{ value: 1 }], START_MS + MINUTE_MS);
		await gauge.evict();
		expect(await gauge.describe()).toMatchObject({ kind: "gauge" });
	});
});
