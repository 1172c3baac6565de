/** A sketch answers within 1 % of an exact sort, and exactly where it promises to. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SAMPLE_MAGNITUDE_MAX } from "../../src/model/limits.ts";
import { NARROW_MAX } from "../../src/sketch/bin-store.ts";
import { BINS, ordinalOf } from "../../src/sketch/bins.ts";
import { Sketch } from "../../src/sketch/sketch.ts";
import { ANY_VALUES, answers, ascending, exactQuantile, namedSets, sketchOf, sumSlack, VALUES } from "./samples.ts";

const QS = [0, 0.0001, 0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 1];

function expectWithinOnePercent(sketch: Sketch, values: readonly number[], qs: readonly number[]): void {
	const sorted = ascending(values);
	const got = sketch.quantiles(qs);
	for (const [i, q] of qs.entries()) {
		const exact = exactQuantile(sorted, q);
		expect(Math.abs((got[i] as number) - exact), `q = ${q}`).toBeLessThanOrEqual(0.01 * Math.abs(exact));
	}
}

/** The exact sum of doubles: whole multiples of 2^-1074 in a BigInt, rounded once by the division at the end. */
function exactSum(values: readonly number[]): number {
	const scale = 2n ** 80n;
	let sum = 0n;
	for (const value of values) {
		const [mantissa, exponent] = [value * 2 ** 52, 0];
		sum +=
			BigInt(Math.trunc(mantissa)) * (scale >> 52n) + BigInt(Math.round((mantissa % 1) * 2 ** 28)) + BigInt(exponent);
	}
	return Number(sum) / Number(scale);
}

describe("quantiles", () => {
	for (const n of [1, 2, 3, 10, 1000, 100_000]) {
		for (const [name, values] of Object.entries(namedSets(n, n))) {
			it(`are within 1 % of an exact sort: ${n} of ${name}`, () => {
				expectWithinOnePercent(sketchOf(values), values, QS);
			});
		}
	}

	it("are within 1 % of an exact sort for any samples from 1e-9 to 1e12, of both signs, and any q", () => {
		const q = fc.double({ min: 0, max: 1, noNaN: true });
		fc.assert(
			fc.property(VALUES, fc.array(q, { maxLength: 8 }), (values, qs) => {
				if (values.length > 0) expectWithinOnePercent(sketchOf(values), values, qs);
			}),
			{ numRuns: 500 },
		);
	});

	it("are the nearest rank, not one beside it", () => {
		const sketch = sketchOf([10, 20, 30, 40]);
		const near = (q: number) => Math.round(sketch.quantile(q) / 10);
		expect([0, 0.25, 0.26, 0.5, 0.51, 0.75, 0.76, 1].map(near)).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
	});

	it("at 0 and 1 are the exact extremes, and all stay between these", () => {
		fc.assert(
			fc.property(ANY_VALUES, (values) => {
				if (values.length === 0) return;
				const sketch = sketchOf(values);
				const got = sketch.quantiles(QS);
				expect([got[0], got.at(-1)]).toEqual([sketch.min, sketch.max]);
				for (const value of got) expect(value >= sketch.min && value <= sketch.max).toBe(true);
				expect(ascending(got)).toEqual(got);
			}),
		);
	});

	it("come in the order they were asked for, alone or together", () => {
		const sketch = sketchOf(namedSets(1000, 1)["log-normal latencies"] ?? []);
		const qs = [0.99, 0, 0.5, 0.5, 1, 0.95, Number.NaN, -1, 2];
		expect(sketch.quantiles(qs)).toEqual(qs.map((q) => sketch.quantile(q)));
		expect(sketch.quantiles([0.99, 0.5])).toEqual(sketch.quantiles([0.5, 0.99]).reverse());
	});

	it("are NaN without samples and for what is no quantile", () => {
		expect(new Sketch().quantiles([0, 0.5, 1])).toEqual([Number.NaN, Number.NaN, Number.NaN]);
		const sketch = sketchOf([1]);
		expect([-0.1, 1.1, Number.NaN].map((q) => sketch.quantile(q))).toEqual([Number.NaN, Number.NaN, Number.NaN]);
	});

	it("of samples beyond the range of the bins stay between the extremes, the others are not disturbed", () => {
		const sketch = sketchOf([1e-20, 5, 1e30, -1e30, -1e-20]);
		expect([sketch.count, sketch.min, sketch.max]).toEqual([5, -1e30, 1e30]);
		expect(sketch.quantile(0.8)).toBeCloseTo(5, 1);
		expect(Math.abs(sketch.quantile(0.5))).toBeLessThan(1e-9);
	});
});

describe("count, sum, minimum and maximum", () => {
	it("are exact", () => {
		fc.assert(
			fc.property(fc.array(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), { minLength: 1 }), (values) => {
				const sketch = sketchOf(values);
				const sum = values.reduce((a, b) => a + b, 0);
				expect([sketch.count, sketch.sum, sketch.min, sketch.max]).toEqual([
					values.length,
					sum,
					Math.min(...values),
					Math.max(...values),
				]);
			}),
		);
	});

	it("have a sum that is right to the last bit for fractions too", () => {
		const values = namedSets(20_000, 5)["log-normal latencies"] ?? [];
		const sketch = sketchOf(values);
		expect(sketch.sum).toBe(exactSum(values));
		expect(values.reduce((a, b) => a + b, 0)).not.toBe(exactSum(values));
	});

	it("do not lose small samples beside huge ones", () => {
		expect(sketchOf([1e17, 1, -1e17, 1, 1e-9]).sum).toBe(2.000000001);
	});
});

describe("add", () => {
	it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e289, -1e300, -Number.NaN])(
		"refuses %d and changes nothing",
		(value) => {
			const sketch = sketchOf([1, -2, 0]);
			const before = answers(sketch);
			expect(sketch.add(value)).toBe(false);
			expect([answers(sketch), sketch.sum]).toEqual([before, -1]);
			expect(new Sketch().add(value)).toBe(false);
		},
	);

	it("takes the largest magnitude there is, as often as can be counted, without an infinite sum", () => {
		const sketch = sketchOf([SAMPLE_MAGNITUDE_MAX]);
		for (let i = 0; i < 53; i++) sketch.merge(sketch.clone());
		expect([sketch.count, sketch.sum]).toEqual([2 ** 53, 2 ** 1013]);
	});

	it("counts -0 as zero", () => {
		const sketch = sketchOf([-0, 0, -0]);
		for (const got of [sketch.min, sketch.max, sketch.sum, sketch.quantile(0.5)]) expect(got).toBe(0);
	});

	it("gives the same sketch one by one and by the batch, which counts what it refuses", () => {
		fc.assert(
			fc.property(fc.array(fc.oneof(fc.double(), fc.integer({ min: -50, max: 50 }))), fc.nat(5), (values, skip) => {
				const batch = new Sketch();
				const to = Math.max(skip, values.length - 2);
				const kept = values.slice(skip, to).filter((value) => Math.abs(value) <= SAMPLE_MAGNITUDE_MAX);
				const refused = batch.addBatch(
					Float64Array.from(values),
					Math.min(skip, values.length),
					Math.min(to, values.length),
				);
				expect(refused).toBe(values.slice(skip, to).length - kept.length);
				const single = sketchOf(kept);
				expect([answers(batch), batch.sum]).toEqual([answers(single), single.sum]);
			}),
		);
	});

	it("keeps its memory below a bound, whatever comes", () => {
		const sketch = new Sketch();
		for (let power = -1000; power < 960; power += 0.01) {
			sketch.add(2 ** power);
			sketch.add(-(2 ** power));
		}
		expect(sketch.byteSize).toBeLessThan(2 * 4 * (BINS + 128) + 1000);
		expect(sketchOf([1]).byteSize).toBeLessThan(1000);
	});
});

describe("merge", () => {
	it("gives what adding all samples to one sketch gives", () => {
		fc.assert(
			fc.property(ANY_VALUES, ANY_VALUES, (a, b) => {
				const merged = sketchOf(a);
				merged.merge(sketchOf(b));
				expect(answers(merged)).toEqual(answers(sketchOf([...a, ...b])));
			}),
		);
	});

	it("is commutative and associative, and leaves the other as it was", () => {
		fc.assert(
			fc.property(VALUES, VALUES, VALUES, (a, b, c) => {
				const left = sketchOf(a);
				left.merge(sketchOf(b));
				left.merge(sketchOf(c));
				const right = sketchOf(c);
				const middle = sketchOf(b);
				right.merge(middle);
				right.merge(sketchOf(a));
				expect(answers(left)).toEqual(answers(right));
				const apart = Math.abs(left.sum - right.sum) - Number.EPSILON * Math.abs(left.sum);
				expect(apart).toBeLessThanOrEqual(sumSlack([...a, ...b, ...c]));
				expect(answers(middle)).toEqual(answers(sketchOf(b)));
			}),
		);
	});

	it("with itself doubles it", () => {
		const sketch = sketchOf([1, 2, -3, 0]);
		sketch.merge(sketch);
		expect([sketch.count, sketch.sum, sketch.min, sketch.max]).toEqual([8, 0, -3, 2]);
		expect(answers(sketch)).toEqual(answers(sketchOf([1, 2, -3, 0, 1, 2, -3, 0])));
	});

	it("counts beyond 2^32 in one bin, and goes on adding and subtracting there", () => {
		const sketch = sketchOf([5, 5, 5, 9, -5, 0]);
		for (let i = 0; i < 31; i++) sketch.merge(sketch.clone());
		expect(sketch.count).toBe(6 * 2 ** 31);
		for (let i = 0; i < 3; i++) sketch.add(5);
		sketch.addBatch(Float64Array.of(9, -5, 1000, -1000));
		sketch.merge(sketchOf([5]));
		expect(sketch.count).toBe(6 * 2 ** 31 + 8);
		expect(sketch.countIn(0)).toBe(2 ** 31);
		expect(sketch.quantile(0.5)).toBeCloseTo(5, 1);
		expect(sketch.sum).toBe(19 * 2 ** 31 + 3 * 5 + 9 - 5 + 5);
		const rest = sketch.clone();
		rest.subtractBins(sketchOf([5]));
		expect(rest.count).toBe(sketch.count - 1);
		expect(answers(rest.clone())).toEqual(answers(rest));
	});

	it("widens at the sample that 32 bits could not count", () => {
		const sketch = sketchOf([7]);
		for (let i = 0; i < 32; i++) sketch.merge(sketch.clone());
		const one = sketchOf([7]);
		sketch.subtractBins(one);
		expect(sketch.count).toBe(NARROW_MAX);
		const narrow = sketchOf([7]);
		for (let i = 0; i < 31; i++) narrow.merge(narrow.clone());
		const other = narrow.clone();
		other.subtractBins(one);
		narrow.merge(other);
		expect([narrow.count, narrow.positive.counts instanceof Uint32Array]).toEqual([NARROW_MAX, true]);
		const batch = narrow.clone();
		narrow.add(7);
		narrow.add(7);
		batch.addBatch(Float64Array.of(7, 7));
		expect([narrow.quantile(0.5), narrow.count, narrow.countIn(ordinalOf(7))]).toEqual([7, 2 ** 32 + 1, 2 ** 32 + 1]);
		expect([batch.count, batch.countIn(ordinalOf(7))]).toEqual([2 ** 32 + 1, 2 ** 32 + 1]);
	});
});

describe("subtractBins", () => {
	it("of a slot that leaves gives what a rebuilt window gives", () => {
		fc.assert(
			fc.property(fc.array(VALUES, { minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 4 }), (slots, width) => {
				const window = new Sketch();
				for (const [i, slot] of slots.entries()) {
					window.merge(sketchOf(slot));
					const gone = slots[i - width];
					if (gone !== undefined) window.subtractBins(sketchOf(gone));
					const kept = slots.slice(Math.max(0, i - width + 1), i + 1).flat();
					const rebuilt = sketchOf(kept);
					window.setExtremes(rebuilt.min, rebuilt.max);
					expect(answers(window)).toEqual(answers(rebuilt));
					const apart = Math.abs(window.sum - rebuilt.sum) - Number.EPSILON * Math.abs(rebuilt.sum);
					expect(apart).toBeLessThanOrEqual(sumSlack(slots.flat()));
				}
			}),
		);
	});

	it("of everything leaves a sketch as new", () => {
		const sketch = sketchOf([0.1, 0.2, -5, 0]);
		sketch.subtractBins(sketchOf([0.1, 0.2, -5, 0]));
		expect([answers(sketch), sketch.sum]).toEqual([answers(new Sketch()), 0]);
	});

	it("does not drift over a million slots", () => {
		const next = namedSets(50, 3)["log-normal latencies"] ?? [];
		const slots = Array.from({ length: 10 }, (_, i) => sketchOf(next.slice(5 * i, 5 * i + 5)));
		const window = sketchOf([0.1]);
		for (let i = 0; i < 1_000_000; i++) {
			window.merge(slots[i % 10] as Sketch);
			if (i >= 5) window.subtractBins(slots[(i - 5) % 10] as Sketch);
		}
		for (let i = 999_995; i < 1_000_000; i++) window.subtractBins(slots[i % 10] as Sketch);
		expect([window.count, window.sum]).toEqual([1, 0.1]);
	});

	it("throws, and changes nothing, for what was never merged", () => {
		const sketch = sketchOf([1, 2, 3]);
		const before = answers(sketch);
		for (const foreign of [[4], [1, 1], [-1], [0], [1e6]]) {
			expect(() => sketch.subtractBins(sketchOf(foreign))).toThrow("merged into it before");
			expect([answers(sketch), sketch.sum]).toEqual([before, 6]);
		}
	});
});

describe("clear and clone", () => {
	it("leave a sketch as new, and a copy that goes its own way", () => {
		const sketch = sketchOf([1, -1, 0, 1e6]);
		const copy = sketch.clone();
		sketch.clear();
		expect([answers(sketch), sketch.sum]).toEqual([answers(new Sketch()), 0]);
		sketch.add(3);
		expect(answers(copy)).toEqual(answers(sketchOf([1, -1, 0, 1e6])));
		expect(answers(sketch)).toEqual(answers(sketchOf([3])));
	});
});
