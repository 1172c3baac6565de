/** Buckets: the ladder is fixed, and every count on it is exact. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binsOf } from "../../src/sketch/bin-list.ts";
import { BUCKET_BOUNDS, countAtMost, cumulativeBuckets } from "../../src/sketch/buckets.ts";
import { Sketch } from "../../src/sketch/sketch.ts";
import { ANY_VALUES, sketchOf } from "./samples.ts";

const atMost = (values: readonly number[], le: number) => values.filter((value) => value <= le).length;

describe("the ladder", () => {
	it("ascends, has zero and the powers of two, and ends in Infinity", () => {
		const bounds = [...BUCKET_BOUNDS];
		expect(bounds).toEqual([...new Set(bounds)].sort((a, b) => a - b));
		expect(bounds.at(-1)).toBe(Number.POSITIVE_INFINITY);
		for (const power of [-30, -1, 0, 1, 6, 10, 64]) {
			expect(bounds).toContain(2 ** power);
			expect(bounds).toContain(-(2 ** power));
		}
		expect(bounds).toContain(0);
		expect(bounds.length).toBe(2 * (94 * 5 + 1) + 2);
	});
});

describe("countAtMost", () => {
	it("is exact at every bound, also for samples that lie on it", () => {
		const edges = fc.constantFrom(...BUCKET_BOUNDS.subarray(0, -1));
		fc.assert(
			fc.property(ANY_VALUES, fc.array(edges), fc.array(edges), (values, onBounds, asked) => {
				const all = [...values, ...onBounds];
				const sketch = sketchOf(all);
				for (const le of [...asked, ...onBounds, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
					expect(countAtMost(sketch, le)).toBe(atMost(all, le));
				}
			}),
		);
	});

	it("is 0 without samples", () => {
		expect([countAtMost(new Sketch(), 0), countAtMost(new Sketch(), Number.POSITIVE_INFINITY)]).toEqual([0, 0]);
	});
});

describe("cumulativeBuckets", () => {
	it("are exact, ascend, reach from below the minimum to the maximum, and end with all samples at Infinity", () => {
		fc.assert(
			fc.property(ANY_VALUES, (values) => {
				const sketch = sketchOf(values);
				const buckets = cumulativeBuckets(sketch);
				for (const { le, count } of buckets) expect(count).toBe(atMost(values, le));
				expect(buckets.at(-1)).toEqual({ le: Number.POSITIVE_INFINITY, count: values.length });
				const bounds = buckets.map((bucket) => bucket.le);
				expect(bounds).toEqual(
					[...BUCKET_BOUNDS.subarray(BUCKET_BOUNDS.indexOf(bounds[0] as number))]
						.slice(0, bounds.length - 1)
						.concat(Number.POSITIVE_INFINITY),
				);
				if (values.length === 0) {
					expect(buckets.length).toBe(1);
					return;
				}
				if (sketch.min > -(2 ** 64)) expect(buckets[0]?.count).toBe(0);
				if (sketch.max <= 2 ** 64) expect(buckets.at(-2)?.count).toBe(values.length);
			}),
		);
	});

	it("of whole numbers look as one expects", () => {
		const buckets = cumulativeBuckets(sketchOf([1, 2, 2, 4]));
		expect(buckets.filter(({ le }) => Number.isInteger(le))).toEqual([
			{ le: 1, count: 1 },
			{ le: 2, count: 3 },
			{ le: 4, count: 4 },
		]);
	});
});

describe("binsOf", () => {
	it("gives every sample its bin, in ascending order, none empty", () => {
		fc.assert(
			fc.property(ANY_VALUES, (values) => {
				let previous = Number.NEGATIVE_INFINITY;
				let total = 0;
				for (const { lower, upper, count } of binsOf(sketchOf(values))) {
					const inside = values.filter((value) =>
						upper === 0 && lower === 0 ? value === 0 : value > lower && value <= upper,
					);
					const zeros = lower < 0 && upper === 0 ? values.filter((value) => value === 0).length : 0;
					expect(count).toBe(inside.length - zeros);
					expect(lower).toBeGreaterThanOrEqual(previous);
					previous = upper;
					total += count;
				}
				expect(total).toBe(values.length);
			}),
		);
	});
});
