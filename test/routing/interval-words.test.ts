/** Intervals in words and back. */
import { describe, expect, it } from "vitest";
import { intervalWords } from "../../src/routing/interval-words.ts";
import { parseTimeIntervals } from "../../src/routing/time-words.ts";

const WORDS = [
	{
		times: [
			{ start_time: "00:00", end_time: "09:05" },
			{ start_time: "17:00", end_time: "24:00" },
		],
		weekdays: ["monday:friday", "sunday"],
		days_of_month: ["1:5", "-3:-1"],
		months: ["january:march", "december"],
		years: ["2030", "2031:2035"],
		location: "Europe/Berlin",
	},
	{ location: "UTC" },
];

describe("a time interval", () => {
	it("is shown in the words in which it came", () => {
		const parsed = parseTimeIntervals(WORDS);
		expect(parsed.ok && parsed.value.map(intervalWords)).toEqual(WORDS);
	});
});
