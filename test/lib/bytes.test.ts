/** Bytes go out and come back the same; what is not there is a failed reader, never an exception. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteReader, ByteWriter } from "../../src/lib/bytes.ts";

type Step = { readonly write: (writer: ByteWriter) => void; readonly check: (reader: ByteReader) => void };

function step<T>(
	arbitrary: fc.Arbitrary<T>,
	write: (writer: ByteWriter, value: T) => void,
	read: (reader: ByteReader) => T,
): fc.Arbitrary<Step> {
	return arbitrary.map((value) => ({
		write: (writer) => write(writer, value),
		check: (reader) => expect(read(reader)).toEqual(value),
	}));
}

const STEP = fc.oneof(
	step(
		fc.integer({ min: 0, max: 0xff }),
		(w, v) => w.u8(v),
		(r) => r.u8(),
	),
	step(
		fc.integer({ min: 0, max: 0xffff }),
		(w, v) => w.u16(v),
		(r) => r.u16(),
	),
	step(
		fc.integer({ min: 0, max: 0xffffffff }),
		(w, v) => w.u32(v),
		(r) => r.u32(),
	),
	step(
		fc.maxSafeNat(),
		(w, v) => w.varint(v),
		(r) => r.varint(),
	),
	step(
		fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
		(w, v) => w.zigzag(v),
		(r) => r.zigzag(),
	),
	step(
		fc.double(),
		(w, v) => w.f64(v),
		(r) => r.f64(),
	),
	step(
		fc.string({ unit: "grapheme", maxLength: 300 }),
		(w, v) => w.string(v),
		(r) => r.string(),
	),
	step(
		fc.uint8Array({ maxLength: 200 }),
		(w, v) => {
			w.varint(v.length);
			w.bytes(v);
		},
		(r) => r.bytes(r.varint()).slice(),
	),
);

describe("ByteWriter and ByteReader", () => {
	it("give back whatever was written, in order, and end where it ends", () => {
		fc.assert(
			fc.property(fc.array(STEP, { maxLength: 50 }), (steps) => {
				const writer = new ByteWriter(1);
				for (const one of steps) one.write(writer);
				const reader = new ByteReader(writer.finish());
				for (const one of steps) one.check(reader);
				expect([reader.failed, reader.remaining]).toEqual([false, 0]);
			}),
		);
	});

	it.each([
		[0, 1],
		[127, 1],
		[128, 2],
		[2 ** 32 - 1, 5],
		[2 ** 32, 5],
		[2 ** 49 - 1, 7],
		[2 ** 49, 8],
		[Number.MAX_SAFE_INTEGER, 8],
	])("write %d in %d bytes as a varint", (value, bytes) => {
		const writer = new ByteWriter();
		writer.varint(value);
		expect(writer.length).toBe(bytes);
		expect(new ByteReader(writer.finish()).varint()).toBe(value);
	});

	it("refuse to write as a varint what is none", () => {
		for (const value of [-1, 0.5, Number.NaN, 2 ** 53]) expect(() => new ByteWriter().varint(value)).toThrow();
	});

	it("survive any bytes and any requests without an exception", () => {
		const request = fc.constantFrom<(reader: ByteReader, n: number) => unknown>(
			(r) => r.u8(),
			(r) => r.u16(),
			(r) => r.u32(),
			(r) => r.varint(),
			(r) => r.zigzag(),
			(r) => r.f64(),
			(r) => r.string(),
			(r, n) => r.string(n),
			(r, n) => r.skip(n),
			(r, n) => r.bytes(n),
			(r, n) => r.subreader(n).u32(),
		);
		const count = fc.oneof(fc.integer({ min: -5, max: 40 }), fc.double());
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 60 }), fc.array(fc.tuple(request, count)), (bytes, requests) => {
				const reader = new ByteReader(bytes);
				for (const [ask, n] of requests) {
					const failed = reader.failed;
					ask(reader, n);
					expect(reader.position).toBeLessThanOrEqual(bytes.length);
					expect(reader.failed || !failed).toBe(true);
				}
			}),
		);
	});

	it("fail for ever once something was missing", () => {
		const reader = new ByteReader(new Uint8Array([1, 2, 3]));
		expect([reader.u32(), reader.failed, reader.remaining, reader.u8()]).toEqual([0, true, 0, 0]);
	});

	it("fail on a varint beyond 2^53 - 1 and on one that does not end", () => {
		for (const bytes of [[255, 255, 255, 255, 255, 255, 255, 127], Array(20).fill(128), [128]]) {
			const reader = new ByteReader(new Uint8Array(bytes));
			expect([reader.varint(), reader.failed]).toEqual([0, true]);
		}
	});

	it("fail on text that is not UTF-8, longer than allowed, or cut off", () => {
		const cases: [number[], number][] = [
			[[2, 0xc3, 0x28], 10],
			[[3, 97, 98, 99], 2],
			[[9, 97], 10],
		];
		for (const [bytes, max] of cases) {
			const reader = new ByteReader(new Uint8Array(bytes));
			expect([reader.string(max), reader.failed]).toEqual(["", true]);
		}
	});

	it("keep a subreader within its own bytes", () => {
		const reader = new ByteReader(new Uint8Array([1, 2, 3, 4]));
		const part = reader.subreader(2);
		expect([part.u8(), part.u8(), part.u8(), part.failed]).toEqual([1, 2, 0, true]);
		expect([reader.u8(), reader.failed]).toEqual([3, false]);
	});

	it("start again after a reset, and a finished copy stays as it was", () => {
		const writer = new ByteWriter();
		writer.string("first");
		const first = writer.finish();
		writer.reset();
		writer.u8(7);
		expect([...writer.finish()]).toEqual([7]);
		expect(new ByteReader(first).string()).toBe("first");
	});
});
