/** What was encoded comes back the same; what is no sketch is refused, and nothing else happens. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteReader, ByteWriter } from "../../src/lib/bytes.ts";
import { SKETCH_BYTES_MAX } from "../../src/model/limits.ts";
import { COUNT, MAX, MIN, SUM_HI, SUM_LO } from "../../src/sketch/scalars.ts";
import { Sketch } from "../../src/sketch/sketch.ts";
import { ANY_VALUES, answers, namedSets, sketchOf, sumSlack, VALUES } from "./samples.ts";

function bytesOf(...sketches: Sketch[]): Uint8Array {
	const writer = new ByteWriter();
	for (const sketch of sketches) sketch.encode(writer);
	return writer.finish();
}

function decoded(bytes: Uint8Array): Sketch {
	const result = Sketch.decode(new ByteReader(bytes));
	if (!result.ok) throw new Error(JSON.stringify(result.failure));
	return result.value;
}

/** Sum in both parts as well as all answers. */
function everything(sketch: Sketch): unknown {
	return [answers(sketch), sketch.sum];
}

describe("the stored form", () => {
	it("gives back every sketch, and bytes that give the same bytes again", () => {
		fc.assert(
			fc.property(ANY_VALUES, (values) => {
				const sketch = sketchOf(values);
				const bytes = bytesOf(sketch);
				const back = decoded(bytes);
				expect(everything(back)).toEqual(everything(sketch));
				expect(bytesOf(back)).toEqual(bytes);
			}),
			{ numRuns: 500 },
		);
	});

	for (const n of [1, 2, 3, 10, 60, 1000, 100_000]) {
		for (const [name, values] of Object.entries(namedSets(n, n))) {
			it(`gives back ${n} of ${name}`, () => {
				const sketch = sketchOf(values);
				expect(everything(decoded(bytesOf(sketch)))).toEqual(everything(sketch));
			});
		}
	}

	it("gives back counts beyond 2^32, and beside them single samples", () => {
		const sketch = sketchOf([5, 6, 7.5, 7.5, -9, 0]);
		for (let i = 0; i < 48; i++) sketch.merge(sketch.clone());
		for (const value of [5, 6.5, 100, -100, 1e-20, 1e30]) sketch.add(value);
		expect(everything(decoded(bytesOf(sketch)))).toEqual(everything(sketch));
	});

	it("gives back a window whose extremes are stale", () => {
		const sketch = sketchOf([1, 5, 100]);
		sketch.subtractBins(sketchOf([1, 100]));
		const back = decoded(bytesOf(sketch));
		expect([back.count, back.sum, back.min, back.max]).toEqual([1, 5, 1, 100]);
		back.setExtremes(5, 5);
		expect(answers(back)).toEqual(answers(sketchOf([5])));
	});

	it.each([
		[[], 2],
		[[0], 2],
		[[0, 0, 0, 0, 0, 0], 3],
		[[250], 5],
		[[0.1], 10],
		[[0.1, 0.2], 20],
		[[12, 12, 12, 12], 5],
		[[1, 2, 3, 4, 5], 14],
	])("takes %j in at most %d bytes", (values, bytes) => {
		expect(bytesOf(sketchOf(values)).length).toBeLessThanOrEqual(bytes);
	});

	it("takes at most 120 bytes for 1,000 log-normal samples, scalars included", () => {
		for (let seed = 1; seed <= 20; seed++) {
			const values = namedSets(1000, seed)["log-normal latencies"] ?? [];
			expect(bytesOf(sketchOf(values)).length).toBeLessThanOrEqual(120);
		}
	});

	it("stays below its bound for the worst sketch", () => {
		const sketch = new Sketch();
		for (let i = 0; i < 60_000; i++) {
			const weight = i % 3 === 0 ? 1 : 40;
			for (let j = 0; j < weight; j++) sketch.add((i % 2 === 0 ? 1 : -1) * 2 ** (-30 + 94 * ((i % 6600) / 6600)));
		}
		for (let i = 0; i < 30; i++) sketch.merge(sketch.clone());
		const bytes = bytesOf(sketch);
		expect(bytes.length).toBeLessThan(SKETCH_BYTES_MAX);
		expect(everything(decoded(bytes))).toEqual(everything(sketch));
	});

	/** Bytes that version 1 wrote. What is stored must stay readable: add lines, never change one. */
	const WRITTEN: [number[], string][] = [
		[[], "0140"],
		[[250], "0459406f40"],
		[[0.1, 0.2], "126a883fb999999999999a3fc999999999999a"],
		[[1, 2, 3, 4, 5], "0d60052220402e3ff04014792434"],
		[[-8, 0, 0, 8], "0a60042200c02040206424"],
		[[7, 7, 7, 7], "045804401c"],
		[[1, 1, 1, 1, 2, 2, 3, 64], "0e600822304052c03ff04050ec5480"],
		[[10, 10.3, 10.3, 10.5, 10.5, 10.5, 10.7, 10.7, 11], "0d600922304057a0402440262640"],
	];

	it.each(WRITTEN)("of version 1 is still read: %j", (values, hex) => {
		const bytes = Uint8Array.from(Buffer.from(hex, "hex"));
		expect(everything(decoded(bytes))).toEqual(everything(sketchOf(values)));
		expect(bytesOf(sketchOf(values))).toEqual(bytes);
	});
});

describe("many stored sketches in a row", () => {
	it("are merged, subtracted, skipped and read one after the other", () => {
		fc.assert(
			fc.property(fc.array(VALUES, { maxLength: 6 }), (slots) => {
				const sketches = slots.map(sketchOf);
				const bytes = bytesOf(...sketches);
				const [merging, subtracting, skipping, reading] = Array.from({ length: 4 }, () => new ByteReader(bytes)) as [
					ByteReader,
					ByteReader,
					ByteReader,
					ByteReader,
				];
				const merged = new Sketch();
				const window = sketchOf([3, -3, ...slots.flat()]);
				const out = new Float64Array(6);
				for (const sketch of sketches) {
					expect(merged.mergeEncoded(merging).ok).toBe(true);
					expect(window.subtractEncoded(subtracting).ok).toBe(true);
					expect(Sketch.skipEncoded(skipping).ok).toBe(true);
					expect(Sketch.readEncodedScalars(reading, out).ok).toBe(true);
					expect([out[COUNT], (out[SUM_HI] as number) + (out[SUM_LO] as number), out[MIN], out[MAX]]).toEqual([
						sketch.count,
						sketch.sum,
						sketch.min,
						sketch.max,
					]);
				}
				for (const reader of [merging, subtracting, skipping, reading]) {
					expect([reader.remaining, reader.failed]).toEqual([0, false]);
				}
				const all = sketchOf(slots.flat());
				const slack = sumSlack(slots.flat());
				expect(answers(merged)).toEqual(answers(all));
				expect(Math.abs(merged.sum - all.sum)).toBeLessThanOrEqual(slack + Number.EPSILON * Math.abs(all.sum));
				window.setExtremes(-3, 3);
				expect(answers(window)).toEqual(answers(sketchOf([3, -3])));
				expect(Math.abs(window.sum)).toBeLessThanOrEqual(slack);
			}),
		);
	});

	it("are not subtracted where they are not contained, and nothing changes", () => {
		const window = sketchOf([1, 2, 3]);
		for (const foreign of [[4], [1, 1], [-1], [0], [1, 2, 3, 1e6]]) {
			const result = window.subtractEncoded(new ByteReader(bytesOf(sketchOf(foreign))));
			expect(result).toEqual({ ok: false, failure: { code: "not_contained" } });
			expect(everything(window)).toEqual(everything(sketchOf([1, 2, 3])));
		}
	});
});

/** Bytes of an enemy: noise, noise that begins like a sketch, and sketches with bytes changed, cut off or put in. */
const HOSTILE = fc.oneof(
	fc.uint8Array({ maxLength: 300 }),
	fc.tuple(fc.nat(255), fc.uint8Array({ minLength: 1, maxLength: 120 })).map(([head, rest]) => {
		return Uint8Array.from([rest.length, 64 | (head & 63), ...rest.slice(1)]);
	}),
	fc
		.tuple(
			fc.array(fc.oneof(fc.double({ noNaN: true }), fc.integer({ min: -99, max: 99 })), { maxLength: 80 }),
			fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
			fc.option(fc.nat(200), { freq: 3 }),
		)
		.map(([values, changes, cut]) => {
			const bytes = bytesOf(sketchOf(values));
			for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
			return cut === null ? bytes : bytes.slice(0, cut);
		}),
);

describe("hostile bytes", () => {
	it("give a failure or a sound sketch: no exception, no change on failure, no endless loop", () => {
		let accepted = 0;
		fc.assert(
			fc.property(HOSTILE, (bytes) => {
				const target = sketchOf([1, -2, 0]);
				const reader = new ByteReader(bytes);
				const result = target.mergeEncoded(reader);
				expect(reader.position).toBeLessThanOrEqual(bytes.length);
				if (!result.ok) {
					expect(["corrupt_sketch", "unknown_sketch_version"]).toContain(result.failure.code);
					expect(everything(target)).toEqual(everything(sketchOf([1, -2, 0])));
					return;
				}
				accepted++;
				const sketch = decoded(bytes);
				expect(sketch.byteSize).toBeLessThan(80_000);
				expect(Number.isFinite(sketch.sum) && sketch.count >= 0).toBe(true);
				const counted = [...sketch.positive.counts, ...sketch.negative.counts].reduce(
					(a, b) => a + b,
					sketch.countIn(0),
				);
				expect(counted).toBe(sketch.count);
				expect(target.subtractEncoded(new ByteReader(bytes)).ok).toBe(true);
				expect(target.count).toBe(3);
			}),
			{ numRuns: 6000 },
		);
		expect(accepted).toBeGreaterThan(30);
	});

	it("give a failure or pass when skipped or read for their scalars", () => {
		fc.assert(
			fc.property(HOSTILE, (bytes) => {
				const out = new Float64Array(5);
				for (const reader of [new ByteReader(bytes), new ByteReader(bytes)]) {
					Sketch.skipEncoded(reader);
					Sketch.readEncodedScalars(reader, out);
					expect(reader.position).toBeLessThanOrEqual(bytes.length);
				}
			}),
			{ numRuns: 2000 },
		);
	});

	it("do not take the next sketch with them: a broken one in a row is passed by its length", () => {
		const good = bytesOf(sketchOf([1, 2, 3, 4, 5, 6]));
		const broken = Uint8Array.from(good);
		broken[2] = 77;
		const reader = new ByteReader(Uint8Array.from([...broken, ...good]));
		expect(Sketch.decode(reader).ok).toBe(false);
		const next = Sketch.decode(reader);
		expect(next.ok && next.value.count).toBe(6);
	});

	it("of a later version are named so", () => {
		const bytes = bytesOf(sketchOf([1]));
		bytes[1] = (bytes[1] as number) | 0xc0;
		expect(Sketch.decode(new ByteReader(bytes))).toEqual({
			ok: false,
			failure: { code: "unknown_sketch_version", version: 3 },
		});
	});

	it("that claim a great length are refused", () => {
		const writer = new ByteWriter();
		writer.varint(SKETCH_BYTES_MAX + 1);
		writer.bytes(new Uint8Array(SKETCH_BYTES_MAX + 1));
		expect(Sketch.decode(new ByteReader(writer.finish())).ok).toBe(false);
	});
});
