/** Durations in Prometheus' form. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DURATION_MS_MAX, formatDuration, parseDuration } from "../../src/lib/duration.ts";
import { ok } from "../../src/lib/result.ts";

describe("a duration", () => {
	it.each([
		["0", 0],
		["0s", 0],
		["5m", 300_000],
		["1h30m", 5_400_000],
		["1d", 86_400_000],
		["2w", 1_209_600_000],
		["1y", 31_536_000_000],
		["500ms", 500],
		["1y2w3d4h5m6s7ms", 33_019_506_007],
		["90s", 90_000],
	])("%s is %d ms", (text, ms) => {
		expect(parseDuration(text)).toEqual(ok(ms));
	});

	it.each(["", " 5m", "5", "m", "5m1h", "1.5h", "-5m", "5M", "5m 3s", "5m5m", "1e3s", "٥m", "5m\n", "9".repeat(100)])(
		"%j is refused with what to write instead",
		(text) => {
			const result = parseDuration(text);
			expect(result.ok).toBe(false);
			expect(JSON.stringify(result)).toContain("is not a duration: write it like 30s");
		},
	);

	it("ends at 292 years, as in Prometheus", () => {
		expect(parseDuration("292y").ok).toBe(true);
		expect(parseDuration("293y")).toEqual({ ok: false, failure: "'293y' is longer than 292 years" });
		expect(parseDuration(`${DURATION_MS_MAX}ms`).ok).toBe(true);
	});

	it.each([
		[0, "0s"],
		[90_000, "1m30s"],
		[60_000, "1m"],
		[1_209_600_000, "2w"],
		[8 * 86_400_000, "8d"],
		[31_536_000_000, "1y"],
		[1_500, "1s500ms"],
	])("of %d ms is written %s", (ms, text) => {
		expect(formatDuration(ms)).toBe(text);
	});

	it("reads back what it writes", () => {
		fc.assert(
			fc.property(fc.integer({ min: 0, max: DURATION_MS_MAX }), (ms) => {
				expect(parseDuration(formatDuration(ms))).toEqual(ok(ms));
			}),
		);
	});
});
