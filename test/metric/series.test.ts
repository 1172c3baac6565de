/** Label sets and their places: the bound, the overflow, what a silent one gives up, odd labels. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, describe, expect, it } from "vitest";
import { moveClock } from "../../src/lib/clock.ts";
import { OVERFLOW_LABELS } from "../../src/model/labels.ts";
import {
	DAY_MS,
	HOUR_KEPT_MS,
	HOUR_MS,
	MINUTE_MS,
	SECOND_MS,
	SERIES_IDLE_MS,
	SERIES_KEPT_MAX,
	SERIES_PER_METRIC_MAX,
} from "../../src/model/limits.ts";
import { MetricDriver, START_MS, setClock, type TestSample } from "./metric-driver.ts";

afterAll(() => moveClock(0, true));

function paths(from: number, to: number): TestSample[] {
	return Array.from({ length: to - from }, (_, i) => ({ value: 1, labels: { path: `/${from + i}` } }));
}

async function overflowOf(metric: MetricDriver, nowMs: number): Promise<number> {
	const { groups } = await metric.summary(HOUR_MS, nowMs, { by: { kind: "series" } });
	return groups.find((group) => Object.hasOwn(group.labels, "__overflow__"))?.count ?? 0;
}

async function rowsOf(metric: MetricDriver, table: string): Promise<number> {
	return runInDurableObject(env.METRIC.getByName(metric.name), (_object, state) => {
		return state.storage.sql.exec<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).one().n;
	});
}

describe("at the bound of series", () => {
	it("samples of new ones go to the overflow series, and the receipt and the counts say how many", async () => {
		const metric = new MetricDriver("series.overflow", "counter");
		const receipt = await metric.record(paths(0, SERIES_PER_METRIC_MAX + 20), START_MS);
		expect(receipt).toMatchObject({ accepted: SERIES_PER_METRIC_MAX + 20, overflowed: 20, dropped: 0 });
		expect(await overflowOf(metric, START_MS + SECOND_MS)).toBe(20);
		expect(await metric.describe()).toMatchObject({ series: SERIES_PER_METRIC_MAX, overflowed: 20 });
		await metric.evict();
		// Known ones still have their places.
		expect(await metric.record(paths(990, 1_010), START_MS + 2 * SECOND_MS)).toMatchObject({ overflowed: 10 });
		expect(await overflowOf(metric, START_MS + 3 * SECOND_MS)).toBe(30);
		const labels = (await metric.series()).map((series) => series.labels);
		expect(labels).toHaveLength(SERIES_PER_METRIC_MAX + 1);
		expect(labels).toContainEqual(OVERFLOW_LABELS);
	});

	it("those that were silent for a day give up their places, after an eviction too", async () => {
		const metric = new MetricDriver("series.idle", "counter");
		await metric.record(paths(0, SERIES_PER_METRIC_MAX), START_MS);
		await metric.record(paths(0, 500), START_MS + 12 * HOUR_MS);
		const soon = START_MS + SERIES_IDLE_MS - HOUR_MS;
		expect(await metric.record(paths(2_000, 2_001), soon)).toMatchObject({ overflowed: 1 });
		await metric.evict();
		const later = START_MS + SERIES_IDLE_MS + HOUR_MS;
		// 500 were heard of half a day ago, 500 never again.
		expect(await metric.record(paths(3_000, 3_600), later)).toMatchObject({ accepted: 600, overflowed: 100 });
		expect((await metric.describe()).series).toBe(SERIES_PER_METRIC_MAX);
		// Their history is still there.
		const sums = await metric.summary(7 * DAY_MS, later + SECOND_MS, { by: { kind: "series" } });
		expect(sums.groups.find((group) => group.labels["path"] === "/700")?.count).toBe(1);
		expect((await metric.summary(7 * DAY_MS, later + SECOND_MS)).groups[0]?.count).toBe(2_101);
	});

	it("one that gave up its place and comes back goes on as the same series", async () => {
		const metric = new MetricDriver("series.back", "counter");
		await metric.record(paths(0, SERIES_PER_METRIC_MAX), START_MS);
		const later = START_MS + SERIES_IDLE_MS + HOUR_MS;
		await metric.record(paths(5_000, 5_001), later);
		await metric.record(paths(0, 1), later + MINUTE_MS);
		const { groups } = await metric.summary(7 * DAY_MS, later + 2 * MINUTE_MS, { by: { kind: "series" } });
		expect(groups.filter((group) => group.labels["path"] === "/0")).toMatchObject([{ count: 2, sum: 2 }]);
	});

	it("silent ones are kept up to a bound of their own, and are deleted when no slot of them is left", async () => {
		const metric = new MetricDriver("series.kept", "counter");
		let nowMs = START_MS;
		for (let day = 0; day * SERIES_PER_METRIC_MAX < SERIES_KEPT_MAX; day++) {
			nowMs = START_MS + day * (SERIES_IDLE_MS + HOUR_MS);
			const first = day * SERIES_PER_METRIC_MAX;
			expect(await metric.record(paths(first, first + SERIES_PER_METRIC_MAX), nowMs)).toMatchObject({ overflowed: 0 });
		}
		nowMs += SERIES_IDLE_MS + HOUR_MS;
		expect(await metric.record(paths(90_000, 90_010), nowMs)).toMatchObject({ overflowed: 10 });
		expect(await rowsOf(metric, "series")).toBe(SERIES_KEPT_MAX + 1);
		nowMs += HOUR_KEPT_MS;
		await metric.record([{ value: 1, labels: { path: "/0" } }], nowMs);
		await metric.record([{ value: 1, labels: { path: "/0" } }], nowMs + 61 * SECOND_MS);
		expect(await rowsOf(metric, "series")).toBeLessThanOrEqual(SERIES_PER_METRIC_MAX + 1);
		await metric.evict();
		expect(await metric.record(paths(95_000, 95_010), nowMs + 62 * SECOND_MS)).toMatchObject({ overflowed: 0 });
		const { groups } = await metric.summary(HOUR_MS, nowMs + 63 * SECOND_MS, { by: { kind: "series" } });
		expect(groups.reduce((sum, group) => sum + group.count, 0)).toBe(12);
	}, 20_000);
});

describe("a label", () => {
	it("may be named and valued like something of the language", async () => {
		const metric = new MetricDriver("series.odd", "counter");
		const odd = ["constructor", "toString", "hasOwnProperty", "valueOf"];
		await metric.record(
			odd.map((name, i) => ({ value: i + 1, labels: { [name]: "__proto__" } })),
			START_MS,
		);
		await metric.evict();
		setClock(START_MS + SECOND_MS);
		const list = await metric.series();
		expect(list.map((series) => Object.keys(series.labels)[0])).toEqual(odd);
		const grouped = await metric.summary(HOUR_MS, START_MS + SECOND_MS, {
			by: { kind: "labels", names: ["constructor"] },
		});
		expect(grouped.groups.map((group) => [Object.entries(group.labels), group.sum])).toEqual([
			[[["constructor", "__proto__"]], 1],
			[[], 9],
		]);
		const matched = await metric.summary(HOUR_MS, START_MS + SECOND_MS, {
			matchers: [{ name: "toString", op: "=", value: "__proto__" }],
		});
		expect(matched.groups[0]?.sum).toBe(2);
	});
});
