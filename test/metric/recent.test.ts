/** The last thousand raw samples: exact, newest first, over checkpoints and evictions. */
import { afterAll, describe, expect, it } from "vitest";
import { moveClock } from "../../src/lib/clock.ts";
import { RECENT_SAMPLES_MAX, SECOND_MS } from "../../src/model/limits.ts";
import { MetricDriver, START_MS, seeded } from "./metric-driver.ts";

afterAll(() => moveClock(0, true));

describe("the raw samples", () => {
	it("are the last thousand, newest first, with their own times and labels, whatever happened in between", async () => {
		const chance = seeded(7);
		const metric = new MetricDriver("recent.exact");
		const known: { value: number; path: string; timestampMs: number | null }[] = [];
		let nowMs = START_MS;
		for (let round = 0; round < 60; round++) {
			nowMs += Math.floor(chance() * 20 * SECOND_MS);
			const path = `/${round % 3}`;
			const samples = Array.from({ length: 1 + Math.floor(chance() * 50) }, () => {
				const timestampMs = chance() < 0.2 ? nowMs - Math.floor(chance() * 1_000_000) : null;
				return { value: Math.floor(chance() * 1e6), path, timestampMs };
			});
			known.push(...samples);
			await metric.record(
				samples.map(({ value, timestampMs }) => {
					return timestampMs === null ? { value, labels: { path } } : { value, labels: { path }, timestampMs };
				}),
				nowMs,
			);
			if (chance() < 0.3) await metric.evict();
			if (round % 10 !== 9) continue;
			const expected = known.slice(-RECENT_SAMPLES_MAX).reverse();
			const got = await metric.recent();
			expect(got.map(({ value, labels }) => [value, labels["path"]])).toEqual(
				expected.map((one) => [one.value, one.path]),
			);
			expected.forEach((one, i) => {
				if (one.timestampMs !== null) expect(got[i]?.timestampMs).toBe(one.timestampMs);
			});
		}
		expect(known.length).toBeGreaterThan(RECENT_SAMPLES_MAX);
		expect(await metric.recent(5)).toHaveLength(5);
		expect(await metric.recent(1_000_000)).toHaveLength(RECENT_SAMPLES_MAX);
	});

	it("are the end of a batch that is larger than all of them", async () => {
		const metric = new MetricDriver("recent.large");
		await metric.record(
			Array.from({ length: 2_500 }, (_, i) => ({ value: i })),
			START_MS,
		);
		await metric.evict();
		const got = await metric.recent();
		expect([got.length, got[0]?.value, got.at(-1)?.value]).toEqual([1_000, 2_499, 1_500]);
	});
});
