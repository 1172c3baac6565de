/** Buckets are added up bound by bound: so all series of a metric, over all its shards, have the same bounds, exact at each. */
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { moveClock } from "../../src/lib/clock.ts";
import type { Labels } from "../../src/model/labels.ts";
import { MINUTE_MS, SECOND_MS, SELECT_POINTS_MAX, SERIES_IDLE_MS } from "../../src/model/limits.ts";
import { invalidateDirectory } from "../../src/peers/directory.ts";
import { querierOf } from "../../src/peers/querier.ts";
import { catalogStub, shardObject } from "../../src/peers/stubs.ts";
import { evaluateInstant } from "../../src/promql/evaluate.ts";
import { ANY_VALUE } from "../sketch/samples.ts";
import { exactQuantile, MetricDriver, START_MS, setClock } from "./metric-driver.ts";

afterAll(() => moveClock(0, true));

const SHARDS = 3;
let metrics = 0;

/** The objects of a metric of three shards, and a time at which all of them are in use. */
async function sharded(): Promise<{ name: string; shards: MetricDriver[]; nowMs: number }> {
	const name = `bounds_${metrics++}`;
	const shards = Array.from({ length: SHARDS }, (_, i) => new MetricDriver(shardObject(name, i)));
	setClock(START_MS);
	const known = { name, kind: "distribution" as const, unit: null, help: null, firstSeenMs: START_MS };
	await catalogStub(env).register(known);
	const scheduled = await catalogStub(env).scheduleShards(name, SHARDS, START_MS + 2 * MINUTE_MS);
	expect(scheduled.ok).toBe(true);
	invalidateDirectory();
	return { name, shards, nowMs: START_MS + 3 * MINUTE_MS };
}

type Answered = { readonly labels: Labels; readonly value: number };

async function ask(expression: string, timeMs: number): Promise<readonly Answered[]> {
	setClock(timeMs);
	const answer = await evaluateInstant(expression, querierOf(env, timeMs), { timeMs });
	if (!answer.ok) throw new Error(JSON.stringify(answer.failure));
	expect(answer.value.missing).toEqual([]);
	const { value } = answer.value;
	if (value.kind !== "vector") throw new Error(value.kind);
	return value.samples;
}

function boundOf(text: string | undefined): number {
	return text === "+Inf" ? Number.POSITIVE_INFINITY : Number(text);
}

/** Bound and value, ascending. */
function byBound(samples: readonly Answered[]): [le: number, count: number][] {
	return samples
		.map(({ labels, value }): [number, number] => [boundOf(labels["le"]), value])
		.sort((a, b) => (a[0] < b[0] ? -1 : 1));
}

/** Values of one series on one shard, now or a little later. */
const COLUMN = fc.record({
	shard: fc.nat({ max: SHARDS - 1 }),
	path: fc.constantFrom("/a", "/b", "/c"),
	isLater: fc.boolean(),
	values: fc.array(fc.oneof(ANY_VALUE, fc.double({ min: 0.5, max: 2_000, noNaN: true }), fc.constant(0)), {
		minLength: 1,
		maxLength: 8,
	}),
});

describe("the buckets of a distribution", () => {
	it("add up over series and shards to the exact count at every bound, which never goes again", async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(COLUMN, { minLength: 1, maxLength: 8 }), async (columns) => {
				const { name, shards, nowMs } = await sharded();
				let before: number[] = [];
				const values: number[] = [];
				for (const isLater of [false, true]) {
					const atMs = nowMs + (isLater ? MINUTE_MS : 0);
					for (const column of columns.filter((one) => one.isLater === isLater)) {
						const samples = column.values.map((value) => ({ value, labels: { path: column.path } }));
						await shards[column.shard]?.record(samples, atMs);
						values.push(...column.values);
					}
					if (values.length === 0) continue;
					const all = await ask(`${name}_bucket`, atMs + 20 * SECOND_MS);
					const sums = byBound(await ask(`sum by (le) (${name}_bucket)`, atMs + 20 * SECOND_MS));
					const bounds = sums.map(([le]) => le);
					for (const path of new Set(all.map(({ labels }) => labels["path"]))) {
						expect(byBound(all.filter(({ labels }) => labels["path"] === path)).map(([le]) => le)).toEqual(bounds);
					}
					expect(sums).toEqual(bounds.map((le) => [le, values.filter((value) => value <= le).length]));
					expect(before.filter((le) => !bounds.includes(le))).toEqual([]);
					before = bounds;
					for (const q of [0.01, 0.5, 0.95, 1]) {
						const [answer] = await ask(`histogram_quantile(${q}, sum by (le) (${name}_bucket))`, atMs + 20 * SECOND_MS);
						const exact = exactQuantile(values, q);
						const at = bounds.findIndex((le) => exact <= le);
						// Beyond the outermost finite bounds nothing is known but these.
						const upper = bounds[Math.min(at, bounds.length - 2)] as number;
						const lower = at === 0 ? upper : (bounds[at - 1] as number);
						expect(answer?.value, `q ${q}, exact ${exact}`).toBeLessThanOrEqual(upper * (1 + Math.sign(upper) * 1e-12));
						expect(answer?.value, `q ${q}, exact ${exact}`).toBeGreaterThanOrEqual(
							Math.min(lower, upper) * (1 - Math.sign(lower) * 1e-12),
						);
					}
				}
			}),
			{ numRuns: 15 },
		);
	}, 60_000);

	it("are those of the whole metric, whichever series and shard are asked for, and outlive a series that fell silent", async () => {
		const { name, shards, nowMs } = await sharded();
		await shards[0]?.record([{ value: 500, labels: { path: "/slow" } }], nowMs);
		await shards[1]?.record([{ value: 4, labels: { path: "/fast" } }], nowMs);
		const bounds = async (atMs: number) =>
			byBound(await ask(`${name}_bucket{path="/fast"}`, atMs + 20 * SECOND_MS)).map(([le]) => le);
		const first = await bounds(nowMs);
		expect(first).toEqual(expect.arrayContaining([4, 512, Number.POSITIVE_INFINITY]));
		const laterMs = nowMs + SERIES_IDLE_MS + MINUTE_MS;
		await shards[1]?.record([{ value: 4, labels: { path: "/fast" } }], laterMs);
		expect(await bounds(laterMs)).toEqual(first);
		await shards[0]?.evict();
		expect(await bounds(laterMs)).toEqual(first);
		await shards[0]?.api.forget([]);
		expect(await bounds(laterMs)).not.toContain(512);
	});

	it("of one bound can be asked for: shards that know nothing of it count all the same", async () => {
		const { name, shards, nowMs } = await sharded();
		await shards[0]?.record([{ value: 500 }, { value: 3 }], nowMs);
		await shards[1]?.record([{ value: 1 }], nowMs);
		await shards[2]?.record([{ value: 60_000 }], nowMs);
		const one = await ask(`${name}_bucket{le="4"}`, nowMs + 20 * SECOND_MS);
		expect(one.map(({ labels, value }) => [labels["le"], value])).toEqual([["4", 2]]);
		const some = byBound(await ask(`sum by (le) (${name}_bucket{le=~"512|\\\\+Inf"})`, nowMs + 20 * SECOND_MS));
		expect(some).toEqual([
			[512, 3],
			[Number.POSITIVE_INFINITY, 4],
		]);
	});

	it("of 1,000 series end at SELECT_POINTS_MAX points, by name, not in memory", async () => {
		const metric = new MetricDriver("bounds.many");
		const samples = Array.from({ length: 1_000 }, (_, i) => ({ value: 1.02 ** i, labels: { path: `/${i}` } }));
		await metric.record(samples, START_MS);
		const nowMs = START_MS + 30 * MINUTE_MS;
		setClock(nowMs);
		const short = await metric.select(nowMs - MINUTE_MS, nowMs, { view: "bucket" });
		const points = (short.length / 1_000) * 1_000 * 7;
		expect(points).toBeLessThan(SELECT_POINTS_MAX);
		await expect(metric.select(nowMs - 28 * MINUTE_MS, nowMs, { view: "bucket" })).rejects.toThrow(
			String(SELECT_POINTS_MAX),
		);
	});
});

describe("a clock that steps back over the edge of a minute", () => {
	it("hides nothing from the windows that are built meanwhile", async () => {
		for (const evicted of [false, true]) {
			const metric = new MetricDriver(`bounds.clock.${evicted}`);
			const edgeMs = START_MS + MINUTE_MS;
			await metric.record([{ value: 3 }], edgeMs - 10 * SECOND_MS);
			await metric.record([{ value: 5 }], edgeMs + 20);
			if (evicted) await metric.evict();
			setClock(edgeMs - 30);
			await metric.select(START_MS, edgeMs, { view: "bucket" });
			expect((await metric.summary(MINUTE_MS, edgeMs - 30)).groups[0]?.count).toBe(2);
			const nowMs = edgeMs + 30 * SECOND_MS;
			setClock(nowMs);
			for (const view of ["bucket", "histogram", "count"] as const) {
				const found = await metric.select(START_MS, nowMs, { view });
				const all = found.at(-1);
				expect(view === "histogram" ? all?.histograms?.at(-1)?.count : all?.values.at(-1), view).toBe(2);
			}
			expect((await metric.summary(MINUTE_MS, edgeMs + 65 * SECOND_MS)).groups[0]?.count).toBe(1);
			expect((await metric.summary(MINUTE_MS, edgeMs + 75 * SECOND_MS)).groups[0]?.count).toBe(0);
		}
	});
});
