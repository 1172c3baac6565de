/** Slots as series: what PromQL is given, point by point, against a list of all samples. */
import { afterAll, describe, expect, it } from "vitest";
import { moveClock } from "../../src/lib/clock.ts";
import { DAY_MS, FINE_SLOT_MS, HOUR_MS, MINUTE_MS, SECOND_MS, SERIES_IDLE_MS } from "../../src/model/limits.ts";
import type { MetricKind } from "../../src/model/metric.ts";
import type { SelectedSeries, SeriesView } from "../../src/model/metric-rpc.ts";
import { MetricDriver, START_MS, seeded, setClock } from "./metric-driver.ts";

afterAll(() => moveClock(0, true));

type Known = { readonly value: number; readonly timeMs: number };

/** Samples of one series over two and a half hours, some of them late, ending on a minute's edge. */
async function filled(
	name: string,
	kind: MetricKind,
	hours = 2.5,
): Promise<{ metric: MetricDriver; known: Known[]; nowMs: number }> {
	const chance = seeded(5);
	const metric = new MetricDriver(name, kind);
	const known: Known[] = [];
	const endMs = START_MS + hours * HOUR_MS;
	for (let nowMs = START_MS + 7_000; nowMs < endMs; nowMs += Math.floor(chance() * (hours / 2.5) * 3 * MINUTE_MS)) {
		const isLate = known.length > 0 && chance() < 0.2;
		const timeMs = isLate ? Math.max(START_MS + 7_000, nowMs - Math.floor(chance() * 70 * MINUTE_MS)) : nowMs;
		const value = Math.floor(chance() * 1_000) + 1;
		known.push({ value, timeMs });
		await metric.record([{ value, labels: { path: "/a" }, timestampMs: timeMs }], nowMs);
		if (chance() < 0.15) await metric.evict();
	}
	setClock(endMs);
	return { metric, known, nowMs: endMs };
}

function only(series: readonly SelectedSeries[]): SelectedSeries {
	expect(series).toHaveLength(1);
	return series[0] as SelectedSeries;
}

function isRising(values: Float64Array): boolean {
	return values.every((value, i) => i === 0 || value >= (values[i - 1] as number));
}

describe("a counter", () => {
	it("has at each slot's end the sum of all before it, by slots of each width, over checkpoints and evictions", async () => {
		const { metric, known, nowMs } = await filled("select.counter", "counter");
		for (const [hours, edges] of [
			[0.9, (0.9 * HOUR_MS) / FINE_SLOT_MS + 1],
			// By minutes until an hour and a minute ago.
			[2.4, (1.4 * HOUR_MS) / MINUTE_MS - 1 + (HOUR_MS + MINUTE_MS) / FINE_SLOT_MS + 1],
		] as const) {
			const { timestampsMs, values } = only(await metric.select(nowMs - hours * HOUR_MS, nowMs));
			expect(timestampsMs).toHaveLength(Math.round(edges));
			expect(timestampsMs.at(-1)).toBe(nowMs);
			timestampsMs.forEach((atMs, i) => {
				const sum = known.filter(({ timeMs }) => timeMs < atMs).reduce((total, { value }) => total + value, 0);
				expect(values[i], `${hours} h, ${i}`).toBe(sum);
			});
			expect(isRising(values)).toBe(true);
		}
	});

	it("goes by hours beyond the day, and by minutes since then", async () => {
		const { metric, known, nowMs } = await filled("select.days", "counter", 60);
		const { timestampsMs, values } = only(await metric.select(START_MS, nowMs));
		const widths = Array.from(timestampsMs, (atMs, i) => (timestampsMs[i + 1] ?? atMs) - atMs);
		const hours = widths.filter((width) => width === HOUR_MS).length;
		const minutes = widths.filter((width) => width === MINUTE_MS).length;
		expect(minutes).toBeGreaterThanOrEqual(24 * 60);
		expect(hours + minutes / 60).toBe(60);
		expect(timestampsMs).toHaveLength(hours + minutes + 1);
		expect(widths.slice(0, hours).every((width) => width === HOUR_MS)).toBe(true);
		timestampsMs.forEach((atMs, i) => {
			const sum = known.filter(({ timeMs }) => timeMs < atMs).reduce((total, { value }) => total + value, 0);
			expect(values[i], `edge ${i}`).toBe(sum);
		});
	});

	it("is zero one slot before its birth, is carried on through silence, and ends a day after its last sample", async () => {
		const metric = new MetricDriver("select.birth", "counter");
		await metric.record([{ value: 1 }], START_MS + 25 * SECOND_MS);
		setClock(START_MS + 2 * MINUTE_MS);
		const born = only(await metric.select(START_MS - MINUTE_MS, START_MS + 2 * MINUTE_MS));
		expect([...born.timestampsMs].map((atMs) => (atMs - START_MS) / SECOND_MS)).toEqual([
			20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120,
		]);
		expect([...born.values]).toEqual([0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
		await metric.evict();
		const lastMs = START_MS + SERIES_IDLE_MS;
		setClock(lastMs);
		expect(only(await metric.select(lastMs - HOUR_MS, lastMs)).values.at(-1)).toBe(1);
		const goneMs = START_MS + SERIES_IDLE_MS + 2 * HOUR_MS;
		setClock(goneMs);
		expect(await metric.select(goneMs - HOUR_MS, goneMs)).toEqual([]);
	});

	it("is born with its oldest sample, whenever that came", async () => {
		const metric = new MetricDriver("select.late", "counter");
		const nowMs = START_MS + 30 * MINUTE_MS;
		await metric.record([{ value: 2, timestampMs: START_MS + 5 * MINUTE_MS }], nowMs);
		await metric.record([{ value: 3, timestampMs: START_MS + 2 * MINUTE_MS }], nowMs + SECOND_MS);
		for (const evicted of [false, true]) {
			if (evicted) await metric.evict();
			setClock(nowMs + MINUTE_MS);
			const { timestampsMs, values } = only(await metric.select(START_MS, nowMs));
			expect([timestampsMs[0], values[0], values[1]]).toEqual([START_MS + 2 * MINUTE_MS, 0, 3]);
			expect(values.at(-1)).toBe(5);
		}
	});

	it("shows what was recorded in the hour or minute that is not over, however far back the question goes", async () => {
		const { metric, known, nowMs } = await filled("select.tail", "counter", 30);
		const laterMs = nowMs + 45 * MINUTE_MS + 25 * SECOND_MS;
		await metric.record([{ value: 50, labels: { path: "/a" } }], nowMs + 20 * MINUTE_MS);
		await metric.record([{ value: 50, labels: { path: "/a" } }], laterMs - 12 * SECOND_MS);
		known.push({ value: 50, timeMs: nowMs + 20 * MINUTE_MS }, { value: 50, timeMs: laterMs - 12 * SECOND_MS });
		for (const [hours, endMs] of [
			[29, laterMs],
			[29, laterMs - 15 * MINUTE_MS],
			[29, laterMs - 2 * HOUR_MS],
			[3, laterMs],
			[3, laterMs - 10 * MINUTE_MS],
		] as const) {
			for (const evicted of [false, true]) {
				if (evicted) await metric.evict();
				setClock(laterMs);
				const { timestampsMs, values } = only(await metric.select(laterMs - hours * HOUR_MS, endMs));
				const inHours = hours > 24;
				if (endMs === laterMs)
					expect(endMs - (timestampsMs.at(-1) as number)).toBeLessThan(inHours ? MINUTE_MS : FINE_SLOT_MS);
				timestampsMs.forEach((atMs, i) => {
					const sum = known.filter(({ timeMs }) => timeMs < atMs).reduce((total, { value }) => total + value, 0);
					expect(values[i], `${hours} h, ${i} of ${timestampsMs.length}`).toBe(sum);
				});
			}
		}
	});

	it("keeps what is older than every slot in its total, and has no points there", async () => {
		const metric = new MetricDriver("select.month", "counter");
		for (let day = 0; day < 40; day++) await metric.record([{ value: 1 }], START_MS + day * DAY_MS + 30 * MINUTE_MS);
		const nowMs = START_MS + 39 * DAY_MS + HOUR_MS;
		setClock(nowMs);
		for (const evicted of [false, true]) {
			if (evicted) await metric.evict();
			const { timestampsMs, values } = only(await metric.select(START_MS - 100 * 365 * DAY_MS, nowMs));
			expect([values[0], values.at(-1)]).toEqual([10, 40]);
			expect(timestampsMs[0]).toBeGreaterThanOrEqual(nowMs - 31 * DAY_MS);
			expect(isRising(values)).toBe(true);
		}
	});

	it("answers about the first series of a new metric without walking through the years before it", async () => {
		const metric = new MetricDriver("select.young", "counter");
		await metric.record([{ value: 1 }], START_MS);
		const began = performance.now();
		await metric.series();
		await metric.select(0, START_MS + MINUTE_MS);
		await metric.summary(HOUR_MS, START_MS);
		expect(performance.now() - began).toBeLessThan(2_000);
	});
});

describe("a distribution", () => {
	const VIEWS: readonly SeriesView[] = ["count", "sum", "bucket", "histogram"];

	it("gives count, sum, buckets and histograms that agree with one another and with the list", async () => {
		const { metric, known, nowMs } = await filled("select.distribution", "distribution");
		for (const hours of [0.5, 2.4]) {
			const startMs = nowMs - hours * HOUR_MS;
			const [count, sum, bucket, histogram] = await Promise.all(
				VIEWS.map((view) => metric.select(startMs, nowMs, { view })),
			);
			const counts = only(count ?? []);
			const sums = only(sum ?? []);
			const { histograms, timestampsMs } = only(histogram ?? []);
			expect(sums.timestampsMs).toEqual(counts.timestampsMs);
			expect(timestampsMs).toEqual(counts.timestampsMs);
			timestampsMs.forEach((atMs, i) => {
				const before = known.filter(({ timeMs }) => timeMs < atMs).map(({ value }) => value);
				const one = histograms?.[i];
				expect(counts.values[i]).toBe(before.length);
				expect(sums.values[i]).toBe(before.reduce((total, value) => total + value, 0));
				expect([one?.count, one?.sum]).toEqual([counts.values[i], sums.values[i]]);
				expect(one?.counts.reduce((total, inBin) => total + inBin, 0)).toBe(before.length);
				for (const series of bucket ?? []) {
					const le = series.labels["le"] === "+Inf" ? Number.POSITIVE_INFINITY : Number(series.labels["le"]);
					expect(series.values[i], `le ${le} at ${i}`).toBe(before.filter((value) => value <= le).length);
				}
			});
			const bounds = (bucket ?? []).map((series) => series.labels["le"]);
			expect(bounds.at(-1)).toBe("+Inf");
			expect(new Set(bounds).size).toBe(bounds.length);
		}
	});

	it("has a sum that goes below zero when its values do", async () => {
		const metric = new MetricDriver("select.negative");
		await metric.record([{ value: -5 }], START_MS);
		const nowMs = START_MS + 2 * HOUR_MS;
		await metric.record([{ value: 10 }], nowMs);
		setClock(nowMs + MINUTE_MS);
		const { values } = only(await metric.select(nowMs - MINUTE_MS, nowMs + MINUTE_MS, { view: "sum" }));
		expect([values[0], values.at(-1)]).toEqual([-5, 5]);
	});
});

describe("a gauge", () => {
	it("gives the latest value of each slot at its own time, over evictions", async () => {
		const { metric, known, nowMs } = await filled("select.gauge", "gauge");
		const { timestampsMs, values } = only(await metric.select(nowMs - 50 * MINUTE_MS, nowMs));
		const latest = new Map<number, Known>();
		for (const one of known) {
			if (one.timeMs < nowMs - 50 * MINUTE_MS) continue;
			const slot = Math.floor(one.timeMs / FINE_SLOT_MS);
			if (one.timeMs >= (latest.get(slot)?.timeMs ?? 0)) latest.set(slot, one);
		}
		const expected = [...latest.values()].sort((a, b) => a.timeMs - b.timeMs);
		expect([...values]).toEqual(expected.map((one) => one.value));
		timestampsMs.forEach((atMs, i) => {
			expect(Math.abs(atMs - (expected[i]?.timeMs ?? 0))).toBeLessThan(50);
		});
	});
});

describe("a sampled series", () => {
	it("gives back its points with their own times, whatever order they came in, over checkpoints and evictions", async () => {
		const metric = new MetricDriver("select.sampled", "sampled");
		const points = Array.from({ length: 120 }, (_, i) => ({
			value: i * 1.5 - 40,
			timestampMs: START_MS + i * 15 * SECOND_MS,
		}));
		for (let from = 0; from < points.length; from += 8) {
			const batch = points.slice(from, from + 8).reverse();
			await metric.record(batch, START_MS + (from + 8) * 15 * SECOND_MS);
			if (from % 24 === 0) await metric.evict();
		}
		// The same points once more, under another batch id, change nothing.
		await metric.record(points.slice(0, 4), START_MS + 121 * 15 * SECOND_MS);
		const nowMs = START_MS + 122 * 15 * SECOND_MS;
		setClock(nowMs);
		const { timestampsMs, values } = only(await metric.select(START_MS, nowMs));
		expect([...timestampsMs]).toEqual(points.map((point) => point.timestampMs));
		expect([...values]).toEqual(points.map((point) => point.value));
	});
});
