/** Windows: what is kept and moved on agrees with what is built anew; extremes, silence, long windows, memory. */
import { afterAll, describe, expect, it } from "vitest";
import { moveClock } from "../../src/lib/clock.ts";
import { windowMemoryBytes } from "../../src/metric/windows.ts";
import {
	DAY_MS,
	HOUR_MS,
	MINUTE_MS,
	RECENT_SAMPLES_MAX,
	SECOND_MS,
	WINDOW_IDLE_MS,
	WINDOW_MEMORY_BYTES_MAX,
} from "../../src/model/limits.ts";
import type { MetricKind } from "../../src/model/metric.ts";
import { exactQuantile, MetricDriver, START_MS, seeded } from "./metric-driver.ts";

afterAll(() => moveClock(0, true));

const KINDS: readonly MetricKind[] = ["counter", "gauge", "distribution", "sampled"];

describe("a window", () => {
	it.each(KINDS)("that was kept and moved on equals one that is built anew, for a %s", async (kind) => {
		const chance = seeded(11);
		const metric = new MetricDriver(`window.kept.${kind}`, kind);
		let nowMs = START_MS;
		for (let round = 0; round < 80; round++) {
			nowMs += Math.floor(chance() * 30 * SECOND_MS);
			const labels = { path: `/${Math.floor(chance() * 3)}` };
			await metric.record([{ value: Math.floor(chance() * 1e5), labels }], nowMs);
			for (const windowMs of [MINUTE_MS, 5 * MINUTE_MS, HOUR_MS]) await metric.summary(windowMs, nowMs);
			await metric.summary(5 * MINUTE_MS, nowMs, { by: { kind: "series" } });
			if (round % 20 !== 19) continue;
			const ask = () =>
				Promise.all([
					...[MINUTE_MS, 5 * MINUTE_MS, HOUR_MS].map((windowMs) =>
						metric.summary(windowMs, nowMs, { quantiles: [0.5, 1] }),
					),
					metric.summary(5 * MINUTE_MS, nowMs, { by: { kind: "series" } }),
				]);
			const sorted = async () =>
				(await ask()).map(({ groups, fromMs }) => {
					// The rate is over a time that goes on while we ask.
					const plain = groups.map(({ ratePerS: _, ...group }) => group);
					return [fromMs, plain.sort((a, b) => JSON.stringify(a.labels).localeCompare(JSON.stringify(b.labels)))];
				});
			const kept = await sorted();
			await metric.evict();
			expect(await sorted()).toEqual(kept);
		}
	});

	it("of a length that is not kept agrees with the list too", async () => {
		const metric = new MetricDriver("window.odd");
		const values: number[] = [];
		for (let i = 0; i < 30; i++) {
			values.push(i * 7 + 1);
			await metric.record([{ value: i * 7 + 1 }], START_MS + i * 20 * SECOND_MS);
		}
		const nowMs = START_MS + 29 * 20 * SECOND_MS;
		const summary = await metric.summary(100 * SECOND_MS, nowMs);
		const within = values.filter((_, i) => START_MS + i * 20 * SECOND_MS >= summary.fromMs);
		expect(summary.groups[0]).toMatchObject({ count: within.length, min: within[0], max: within.at(-1) });
	});

	it("has the minimum and maximum of what is left when others leave", async () => {
		const metric = new MetricDriver("window.extremes");
		const values = [500, 1, 30, 900, 40, 50, 60];
		for (const [minute, value] of values.entries()) {
			await metric.record([{ value }], START_MS + minute * MINUTE_MS);
			await metric.summary(5 * MINUTE_MS, START_MS + minute * MINUTE_MS);
		}
		for (let minute = 7; minute < 11; minute++) {
			const summary = await metric.summary(5 * MINUTE_MS, START_MS + minute * MINUTE_MS);
			const left = values.slice(minute - 5);
			expect(summary.groups[0]).toMatchObject({ count: left.length, min: Math.min(...left), max: Math.max(...left) });
		}
	});

	it("is right when minutes without any sample lie in it", async () => {
		const metric = new MetricDriver("window.empty");
		await metric.record([{ value: 100 }], START_MS);
		// The read brings the checkpoint, which writes the minute that has begun: it is empty.
		await metric.summary(15 * MINUTE_MS, START_MS + 61 * SECOND_MS);
		await metric.record([{ value: 50 }], START_MS + 10 * MINUTE_MS);
		await metric.record([{ value: 60 }], START_MS + 11 * MINUTE_MS);
		await metric.summary(15 * MINUTE_MS, START_MS + 14 * MINUTE_MS);
		const summary = await metric.summary(15 * MINUTE_MS, START_MS + 15 * MINUTE_MS + 10 * SECOND_MS);
		expect(summary.groups[0]).toMatchObject({ count: 2, min: 50, max: 60 });
	});

	it("holds what a metric recorded before it fell silent, for as long as the window reaches", async () => {
		const metric = new MetricDriver("window.silent");
		await metric.record([{ value: 1 }], START_MS);
		await metric.record([{ value: 2 }], START_MS + 61 * SECOND_MS);
		for (const hours of [2, 23, 26, 40, 160]) {
			const nowMs = START_MS + hours * HOUR_MS;
			expect((await metric.summary(7 * DAY_MS, nowMs)).groups[0], `after ${hours} h`).toMatchObject({
				count: 2,
				sum: 3,
			});
			if (hours < 24) expect((await metric.summary(DAY_MS, nowMs)).groups[0]?.count).toBe(2);
			if (hours > 26) expect((await metric.summary(DAY_MS, nowMs)).groups[0]?.count).toBe(0);
			await metric.evict();
		}
		expect((await metric.summary(7 * DAY_MS, START_MS + 170 * HOUR_MS)).groups[0]?.count).toBe(0);
	});

	it("of a day is right when it was read last many hours ago", async () => {
		const metric = new MetricDriver("window.idle");
		const timesMs: number[] = [];
		for (let hour = 0; hour < 40; hour++) {
			for (const minute of [10, 40]) {
				const timeMs = START_MS + hour * HOUR_MS + minute * MINUTE_MS;
				timesMs.push(timeMs);
				await metric.record([{ value: 1 }], timeMs);
			}
		}
		let nowMs = START_MS + 40 * HOUR_MS + 30 * MINUTE_MS;
		for (const hoursLater of [0, 11, 5]) {
			nowMs += hoursLater * HOUR_MS;
			const { groups, fromMs } = await metric.summary(DAY_MS, nowMs);
			expect(groups[0]?.count, `${hoursLater} h later`).toBe(timesMs.filter((timeMs) => timeMs >= fromMs).length);
		}
	});

	it("of thirty days is made of hours, and evictions in between lose nothing", async () => {
		const metric = new MetricDriver("window.month");
		let nowMs = START_MS;
		const known: { value: number; timeMs: number }[] = [];
		for (let i = 0; i < 110; i++) {
			nowMs = START_MS + i * 8 * HOUR_MS + (i % 5) * MINUTE_MS;
			known.push({ value: i + 1, timeMs: nowMs });
			await metric.record([{ value: i + 1 }], nowMs);
			if (i % 7 === 0) await metric.evict();
			if (i % 10 !== 9) continue;
			const summary = await metric.summary(30 * DAY_MS, nowMs, { quantiles: [0.5] });
			expect(summary.fromMs % HOUR_MS).toBe(0);
			const values = known.filter(({ timeMs }) => timeMs >= summary.fromMs).map(({ value }) => value);
			expect(summary.groups[0], `round ${i}`).toMatchObject({
				count: values.length,
				sum: values.reduce((sum, value) => sum + value),
				min: Math.min(...values),
				max: Math.max(...values),
			});
			const median = exactQuantile(values, 0.5);
			expect(Math.abs((summary.groups[0]?.quantiles[0] as number) - median)).toBeLessThanOrEqual(0.01 * median);
		}
	});

	it("keeps the latest value of a gauge, not the last that arrived", async () => {
		const metric = new MetricDriver("window.gauge", "gauge");
		await metric.record([{ value: 5 }], START_MS + MINUTE_MS);
		await metric.record([{ value: 3, timestampMs: START_MS }], START_MS + 2 * MINUTE_MS);
		for (const evicted of [false, true]) {
			if (evicted) await metric.evict();
			const { groups } = await metric.summary(HOUR_MS, START_MS + 3 * MINUTE_MS);
			expect(groups[0]).toMatchObject({ count: 2, last: 5, min: 3, max: 5 });
		}
	});
});

describe("defect 7: percentiles over the last 1,000 values whatever their age, by floor(n*p)", () => {
	it("are of a time window and by nearest rank", async () => {
		const metric = new MetricDriver("defect.seven");
		// An hour ago two thousand slow ones, in the last minute one hundred quick ones.
		await metric.record(
			Array.from({ length: 2 * RECENT_SAMPLES_MAX }, () => ({ value: 5_000 })),
			START_MS,
		);
		const nowMs = START_MS + HOUR_MS + 5 * MINUTE_MS;
		const quick = Array.from({ length: 100 }, (_, i) => i + 1);
		await metric.record(
			quick.map((value) => ({ value })),
			nowMs,
		);
		for (const evicted of [false, true]) {
			if (evicted) await metric.evict();
			const five = (await metric.summary(5 * MINUTE_MS, nowMs, { quantiles: [0.5, 0.95, 0.99, 1] })).groups[0];
			expect(five?.count).toBe(100);
			[50, 95, 99, 100].forEach((exact, i) => {
				expect(Math.abs((five?.quantiles[i] as number) - exact)).toBeLessThanOrEqual(0.01 * exact);
			});
			const six = (await metric.summary(6 * HOUR_MS, nowMs, { quantiles: [0.5] })).groups[0];
			expect(six?.count).toBe(2_100);
			expect(Math.abs((six?.quantiles[0] as number) - 5_000)).toBeLessThanOrEqual(50);
		}
		// floor(n * p) of two samples would be the larger one.
		const two = new MetricDriver("defect.seven.two");
		await two.record([{ value: 10 }, { value: 1_000 }], nowMs);
		const median = (await two.summary(5 * MINUTE_MS, nowMs, { quantiles: [0.5] })).groups[0]?.quantiles[0];
		expect(Math.abs((median as number) - 10)).toBeLessThanOrEqual(0.1);
	});
});

describe("the memory of all windows", () => {
	it("stays within its bound, and answers stay right after windows were dropped", async () => {
		const nowMs = START_MS + 90 * DAY_MS;
		const metrics = Array.from({ length: 5 }, (_, i) => new MetricDriver(`window.memory.${i}`));
		// Two values that far apart make a sketch of about 10 KB.
		const samples = Array.from({ length: 500 }, (_, i) => ({ labels: { path: `/${i}` } })).flatMap(({ labels }) => [
			{ value: 1e-9, labels },
			{ value: 1e12, labels },
		]);
		let largest = 0;
		for (const metric of metrics) {
			await metric.record(samples, nowMs);
			for (const windowMs of [5 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS]) {
				const { groups } = await metric.summary(windowMs, nowMs, { by: { kind: "series" } });
				expect(groups).toHaveLength(500);
				largest = Math.max(largest, windowMemoryBytes());
				expect(windowMemoryBytes()).toBeLessThanOrEqual(WINDOW_MEMORY_BYTES_MAX);
			}
		}
		expect(largest).toBeGreaterThan(WINDOW_MEMORY_BYTES_MAX / 2);
		const first = metrics[0] as MetricDriver;
		expect((await first.describe()).windowBytes).toBe(0);
		const again = await first.summary(HOUR_MS, nowMs + SECOND_MS, { by: { kind: "series" } });
		expect(again.groups.every((group) => group.count === 2 && group.min === 1e-9 && group.max === 1e12)).toBe(true);
		// A quarter of an hour later nobody has read them.
		await first.summary(HOUR_MS, nowMs + WINDOW_IDLE_MS + MINUTE_MS);
		expect(windowMemoryBytes()).toBeLessThan(1024 * 1024);
	});

	it("counts what a window grows by after it was read", async () => {
		const nowMs = START_MS + 91 * DAY_MS;
		const metric = new MetricDriver("window.growth");
		await metric.record([{ value: 1 }], nowMs);
		await metric.summary(HOUR_MS, nowMs, { by: { kind: "series" } });
		const before = windowMemoryBytes();
		const samples = Array.from({ length: 500 }, (_, i) => ({ labels: { path: `/${i}` } })).flatMap(({ labels }) => [
			{ value: 1e-9, labels },
			{ value: 1e12, labels },
		]);
		await metric.record(samples, nowMs + 61 * SECOND_MS);
		expect(windowMemoryBytes() - before).toBeGreaterThan(1024 * 1024);
	});
});
