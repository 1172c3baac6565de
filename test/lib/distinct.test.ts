/** Counting what is different: exact up to the bound, within its error beyond, and the same however it is merged. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Distinct } from "../../src/lib/distinct.ts";
import { DISTINCT_EXACT_MAX } from "../../src/model/limits.ts";

function of(texts: Iterable<string>, most = 16): Distinct {
	const made = new Distinct(most);
	for (const text of texts) made.add(text);
	return made;
}

const users = (count: number, from = 0): string[] => Array.from({ length: count }, (_, i) => `user-${from + i}`);

describe("counting what is different", () => {
	it("is exact up to the bound, and says so", () => {
		const full = of(users(DISTINCT_EXACT_MAX), DISTINCT_EXACT_MAX);
		expect([full.count(), full.isExact, full.error]).toEqual([DISTINCT_EXACT_MAX, true, 0]);
		full.add("one more");
		expect(full.isExact).toBe(false);
		expect(full.error).toBeCloseTo(0.0313, 3);
	});

	it.each([2_000, 10_000, 100_000, 500_000])("is within three standard errors of %i", (count) => {
		for (const from of [0, 1_000_000, 7_654_321]) {
			const sketch = of(users(count, from), DISTINCT_EXACT_MAX);
			expect(Math.abs(sketch.count() / count - 1)).toBeLessThan(3 * sketch.error);
		}
	});

	it("gives the same whatever is merged in which order, stored or not", () => {
		const texts = fc.array(fc.array(fc.integer({ min: 0, max: 200 }).map(String), { maxLength: 60 }), { maxLength: 5 });
		fc.assert(
			fc.property(texts, (parts) => {
				const whole = of(parts.flat());
				const merged = new Distinct(16);
				for (const part of [...parts].reverse()) merged.merge(of(part));
				const stored = new Distinct(16);
				for (const part of parts) expect(stored.mergeEncoded(of(part).encode())).toBe(true);
				expect(merged.encode()).toBe(stored.encode());
				if (new Set(parts.flat()).size <= 16) expect(merged.count()).toBe(new Set(parts.flat()).size);
				expect(merged.encode()).toBe(whole.encode());
			}),
		);
	});

	it("does not forget in a merge that something was given up", () => {
		const full = of(users(1_000));
		for (const merged of [of([]), of(["user-1", "user-2"])]) {
			merged.merge(full);
			expect([merged.isExact, merged.encode()]).toEqual([false, full.encode()]);
		}
	});

	it("takes six bytes a text at most, and refuses what is no sketch", () => {
		expect(atob(of(users(100_000), DISTINCT_EXACT_MAX).encode()).length).toBe(6 * (DISTINCT_EXACT_MAX + 1));
		const sketch = of(["a"]);
		for (const broken of ["***", "AAAA", btoa("seven..")]) expect(sketch.mergeEncoded(broken)).toBe(false);
		expect(sketch.mergeEncoded("")).toBe(true);
		expect(sketch.count()).toBe(1);
	});
});
