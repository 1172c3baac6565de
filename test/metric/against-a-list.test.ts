/** A metric object against a plain list of all samples: any window, any grouping, at any time, evicted at any time. */
import { afterAll, describe, expect, it } from "vitest";
import { moveClock } from "../../src/lib/clock.ts";
import { DAY_MS, FINE_SLOT_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../src/model/limits.ts";
import { exactQuantile, MetricDriver, START_MS, seeded, type TestSample } from "./metric-driver.ts";

const WINDOWS_MS = [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, DAY_MS, 7 * DAY_MS, 7 * MINUTE_MS];
const QUANTILES = [0, 0.5, 0.95, 0.99, 1];
const PATHS = ["/a", "/b", "/c"];

type Known = { readonly value: number; readonly timeMs: number; readonly path: string };

function expectGroup(
	group: { count: number; sum: number; min: number; max: number; quantiles: readonly number[] },
	known: readonly Known[],
	where: string,
): void {
	const values = known.map((sample) => sample.value);
	expect(group.count, where).toBe(values.length);
	if (values.length === 0) return;
	expect(group.sum, where).toBe(values.reduce((sum, value) => sum + value, 0));
	expect(group.min, where).toBe(Math.min(...values));
	expect(group.max, where).toBe(Math.max(...values));
	QUANTILES.forEach((q, i) => {
		const exact = exactQuantile(values, q);
		expect(Math.abs((group.quantiles[i] as number) - exact), `${where}, quantile ${q}`).toBeLessThanOrEqual(
			0.01 * exact + 1e-12,
		);
	});
}

describe("a metric object agrees with a list of all samples", () => {
	afterAll(() => moveClock(0, true));

	it.each([1, 2, 3, 4])("over three days of gaps, late samples, reads and evictions (seed %i)", async (seed) => {
		const chance = seeded(seed);
		const metric = new MetricDriver(`list.seed${seed}`);
		const known: Known[] = [];
		let nowMs = START_MS + seed * 1_234;
		for (let round = 0; round < 220; round++) {
			// Mostly seconds, at times hours.
			nowMs += Math.floor(chance() < 0.06 ? chance() * 5 * HOUR_MS : chance() * 40 * SECOND_MS);
			// Well within a slot: the real clock goes on while the call is on its way.
			if (nowMs % FINE_SLOT_MS > FINE_SLOT_MS / 2) nowMs += FINE_SLOT_MS / 2;
			const samples: TestSample[] = [];
			for (let i = Math.floor(chance() * 6); i >= 0; i--) {
				const isLate = chance() < 0.15;
				const timestampMs = isLate ? Math.floor(nowMs - chance() * chance() * 30 * HOUR_MS) : nowMs;
				const path = PATHS[Math.floor(chance() * PATHS.length)] as string;
				const value = Math.floor(Math.exp(chance() * 10));
				samples.push({ value, labels: { path }, ...(isLate ? { timestampMs } : {}) });
				known.push({ value, timeMs: timestampMs, path });
			}
			await metric.record(samples, nowMs);
			if (chance() < 0.1) await metric.evict();
			if (chance() < 0.5) continue;
			const windowMs = WINDOWS_MS[Math.floor(chance() * WINDOWS_MS.length)] as number;
			const bySeries = chance() < 0.5;
			const summary = await metric.summary(windowMs, nowMs, {
				quantiles: QUANTILES,
				by: { kind: bySeries ? "series" : "all" },
			});
			expect(summary.toMs - summary.fromMs).toBeGreaterThanOrEqual(windowMs);
			const within = known.filter((sample) => sample.timeMs >= summary.fromMs && sample.timeMs <= summary.toMs);
			const where = `seed ${seed}, round ${round}, window ${windowMs / 1000} s, ${bySeries ? "by series" : "all"}`;
			for (const group of summary.groups) {
				const path = group.labels["path"];
				expectGroup(group, path === undefined ? within : within.filter((sample) => sample.path === path), where);
			}
			expect(
				summary.groups.reduce((sum, group) => sum + group.count, 0),
				where,
			).toBe(within.length);
		}
	});
});
