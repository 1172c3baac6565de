/** Buckets: the ladder is fixed, and every count on it is exact. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binsOf } from "../../src/sketch/bin-list.ts";
import {
	addCounts,
	type BoundMarks,
	BUCKET_BOUNDS,
	boundsOf,
	formatBound,
	ladderOf,
	markBins,
	markSketch,
	noMarks,
} from "../../src/sketch/buckets.ts";
import { ANY_VALUES, sketchOf } from "./samples.ts";

const atMost = (values: readonly number[], le: number) => values.filter((value) => value <= le).length;

function marksOf(lists: readonly (readonly number[])[]): BoundMarks {
	const marks = noMarks();
	for (const values of lists) markSketch(marks, sketchOf(values));
	return marks;
}

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

describe("buckets of several sketches", () => {
	const LISTS = fc.array(ANY_VALUES, { maxLength: 5 });
	const edges = fc.array(fc.constantFrom(...BUCKET_BOUNDS.subarray(0, -1)), { maxLength: 20 });

	it("are exact at every bound of the ladder, also for samples that lie on it", () => {
		fc.assert(
			fc.property(LISTS, edges, (lists, onBounds) => {
				const all = [...lists, onBounds];
				const ladder = ladderOf(marksOf(all));
				for (const values of all) {
					const sketch = sketchOf(values);
					const counts = new Float64Array(ladder.length);
					addCounts(sketch, ladder, counts, 1);
					expect([...counts]).toEqual([...boundsOf(ladder)].map((le) => atMost(values, le)));
					addCounts(sketch, ladder, counts, -1);
					expect(counts.every((count) => count === 0)).toBe(true);
				}
			}),
		);
	});

	it("hold every sample between two bounds that are next to each other among all there are, zeros beside none", () => {
		fc.assert(
			fc.property(LISTS, edges, (lists, onBounds) => {
				const all = [...lists, onBounds];
				const bounds = new Set(boundsOf(ladderOf(marksOf(all))));
				const hasNegative = all.flat().some((value) => value < 0);
				const isMissing = (at: number) => at >= 0 && !bounds.has(BUCKET_BOUNDS[at] as number);
				for (const value of all.flat()) {
					const wanted = BUCKET_BOUNDS.findIndex((le) => value <= le);
					expect(isMissing(wanted), `${value}`).toBe(false);
					// Below zeros that are the lowest of all there is nothing to be told apart.
					if (value !== 0 || hasNegative) expect(isMissing(wanted - 1), `below ${value}`).toBe(false);
				}
			}),
		);
	});

	it("never lose a bound, and end with Infinity, which alone stands for no samples", () => {
		fc.assert(
			fc.property(LISTS, (lists) => {
				let before = [...boundsOf(ladderOf(noMarks()))];
				expect(before).toEqual([Number.POSITIVE_INFINITY]);
				for (let i = 1; i <= lists.length; i++) {
					const bounds = [...boundsOf(ladderOf(marksOf(lists.slice(0, i))))];
					expect(bounds).toEqual([...new Set(bounds)].sort((a, b) => a - b));
					const all = new Set(bounds);
					expect(before.filter((le) => !all.has(le))).toEqual([]);
					before = bounds;
				}
			}),
		);
	});

	it("are not dragged along between zero, the signs, and what lies far apart", () => {
		const few = (...lists: number[][]) => [...boundsOf(ladderOf(marksOf(lists)))];
		const around4 = few([4]).slice(0, -1);
		expect(around4).toHaveLength(2);
		expect(around4[1]).toBe(4);
		expect(few([0, 4])).toEqual([0, ...around4, Number.POSITIVE_INFINITY]);
		expect(few([0])).toEqual([0, Number.POSITIVE_INFINITY]);
		expect(few([-5, 0, 4])).toHaveLength(7);
		expect(few([-5, 0, 4]).slice(2, 4)).toEqual([-(2 ** -30), 0]);
		expect(few([4], [1e9])).toHaveLength(5);
		expect(few([4, 1e9]).length).toBeGreaterThan(100);
	});

	it("are the same from the bins of a distribution as from its sketch", () => {
		fc.assert(
			fc.property(ANY_VALUES, (values) => {
				const bins = [...binsOf(sketchOf(values))];
				const marks = noMarks();
				markBins(
					marks,
					Float64Array.from(bins, (bin) => bin.lower),
					Float64Array.from(bins, (bin) => bin.upper),
				);
				expect(marks).toEqual(marksOf([values]));
			}),
		);
	});

	it("are written as Prometheus does", () => {
		expect([0.5, -0.25, 1024, Number.POSITIVE_INFINITY].map(formatBound)).toEqual(["0.5", "-0.25", "1024", "+Inf"]);
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
