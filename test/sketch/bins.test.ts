/** The bins: the worst of them is narrow enough, and every number finds the bin that holds it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BINS, binOf, EXPONENT_MAX, EXPONENT_MIN, LOWER, MIDDLE, ordinalOf } from "../../src/sketch/bins.ts";
import { ANY_VALUE } from "./samples.ts";

function upperOf(bin: number): number {
	return LOWER[bin + 1] as number;
}

describe("bins", () => {
	it("are within 1 % of their middle at either edge, the worst of them too", () => {
		let worst = 0;
		for (let bin = 1; bin < BINS - 1; bin++) {
			const [lower, middle, upper] = [LOWER[bin] as number, MIDDLE[bin] as number, upperOf(bin)];
			worst = Math.max(worst, (middle - lower) / lower, (upper - middle) / upper);
		}
		expect(worst).toBeLessThanOrEqual(0.01);
		expect(worst).toBeGreaterThan(0.0099);
	});

	it("follow each other without gap from 2^-30 to 2^64, which 1e-9 and 1e12 lie within", () => {
		expect([LOWER[0], LOWER[1], LOWER[BINS - 1], LOWER[BINS]]).toEqual([
			0,
			2 ** -30,
			2 ** 64,
			Number.POSITIVE_INFINITY,
		]);
		expect([2 ** EXPONENT_MIN < 1e-9, 2 ** EXPONENT_MAX > 1e12]).toEqual([true, true]);
		for (let bin = 0; bin < BINS; bin++) expect(upperOf(bin)).toBeGreaterThan(LOWER[bin] as number);
	});

	it("hold their upper edge and not their lower one, so that 'at most 64' counts a 64", () => {
		for (let bin = 1; bin < BINS; bin++) {
			const edge = LOWER[bin] as number;
			expect([binOf(edge), binOf(edge * (1 + 2 ** -52))]).toEqual([bin - 1, bin]);
			expect([binOf(-edge), binOf(-edge * (1 - 2 ** -53))]).toEqual([bin, bin - 1]);
		}
	});

	it("hold every number that is sent to them", () => {
		fc.assert(
			fc.property(ANY_VALUE, (value) => {
				if (value === 0) {
					expect(ordinalOf(value)).toBe(0);
					return;
				}
				const bin = binOf(value);
				const [lower, upper] = [LOWER[bin] as number, upperOf(bin)];
				if (value > 0) expect(lower < value && value <= upper).toBe(true);
				else expect(-upper < value && value <= -lower).toBe(true);
			}),
			{ numRuns: 2000 },
		);
	});

	it("are in the order of the numbers", () => {
		fc.assert(
			fc.property(ANY_VALUE, ANY_VALUE, (a, b) => {
				expect(Math.sign(ordinalOf(a) - ordinalOf(b)) * Math.sign(a - b)).toBeGreaterThanOrEqual(0);
			}),
			{ numRuns: 2000 },
		);
	});
});
