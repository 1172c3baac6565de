/** Bits and Rice codes come back as they went out, also those that need more than one word. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BitReader, BitWriter } from "../../src/lib/bits.ts";
import { ByteWriter } from "../../src/lib/bytes.ts";

function read(writer: BitWriter): BitReader {
	const bytes = new ByteWriter();
	writer.copyTo(bytes);
	const reader = new BitReader(4096);
	reader.load(bytes.finish(), 0, writer.byteLength);
	return reader;
}

describe("bits", () => {
	it("come back in groups of 1 to 32", () => {
		const group = fc.integer({ min: 1, max: 32 }).chain((count) => fc.tuple(fc.nat(2 ** 31 - 1), fc.constant(count)));
		fc.assert(
			fc.property(fc.array(group, { maxLength: 100 }), (groups) => {
				const writer = new BitWriter(4096);
				const kept = groups.map(([value, count]) => [value % 2 ** count, count] as const);
				for (const [value, count] of kept) writer.put(value, count);
				const reader = read(writer);
				for (const [value, count] of kept) expect(reader.take(count)).toBe(value);
				expect(reader.isAtEnd).toBe(true);
			}),
		);
	});

	it("come back as Rice codes, for any k and numbers up to 2^53 - 1", () => {
		const value = fc.oneof(fc.nat(40), fc.nat(2 ** 31 - 1), fc.maxSafeNat(), fc.constantFrom(0, 2 ** 32 - 1, 2 ** 32));
		const code = fc.tuple(value, fc.nat(26));
		fc.assert(
			fc.property(fc.array(code, { maxLength: 100 }), (codes) => {
				const writer = new BitWriter(4096);
				for (const [number, k] of codes) writer.putRice(number, k);
				const reader = read(writer);
				for (const [number, k] of codes) expect(reader.takeRice(k)).toBe(number);
				expect([reader.isAtEnd, reader.isOverrun]).toEqual([true, false]);
			}),
		);
	});

	it("are zeros beyond the end, which shows", () => {
		const writer = new BitWriter(16);
		writer.put(1, 1);
		const reader = read(writer);
		expect([reader.take(8), reader.isOverrun, reader.take(8), reader.isOverrun]).toEqual([128, false, 0, true]);
	});

	it("that do not fit are a broken promise, not lost bits", () => {
		const writer = new BitWriter(4);
		for (let i = 0; i < 100; i++) writer.put(1, 32);
		expect(() => writer.copyTo(new ByteWriter())).toThrow();
		expect(() => new BitReader(4).load(new Uint8Array(100), 0, 100)).toThrow();
	});
});
