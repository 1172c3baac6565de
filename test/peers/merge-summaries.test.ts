/** Answers of several shards as one, against the answer that one object would have given. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteWriter } from "../../src/lib/bytes.ts";
import type { GroupSummary, Range, Summary } from "../../src/model/summary.ts";
import { mergeRanges, mergeSummaries } from "../../src/peers/merge-summaries.ts";
import { encodeSketch } from "../../src/sketch/encode.ts";
import { quantilesOf } from "../../src/sketch/quantile.ts";
import { Sketch } from "../../src/sketch/sketch.ts";

const QUANTILES = [0.5, 0.95, 0.99];

function sketchOf(values: readonly number[]): Sketch {
	const sketch = new Sketch();
	for (const value of values) sketch.add(value);
	return sketch;
}

function bytesOf(sketch: Sketch): Uint8Array {
	const writer = new ByteWriter();
	encodeSketch(sketch, writer);
	return writer.finish();
}

function group(values: readonly number[], labels: Record<string, string> = {}): GroupSummary {
	const sketch = sketchOf(values);
	return {
		labels,
		count: values.length,
		sum: values.reduce((a, b) => a + b, 0),
		min: values.length === 0 ? Number.NaN : Math.min(...values),
		max: values.length === 0 ? Number.NaN : Math.max(...values),
		ratePerS: values.length / 60,
		last: values.at(-1) ?? Number.NaN,
		lastMs: values.length,
		quantiles: quantilesOf(sketch, QUANTILES),
		sketch: bytesOf(sketch),
	};
}

function summary(groups: readonly GroupSummary[]): Summary {
	return { name: "m", kind: "distribution", unit: "ms", fromMs: 0, toMs: 60_000, groups, missing: [] };
}

describe("summaries of several shards", () => {
	it("give the count, extremes and quantiles of all samples together", () => {
		const value = fc.integer({ min: 1, max: 100_000 });
		const shards = fc.array(fc.array(value, { maxLength: 40 }), { minLength: 2, maxLength: 5 });
		fc.assert(
			fc.property(shards, (parts) => {
				const merged = mergeSummaries(
					parts.map((values) => summary([group(values)])),
					QUANTILES,
					[],
				);
				const whole = group(parts.flat());
				const { count, sum, min, max, quantiles } = merged.groups[0] as GroupSummary;
				expect({ count, sum, min, max, quantiles }).toEqual({
					count: whole.count,
					sum: whole.sum,
					min: whole.min,
					max: whole.max,
					quantiles: whole.quantiles,
				});
			}),
			{ numRuns: 200 },
		);
	});

	it("never average quantiles: one slow shard is the p99 of all", () => {
		const quick = Array.from({ length: 98 }, () => 1);
		const merged = mergeSummaries([summary([group(quick)]), summary([group([900, 1_000])])], QUANTILES, []);
		const [p50, , p99] = merged.groups[0]?.quantiles ?? [];
		expect(p50).toBe(1);
		expect(p99).toBeGreaterThan(890);
	});

	it("keep groups apart by their labels, and name what is missing", () => {
		const one = summary([group([1], { a: "x" }), group([2], { a: "y" })]);
		const two = summary([group([3], { a: "x" })]);
		const merged = mergeSummaries([one, two], QUANTILES, ["m#2"]);
		expect(merged.groups.map(({ labels, count }) => [labels, count])).toEqual([
			[{ a: "x" }, 2],
			[{ a: "y" }, 1],
		]);
		expect(merged.groups.every((one) => one.sketch === null)).toBe(true);
		expect(merged.missing).toEqual(["m#2"]);
	});
});

describe("ranges of several shards", () => {
	it("are added step by step; an empty step of one shard spoils nothing", () => {
		const range = (values: readonly (readonly number[])[]): Range => {
			const groups = values.map((step) => group(step));
			return {
				name: "m",
				kind: "distribution",
				unit: null,
				timesMs: Float64Array.from(values, (_, i) => i),
				groups: [
					{
						labels: {},
						counts: Float64Array.from(groups, (one) => one.count),
						sums: Float64Array.from(groups, (one) => (one.count === 0 ? Number.NaN : one.sum)),
						mins: Float64Array.from(groups, (one) => one.min),
						maxs: Float64Array.from(groups, (one) => one.max),
						quantiles: QUANTILES.map((_, q) => Float64Array.from(groups, (one) => one.quantiles[q] ?? Number.NaN)),
						sketches: groups.map((one) => one.sketch),
					},
				],
				missing: [],
			};
		};
		const merged = mergeRanges([range([[1, 2], [], []]), range([[3], [4], []])], QUANTILES, []).groups[0];
		expect([...(merged?.counts ?? [])]).toEqual([3, 1, 0]);
		expect([...(merged?.sums ?? [])]).toEqual([6, 4, 0]);
		expect([...(merged?.mins ?? [])]).toEqual([1, 4, Number.NaN]);
		expect([...(merged?.maxs ?? [])]).toEqual([3, 4, Number.NaN]);
		expect([...(merged?.quantiles[0] ?? [])].slice(1)).toEqual([4, Number.NaN]);
	});
});
