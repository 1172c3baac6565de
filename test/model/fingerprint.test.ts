/** Fingerprints against those of Alertmanager. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fingerprint, fingerprintOfText } from "../../src/model/fingerprint.ts";

/** FNV-1a by the book, with BigInt. */
function slowFingerprint(text: string): string {
	let hash = 0xcbf29ce484222325n;
	for (const byte of new TextEncoder().encode(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
	return hash.toString(16).padStart(16, "0");
}

describe("a fingerprint", () => {
	it.each([
		["d2c6efc389df0927", { alertname: "A" }],
		["2b66a9ee6504a139", { alertname: "API_HIGH_ERROR_RATE", severity: "critical", environment: "production" }],
		["0ae1824fbbcd96af", { alertname: "队列积压", queue: "é😀", b: "x\u0001y" }],
		["82c59d20ff9e6d0b", { alertname: "ab", a: "c", c: "" }],
	])("is %s, as GET /api/v2/alerts of Alertmanager 0.25 says", (expected, labels) => {
		expect(fingerprint(labels)).toBe(expected);
	});

	it("does not depend on the order of the labels, nor on empty ones", () => {
		expect(fingerprint({ b: "2", a: "1" })).toBe(fingerprint({ a: "1", b: "2", c: "" }));
		expect(fingerprint({ a: "bc" })).not.toBe(fingerprint({ ab: "c" }));
		expect(fingerprint({})).toBe("cbf29ce484222325");
	});

	it("of any text is FNV-1a of 64 bits", () => {
		fc.assert(
			fc.property(fc.string({ unit: "binary" }), (text) => {
				expect(fingerprintOfText(text)).toBe(slowFingerprint(text));
			}),
		);
	});
});
