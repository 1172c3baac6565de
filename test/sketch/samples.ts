/** Samples for the tests of sketches: named sets that are the same in every run, arbitraries, and the exact answers. */
import fc from "fast-check";
import { Sketch } from "../../src/sketch/sketch.ts";

/** Mulberry32: numbers from 0 to 1, the same for the same seed. */
export function random(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** Box and Muller's normal numbers. */
export function normal(next: () => number): () => number {
	return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

/** Named sets of `n` samples. */
export function namedSets(n: number, seed: number): Record<string, number[]> {
	const next = random(seed);
	const bell = normal(next);
	const make = (one: (i: number) => number) => Array.from({ length: n }, (_, i) => one(i));
	return {
		"log-normal latencies": make(() => Math.exp(4 + 0.6 * bell())),
		"wide log-normal": make(() => Math.exp(3 * bell())),
		"whole milliseconds": make(() => Math.round(Math.exp(2 + 0.8 * bell()))),
		"two humps": make(() => (next() < 0.8 ? Math.exp(1 + 0.2 * bell()) : Math.exp(6 + 0.3 * bell()))),
		uniform: make(() => next() * 1000),
		constant: make(() => 7.1),
		"almost always zero": make(() => (next() < 0.95 ? 0 : next() * 100)),
		"both signs": make(() => 50 * bell()),
		negative: make(() => -Math.exp(4 + 0.6 * bell())),
		ascending: make((i) => i + 1),
		"twenty-one decades": make(() => 10 ** (-9 + 21 * next())),
	};
}

export function sketchOf(values: Iterable<number>): Sketch {
	const sketch = new Sketch();
	for (const value of values) sketch.add(value);
	return sketch;
}

/** The nearest rank of the sorted samples: what a sketch is compared with. */
export function exactQuantile(sorted: readonly number[], q: number): number {
	return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

export function ascending(values: readonly number[]): number[] {
	return [...values].sort((a, b) => a - b);
}

/** Numbers of either sign and zero, over the whole range that is promised 1 %. */
export const VALUE = fc.oneof(
	{ weight: 6, arbitrary: fc.double({ min: 1e-9, max: 1e12, noNaN: true }) },
	{ weight: 3, arbitrary: fc.double({ min: -9, max: 12, noNaN: true }).map((power) => 10 ** power) },
	{ weight: 3, arbitrary: fc.double({ min: -9, max: 12, noNaN: true }).map((power) => -(10 ** power)) },
	{ weight: 2, arbitrary: fc.integer({ min: -1000, max: 1000 }) },
	{ weight: 1, arbitrary: fc.constantFrom(0, -0, 1, -1, 1e12, 1e-9, -1e12, -1e-9, 64, 65536) },
);
/** Any number a sketch takes, in and out of the range of the bins. */
export const ANY_VALUE = fc.oneof(
	VALUE,
	fc.double({ min: -(2 ** 960), max: 2 ** 960, noNaN: true }),
	fc.constantFrom(5e-324, -5e-324, 1e-300, 2 ** 64, -(2 ** 64), 2 ** -30, 1e200, -1e200),
);
export const VALUES = fc.array(VALUE, { maxLength: 200 });
export const ANY_VALUES = fc.array(ANY_VALUE, { maxLength: 60 });

/** Everything that can be asked of a sketch, to compare two; the sum apart, since its rounding may differ in the last bit. */
export function answers(sketch: Sketch): unknown {
	const qs = [0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1];
	return [sketch.count, sketch.min, sketch.max, sketch.isEmpty, sketch.quantiles(qs)];
}

/**
 * How far two sums of the same samples in another order may lie apart: two doubles hold 106 bits of the largest sum on the
 * way, so 1e-9 beside 1e12 keeps about 36 bits. Sums that fit in 106 bits come out the same to the last bit.
 */
export function sumSlack(values: readonly number[]): number {
	return values.reduce((sum, value) => sum + Math.abs(value), 0) * 2 ** -100;
}
