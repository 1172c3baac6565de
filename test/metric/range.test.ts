/** A metric over time, for plots, against a list; steps that do not fit, bounds, and times of which only hours are left. */
import { afterAll, describe, expect, it } from "vitest";
import { moveClock } from "../../src/lib/clock.ts";
import {
	DAY_MS,
	HOUR_MS,
	MINUTE_MS,
	POINTS_PER_SERIES_MAX,
	RANGE_CELLS_MAX,
	SECOND_MS,
} from "../../src/model/limits.ts";
import type { Range } from "../../src/model/summary.ts";
import { exactQuantile, MetricDriver, rangeRequest, START_MS, seeded, setClock } from "./metric-driver.ts";

afterAll(() => moveClock(0, true));

type Known = { readonly value: number; readonly timeMs: number; readonly path: string; readonly method: string };

/** About three hours, in the middle of a slot at both ends; half of it late. */
async function filled(
	name: string,
	evicted: boolean,
): Promise<{ metric: MetricDriver; known: Known[]; nowMs: number }> {
	const chance = seeded(3);
	const metric = new MetricDriver(name);
	const known: Known[] = [];
	let nowMs = START_MS + 4_321;
	for (let round = 0; round < 120; round++) {
		nowMs += Math.floor(chance() * 3 * MINUTE_MS);
		const sample = { path: `/${Math.floor(chance() * 3)}`, method: chance() < 0.5 ? "GET" : "POST" };
		const timeMs = chance() < 0.3 ? nowMs - Math.floor(chance() * HOUR_MS) : nowMs;
		const value = Math.floor(chance() * 10_000) + 1;
		known.push({ value, timeMs, ...sample });
		await metric.record([{ value, labels: sample, timestampMs: timeMs }], nowMs);
		if (evicted && chance() < 0.2) await metric.evict();
	}
	return { metric, known, nowMs };
}

function expectRange(range: Range, groupOf: (known: Known) => string, known: readonly Known[], stepMs: number): void {
	const groups = new Map(range.groups.map((group) => [Object.values(group.labels).sort().join(), group]));
	for (const name of new Set(known.map(groupOf))) {
		const group = groups.get(name);
		range.timesMs.forEach((endMs, i) => {
			const startMs = i === 0 ? (range.timesMs[0] as number) - stepMs : (range.timesMs[i - 1] as number);
			const own = known.filter((one) => groupOf(one) === name && one.timeMs >= startMs && one.timeMs < endMs);
			const values = own.map((one) => one.value);
			const where = `${name} at ${i}`;
			expect(group?.counts[i] ?? 0, where).toBe(values.length);
			if (values.length === 0) return;
			expect(group?.sums[i], where).toBe(values.reduce((sum, value) => sum + value));
			expect([group?.mins[i], group?.maxs[i]], where).toEqual([Math.min(...values), Math.max(...values)]);
			const exact = exactQuantile(values, 0.5);
			expect(Math.abs((group?.quantiles[0]?.[i] as number) - exact), where).toBeLessThanOrEqual(0.01 * exact);
		});
	}
}

describe("a metric over time", () => {
	it.each([false, true])(
		"agrees with a list, all together, by series and by a label (evicted: %s)",
		async (evicted) => {
			const { metric, known, nowMs } = await filled(`range.list.${evicted}`, evicted);
			const endMs = Math.ceil(nowMs / (10 * SECOND_MS)) * 10 * SECOND_MS;
			setClock(nowMs);
			for (const stepMs of [30 * SECOND_MS, 5 * MINUTE_MS, HOUR_MS]) {
				// A whole number of steps back from a slot's edge, as a plot asks.
				const startMs = endMs - Math.ceil((4 * HOUR_MS) / stepMs) * stepMs;
				const ask = (by: Parameters<typeof metric.range>[3]) =>
					metric.range(startMs, endMs, stepMs, { quantiles: [0.5], ...by });
				expectRange(await ask({}), () => "", known, stepMs);
				expectRange(
					await ask({ by: { kind: "series" } }),
					(one) => [one.path, one.method].sort().join(),
					known,
					stepMs,
				);
				expectRange(await ask({ by: { kind: "labels", names: ["path"] } }), (one) => one.path, known, stepMs);
				const matchers = [{ name: "method", op: "=" as const, value: "GET" }];
				expectRange(
					await ask({ by: { kind: "labels", names: ["path"] }, matchers }),
					(one) => one.path,
					known.filter((one) => one.method === "GET"),
					stepMs,
				);
			}
		},
	);

	it("shows nothing in a step that was over before it happened, wherever the interval begins", async () => {
		const metric = new MetricDriver("range.shifted");
		for (const atMs of [45 * MINUTE_MS, 46.5 * MINUTE_MS, 3 * HOUR_MS, 3 * HOUR_MS + 2 * MINUTE_MS]) {
			await metric.record([{ value: 1 }], START_MS + atMs);
		}
		setClock(START_MS + 3.5 * HOUR_MS);
		const range = await metric.range(START_MS - 30 * MINUTE_MS, START_MS + 3.5 * HOUR_MS, HOUR_MS);
		const points = [...range.timesMs].map((timeMs, i) => [(timeMs - START_MS) / HOUR_MS, range.groups[0]?.counts[i]]);
		expect(points).toEqual([
			[0, 0],
			[1, 2],
			[2, 0],
			[3, 0],
			[3.5, 2],
		]);
	});

	it("is the same before and after the checkpoint, from the middle of a slot too", async () => {
		const metric = new MetricDriver("range.open");
		await metric.record([{ value: 1 }], START_MS + 2 * SECOND_MS);
		setClock(START_MS + 20 * SECOND_MS);
		const ask = () => metric.range(START_MS + 5 * SECOND_MS, START_MS + 20 * SECOND_MS, 15 * SECOND_MS);
		const before = await ask();
		await metric.record([{ value: 1 }], START_MS + 70 * SECOND_MS);
		expect((await metric.describe()).checkpoints).toBe(1);
		expect(await ask()).toEqual(before);
	});

	it("has its hours beyond the last day, each whole, over evictions", async () => {
		const metric = new MetricDriver("range.days", "counter");
		for (let hour = 0; hour < 100; hour++) {
			await metric.record([{ value: hour }], START_MS + hour * HOUR_MS + 20 * MINUTE_MS);
			if (hour % 9 === 0) await metric.evict();
		}
		setClock(START_MS + 100 * HOUR_MS);
		const hours = await metric.range(START_MS, START_MS + 100 * HOUR_MS, HOUR_MS);
		expect([...(hours.groups[0]?.sums ?? [])]).toEqual(Array.from({ length: 100 }, (_, hour) => hour));
		const days = await metric.range(START_MS, START_MS + 100 * HOUR_MS, DAY_MS);
		expect([...days.timesMs].map((timeMs) => (timeMs - START_MS) / HOUR_MS)).toEqual([24, 48, 72, 96, 100]);
		expect([...(days.groups[0]?.counts ?? [])]).toEqual([24, 24, 24, 24, 4]);
	});

	it("of a counter, a gauge or before its birth answers with NaN where nothing was", async () => {
		const metric = new MetricDriver("range.gauge", "gauge");
		await metric.record([{ value: 7 }], START_MS + MINUTE_MS);
		const range = await metric.range(START_MS - 50 * 365 * DAY_MS, START_MS + 2 * MINUTE_MS, 365 * DAY_MS);
		expect(range.groups[0]?.counts.at(-1)).toBe(1);
		const sums = [...(range.groups[0]?.sums ?? [])];
		expect(sums.slice(0, -1).every(Number.isNaN)).toBe(true);
	});

	it("is refused as too large, in points of one series and in points of all", async () => {
		const metric = new MetricDriver("range.large", "counter");
		const columns = 1_000;
		const slots = Math.ceil((RANGE_CELLS_MAX + 1) / columns);
		const quarter = Math.ceil(slots / 4);
		for (const part of [0, 1, 2, 3]) {
			const samples = Array.from({ length: columns * quarter }, (_, i) => {
				const slot = Math.floor(i / columns) + part * quarter;
				return {
					value: 1,
					labels: { path: `/${i % columns}` },
					timestampMs: START_MS + slot * 10 * SECOND_MS,
				};
			});
			await metric.record(samples, START_MS + HOUR_MS + part * SECOND_MS);
		}
		const many = rangeRequest(START_MS, START_MS + (POINTS_PER_SERIES_MAX + 1) * 10 * SECOND_MS, 10 * SECOND_MS);
		expect(await metric.api.range(many)).toMatchObject({
			ok: false,
			failure: { code: "too_large", limit: POINTS_PER_SERIES_MAX, got: POINTS_PER_SERIES_MAX + 1 },
		});
		for (const stepMs of [0, -1, Number.NaN]) {
			const wrong = await metric.api.range(rangeRequest(START_MS, START_MS + HOUR_MS, stepMs));
			expect(wrong).toMatchObject({ ok: false, failure: { code: "too_large" } });
		}
		const endMs = START_MS + (slots + 2) * 10 * SECOND_MS;
		const cells = await metric.api.range({ ...rangeRequest(START_MS, endMs, 10 * SECOND_MS), by: { kind: "series" } });
		expect(cells).toMatchObject({ ok: false, failure: { code: "too_large", limit: RANGE_CELLS_MAX } });
		expect(await metric.api.range(rangeRequest(START_MS, endMs, 10 * SECOND_MS))).toMatchObject({ ok: true });
	}, 20_000);
});
