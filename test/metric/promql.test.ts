/** From recorded samples through the Querier to an answer of PromQL, against exact figures. */
import { env } from "cloudflare:workers";
import { afterAll, describe, expect, it } from "vitest";
import { moveClock } from "../../src/lib/clock.ts";
import { MINUTE_MS, SECOND_MS } from "../../src/model/limits.ts";
import { querierOf } from "../../src/peers/querier.ts";
import { evaluateInstant } from "../../src/promql/evaluate.ts";
import { exactQuantile, MetricDriver, START_MS, seeded, setClock } from "./metric-driver.ts";

afterAll(() => moveClock(0, true));

/** The values of an expression at a time, one a label set. */
async function ask(expression: string, timeMs: number): Promise<number[]> {
	setClock(timeMs);
	const answer = await evaluateInstant(expression, querierOf(env, timeMs), { timeMs });
	if (!answer.ok) throw new Error(JSON.stringify(answer.failure));
	expect(answer.value.missing).toEqual([]);
	const { value } = answer.value;
	if (value.kind !== "vector") throw new Error(value.kind);
	return value.samples.map((sample) => sample.value);
}

describe("PromQL over recorded metrics", () => {
	it("sees an increase of one after the first error", async () => {
		const errors = new MetricDriver("promql.errors", "counter");
		await errors.record([{ value: 1, labels: { path: "/a" } }], START_MS + 3 * SECOND_MS);
		await errors.registered();
		for (const evicted of [false, true]) {
			if (evicted) await errors.evict();
			expect(await ask("increase(promql_errors[5m])", START_MS + MINUTE_MS)).toEqual([1]);
			expect(await ask("promql_errors_total", START_MS + MINUTE_MS)).toEqual([1]);
		}
	});

	it("sees a steady counter's increase and rate within one per cent", async () => {
		const requests = new MetricDriver("promql.requests", "counter");
		for (let second = 0; second < 600; second += 10) {
			await requests.record([{ value: 10, labels: { path: "/a" } }], START_MS + second * SECOND_MS);
			if (second === 300) await requests.evict();
		}
		await requests.registered();
		const [increase] = await ask("increase(promql_requests[5m])", START_MS + 10 * MINUTE_MS);
		expect(Math.abs((increase as number) - 300)).toBeLessThanOrEqual(3);
		const [rate] = await ask("sum(rate(promql_requests[5m]))", START_MS + 10 * MINUTE_MS);
		expect(Math.abs((rate as number) - 1)).toBeLessThanOrEqual(0.01);
	});

	it("reads quantiles from the histogram within two per cent, from its buckets within the width of one", async () => {
		const chance = seeded(21);
		const latency = new MetricDriver("promql.latency");
		const values: number[] = [];
		for (let second = 0; second < 300; second += 10) {
			const batch = Array.from({ length: 40 }, () => Math.exp(3 + 1.2 * (chance() + chance() + chance() - 1.5)));
			values.push(...batch);
			await latency.record(
				batch.map((value) => ({ value })),
				START_MS + second * SECOND_MS,
			);
			if (second === 150) await latency.evict();
		}
		await latency.registered();
		const nowMs = START_MS + 5 * MINUTE_MS;
		for (const q of [0.5, 0.95, 0.99]) {
			const exact = exactQuantile(values, q);
			const [native] = await ask(`histogram_quantile(${q}, rate(promql_latency[6m]))`, nowMs);
			expect(Math.abs((native as number) / exact - 1), `native ${q}`).toBeLessThanOrEqual(0.02);
			const [classic] = await ask(`histogram_quantile(${q}, rate(promql_latency_bucket[6m]))`, nowMs);
			expect(Math.abs((classic as number) / exact - 1), `buckets ${q}`).toBeLessThanOrEqual(2 ** 0.2 - 1);
		}
		const [mean] = await ask("promql_latency_sum / promql_latency_count", nowMs);
		expect(mean).toBeCloseTo(values.reduce((sum, value) => sum + value) / values.length, 9);
	});

	it("lets a gauge go stale after the lookback", async () => {
		const depth = new MetricDriver("promql.depth", "gauge");
		await depth.record([{ value: 12 }], START_MS);
		await depth.registered();
		expect(await ask("promql_depth", START_MS + 4 * MINUTE_MS)).toEqual([12]);
		expect(await ask("promql_depth", START_MS + 6 * MINUTE_MS)).toEqual([]);
	});

	it("answers a question about centuries in a moment", async () => {
		const old = new MetricDriver("promql.old", "counter");
		await old.record([{ value: 5 }], START_MS);
		await old.registered();
		const began = performance.now();
		expect(await ask("increase(promql_old[100y])", START_MS + MINUTE_MS)).toHaveLength(1);
		expect(await ask("promql_old offset 100y", START_MS + MINUTE_MS)).toEqual([]);
		expect(performance.now() - began).toBeLessThan(2_000);
	});
});
