/** Times as Go's clients write them. */
import { describe, expect, it } from "vitest";
import { formatRfc3339, isGoZero, parseRfc3339 } from "../../src/lib/rfc3339.ts";

describe("a time", () => {
	it.each([
		["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000Z"],
		["2026-01-01T00:00:00.123456789+02:00", "2025-12-31T22:00:00.123Z"],
		["2026-01-01T00:00:00.1-05:30", "2026-01-01T05:30:00.100Z"],
		["2024-02-29T23:59:59.999Z", "2024-02-29T23:59:59.999Z"],
		["0099-12-31t23:59:59z", "0099-12-31T23:59:59.000Z"],
		["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"],
	])("%s is %s", (text, iso) => {
		expect(formatRfc3339(parseRfc3339(text) ?? Number.NaN)).toBe(iso);
	});

	it.each([
		"",
		"yesterday",
		"2026-01-01",
		"2026-02-30T00:00:00Z",
		"2025-02-29T00:00:00Z",
		"2026-13-01T00:00:00Z",
		"2026-01-01T24:00:00Z",
		"2026-01-01T00:00:60Z",
		"2026-01-01T00:00:00",
		"2026-01-01T00:00:00+25:00",
		`2026-01-01T00:00:00.${"9".repeat(1_000)}Z`,
	])("%s is none", (text) => {
		expect(parseRfc3339(text)).toBeNull();
	});

	it("of year 1 means that none is given, and what cannot be written is the nearest that can", () => {
		expect(isGoZero(parseRfc3339("0001-01-01T00:00:00Z") ?? 0)).toBe(true);
		expect(isGoZero(parseRfc3339("0001-01-01T00:00:01Z") ?? 0)).toBe(false);
		expect(formatRfc3339(8.64e15)).toBe("9999-12-31T23:59:59.999Z");
		expect(formatRfc3339(-8.64e15)).toBe("0001-01-01T00:00:00.000Z");
	});
});
