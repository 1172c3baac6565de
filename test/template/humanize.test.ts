/** Numbers against those that Prometheus itself printed. */
import { describe, expect, it } from "vitest";
import { formatNumber, humanize, humanizeDuration, humanizePercentage } from "../../src/template/humanize.ts";

/** What `promtool test rules` (2.42) made of `{{ $value }}`, humanize, humanizePercentage and humanizeDuration. */
const PRINTED: readonly (readonly [number, string])[] = [
	[0, "0|0|0%|0s"],
	[1, "1|1|100%|1s"],
	[-1, "-1|-1|-100%|-1s"],
	[0.05, "0.05|50m|5%|50ms"],
	[0.0512, "0.0512|51.2m|5.12%|51.2ms"],
	[1e6, "1e+06|1M|1e+08%|11d 13h 46m 40s"],
	[1234567, "1.234567e+06|1.235M|1.235e+08%|14d 6h 56m 7s"],
	[123456789, "1.23456789e+08|123.5M|1.235e+10%|1428d 21h 33m 9s"],
	[0.0001, "0.0001|100u|0.01%|100us"],
	[0.00001, "1e-05|10u|0.001%|10us"],
	[1.0625, "1.0625|1.062|106.2%|1.062s"],
	[12345, "12345|12.35k|1.234e+06%|3h 25m 45s"],
	[0.0012, "0.0012|1.2m|0.12%|1.2ms"],
	[100000, "100000|100k|1e+07%|1d 3h 46m 40s"],
	[1 / 3, "0.3333333333333333|333.3m|33.33%|333.3ms"],
	[-0.25, "-0.25|-250m|-25%|-250ms"],
	[95, "95|95|9500%|1m 35s"],
	[90061, "90061|90.06k|9.006e+06%|1d 1h 1m 1s"],
	[3600, "3600|3.6k|3.6e+05%|1h 0m 0s"],
	[59.99996, "59.99996|60|6000%|60s"],
	[0.25, "0.25|250m|25%|250ms"],
	[1e-30, "1e-30|1e-06y|1e-28%|1e-06ys"],
	[999.99, "999.99|1000|1e+05%|16m 39s"],
	[0.0625125, "0.0625125|62.51m|6.251%|62.51ms"],
	[2.5, "2.5|2.5|250%|2.5s"],
	[1e7, "1e+07|10M|1e+09%|115d 17h 46m 40s"],
	[-12345.678, "-12345.678|-12.35k|-1.235e+06%|-3h 25m 45s"],
	[86399.5, "86399.5|86.4k|8.64e+06%|23h 59m 59s"],
];

describe("numbers in annotations", () => {
	it.each(PRINTED)("%d reads as in Prometheus", (value, printed) => {
		const ours = [formatNumber(value), humanize(value), humanizePercentage(value), humanizeDuration(value)];
		expect(ours.join("|")).toBe(printed);
	});

	it("show the stand-in for infinity as infinity", () => {
		expect(formatNumber(Number.MAX_VALUE)).toBe("+Inf");
		expect(humanize(-Number.MAX_VALUE)).toBe("-Inf");
		expect(humanizePercentage(Number.POSITIVE_INFINITY)).toBe("+Inf%");
		expect(humanizeDuration(Number.NaN)).toBe("NaN");
	});

	it("stay short whatever the number", () => {
		for (const value of [1e300, -1e300, 5e-324, 1.234567890123e-300]) {
			for (const text of [formatNumber(value), humanize(value), humanizePercentage(value), humanizeDuration(value)]) {
				expect(text.length).toBeLessThan(60);
			}
		}
	});
});
