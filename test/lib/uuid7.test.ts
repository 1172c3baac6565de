/** Ids say when they were made, sort by it, and nothing else is taken for one. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dashed, parseUuid7, UUID7_RANDOM_BYTES, uuid7 } from "../../src/lib/uuid7.ts";

const bytes = fc.uint8Array({ minLength: UUID7_RANDOM_BYTES, maxLength: UUID7_RANDOM_BYTES });
const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });

describe("uuid7", () => {
	it("gives the example of RFC 9562, A.6", () => {
		const random = Uint8Array.from([0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f]);
		expect(uuid7(0x017f22e279b0, random)).toBe("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
	});

	it("is read back, with dashes and without, in upper and lower case", () => {
		fc.assert(
			fc.property(time, bytes, (ms, random) => {
				const text = uuid7(ms, random);
				const hex = text.replaceAll("-", "");
				for (const form of [text, hex, text.toUpperCase(), hex.toUpperCase()])
					expect(parseUuid7(form)).toEqual({ createdMs: ms, hex });
				expect(dashed(hex)).toBe(text);
			}),
		);
	});

	it("sorts by time as text", () => {
		fc.assert(
			fc.property(time, time, bytes, bytes, (a, b, first, second) => {
				fc.pre(a < b);
				expect(uuid7(a, first) < uuid7(b, second)).toBe(true);
			}),
		);
	});

	it("differs when only one bit of chance differs, in each of its 74", () => {
		const base = uuid7(1, new Uint8Array(10));
		let different = 0;
		for (let bit = 0; bit < 80; bit++) {
			const random = new Uint8Array(10);
			random[bit >> 3] = 1 << (bit & 7);
			if (uuid7(1, random) !== base) different++;
		}
		expect(different).toBe(74);
	});

	it("takes the nearest time that fits, and missing chance as zero", () => {
		expect(parseUuid7(uuid7(-5, new Uint8Array()))?.createdMs).toBe(0);
		expect(parseUuid7(uuid7(Number.NaN, new Uint8Array(3)))?.createdMs).toBe(0);
		expect(parseUuid7(uuid7(2 ** 60, new Uint8Array(10)))?.createdMs).toBe(2 ** 48 - 1);
	});

	it("refuses other versions, other variants, misplaced dashes and arbitrary text", () => {
		expect(parseUuid7(crypto.randomUUID())).toBeNull();
		expect(parseUuid7("017f22e2-79b0-7cc3-08c4-dc0c0c07398f")).toBeNull();
		expect(parseUuid7("017f22e279b0-7cc3-98c4-dc0c0c07398f-")).toBeNull();
		expect(parseUuid7("017f22e2-79b0-7cc3-98c4dc0c0c07398")).toBeNull();
		expect(parseUuid7("")).toBeNull();
		fc.assert(fc.property(fc.string(), (text) => parseUuid7(text) === null || text.replaceAll("-", "").length === 32));
	});
});
