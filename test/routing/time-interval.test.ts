/** Time intervals: what their words mean, whether a moment lies in them, and when that changes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	DAY_MS,
	HOUR_MS,
	INTERVALS_PER_NAME_MAX,
	MINUTE_MS,
	RANGES_PER_INTERVAL_MAX,
	TIME_ZONES_KEPT_MAX,
} from "../../src/model/limits.ts";
import type { TimeInterval } from "../../src/model/routing.ts";
import { wallTime } from "../../src/routing/calendar.ts";
import { nextTimeMuteMs, timeMuteOf } from "../../src/routing/route-time.ts";
import { holds, holdsAny, nextChangeMs } from "../../src/routing/time-interval.ts";
import { parseTimeIntervals } from "../../src/routing/time-words.ts";

function intervals(...words: readonly unknown[]): readonly TimeInterval[] {
	const parsed = parseTimeIntervals(words);
	if (!parsed.ok) throw new Error(JSON.stringify(parsed.failure));
	return parsed.value;
}
const NOON = Date.parse("2026-11-20T12:00:00Z");
const holdsAt = (words: unknown, time: string): boolean => holdsAny(intervals(words), Date.parse(time));
const office = { times: [{ start_time: "09:00", end_time: "17:00" }], weekdays: ["monday:friday"] };

describe("a time interval", () => {
	it.each([
		[office, "2026-11-20T09:00:00Z", true],
		[office, "2026-11-20T08:59:59.999Z", false],
		[office, "2026-11-20T16:59:59.999Z", true],
		[office, "2026-11-20T17:00:00Z", false],
		[office, "2026-11-21T12:00:00Z", false],
		[{}, "2026-11-21T12:00:00Z", true],
		[{ times: [{ start_time: "23:00", end_time: "24:00" }] }, "2026-11-21T23:59:59Z", true],
		[{ weekdays: ["sunday"] }, "2026-11-22T00:00:00Z", true],
		[{ weekdays: ["Saturday:saturday"] }, "2026-11-22T00:00:00Z", false],
		[{ days_of_month: [1] }, "2026-12-01T00:00:00Z", true],
		[{ days_of_month: ["-1"] }, "2026-11-30T23:59:00Z", true],
		[{ days_of_month: ["-1"] }, "2026-11-29T23:59:00Z", false],
		[{ days_of_month: ["-1"] }, "2028-02-29T12:00:00Z", true],
		[{ days_of_month: ["-1"] }, "2027-02-28T12:00:00Z", true],
		[{ days_of_month: ["-7:-1"] }, "2026-11-24T12:00:00Z", true],
		[{ days_of_month: ["-7:-1"] }, "2026-11-23T12:00:00Z", false],
		[{ days_of_month: ["31"] }, "2026-11-30T12:00:00Z", false],
		[{ days_of_month: ["25:31"] }, "2026-11-30T12:00:00Z", true],
		[{ days_of_month: ["-31:-30"] }, "2026-11-01T12:00:00Z", true],
		[{ days_of_month: ["20:-5"] }, "2026-11-26T12:00:00Z", true],
		[{ days_of_month: ["20:-5"] }, "2026-11-27T12:00:00Z", false],
		[{ months: ["november"] }, "2026-11-27T12:00:00Z", true],
		[{ months: ["1:10", 12] }, "2026-11-27T12:00:00Z", false],
		[{ years: ["2020:2026"] }, "2026-12-31T23:59:00Z", true],
		[{ years: [2026] }, "2027-01-01T00:00:00Z", false],
		[{ years: [2027], location: "Asia/Shanghai" }, "2026-12-31T16:00:00Z", true],
		[{ ...office, location: "America/New_York" }, "2026-11-20T13:59:00Z", false],
		[{ ...office, location: "America/New_York" }, "2026-11-20T14:00:00Z", true],
		[{ ...office, location: "America/New_York" }, "2026-07-20T13:00:00Z", true],
		[{ ...office, location: "Asia/Kathmandu" }, "2026-11-20T03:15:00Z", true],
		[{ ...office, location: "Asia/Kathmandu" }, "2026-11-20T03:14:00Z", false],
		// The night of the 25th of October 2026 has the hour from 02:00 twice in Berlin, that of the 29th of March not at all.
		[{ times: [{ start_time: "02:00", end_time: "03:00" }], location: "Europe/Berlin" }, "2026-10-25T00:30:00Z", true],
		[{ times: [{ start_time: "02:00", end_time: "03:00" }], location: "Europe/Berlin" }, "2026-10-25T01:30:00Z", true],
		[{ times: [{ start_time: "02:00", end_time: "03:00" }], location: "Europe/Berlin" }, "2026-03-29T01:00:00Z", false],
	])("%j holds at %s: %s", (words, time, expected) => {
		expect(holdsAt(words, time)).toBe(expected);
	});

	it("may lie in more zones than are kept ready", () => {
		const zones = Intl.supportedValuesOf("timeZone").slice(0, 2 * TIME_ZONES_KEPT_MAX);
		expect(zones.length).toBeGreaterThan(TIME_ZONES_KEPT_MAX);
		for (const location of [...zones, ...zones]) {
			const shown = new Date(NOON).toLocaleString("en-GB", { timeZone: location, hour: "2-digit", minute: "2-digit" });
			const { minute } = wallTime(NOON, location);
			const time = `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
			expect({ location, time }).toEqual({ location, time: shown });
		}
	});

	it("among several holds where one of them does; without any never", () => {
		const two = intervals({ months: ["may"] }, { months: ["june"] });
		expect(holdsAny(two, Date.parse("2026-06-01T00:00:00Z"))).toBe(true);
		expect(holdsAny([], 0)).toBe(false);
	});
});

describe("the words of a time interval are refused with their place", () => {
	const issues = (words: unknown): readonly string[] => {
		const parsed = parseTimeIntervals(words);
		return parsed.ok ? [] : parsed.failure.map(({ place, reason }) => `${place}: ${reason}`);
	};
	it.each([
		[{}, ": must be a list of time intervals"],
		[[], ": an empty list never holds"],
		[[1], "[0]: must be a map of times"],
		[[{ time: 1 }], '[0].time: "time" is not known here: there are times, weekdays'],
		[[{ times: [{ start_time: "9:00", end_time: "10:00" }] }], '[0].times[0].start_time: "9:00" is no time'],
		[[{ times: [{ start_time: 540 }] }], "[0].times[0].start_time: 540 is no time"],
		[[{ times: [{ start_time: "24:01", end_time: "24:00" }] }], '[0].times[0].start_time: "24:01" is no time'],
		[
			[{ times: [{ start_time: "22:00", end_time: "06:00" }] }],
			"[0].times[0]: start_time must be before end_time: over midnight",
		],
		[[{ weekdays: ["mon"] }], '[0].weekdays[0]: "mon" is no day of the week'],
		[[{ weekdays: ["friday:monday"] }], '[0].weekdays[0]: "friday:monday" ends before it begins'],
		[[{ weekdays: [[]] }], "[0].weekdays[0]: must be a text"],
		[[{ days_of_month: ["1:2:3"] }], '[0].days_of_month[0]: "1:2:3" is no range'],
		[[{ days_of_month: [0] }], "[0].days_of_month[0]: 0 is no day of a month"],
		[[{ days_of_month: ["-1:1"] }], '[0].days_of_month[0]: "-1:1": what begins from the end'],
		[[{ months: [13] }], '[0].months[0]: "13" is not a month'],
		[[{ years: ["soon"] }], '[0].years[0]: "soon" is not a year'],
		[[{ location: "+05:00" }], '[0].location: "+05:00" is no time zone'],
		[[{ location: 5 }], "[0].location: 5 is no time zone"],
	])("%j", (words, expected) => {
		expect(issues(words)[0]).toContain(expected);
	});

	it("when there are too many of them", () => {
		expect(issues(Array.from({ length: INTERVALS_PER_NAME_MAX + 1 }, () => ({})))[0]).toContain(
			`the limit is ${INTERVALS_PER_NAME_MAX}`,
		);
		expect(issues([{ years: Array.from({ length: RANGES_PER_INTERVAL_MAX + 1 }, () => 2_030) }])[0]).toContain(
			`the limit is ${RANGES_PER_INTERVAL_MAX}`,
		);
	});
});

describe("the next change", () => {
	const zones = [
		"UTC",
		"Europe/Berlin",
		"America/New_York",
		"Asia/Shanghai",
		"Australia/Lord_Howe",
		"America/Havana",
		"Asia/Kathmandu",
	];

	it("is never later than the first minute in which the answer is another, and soon enough", {
		timeout: 60_000,
	}, () => {
		const minute = fc.integer({ min: 0, max: 1_440 });
		const time = fc.tuple(minute, minute).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) + 1 }));
		const range = (min: number, max: number) =>
			fc
				.tuple(fc.integer({ min, max }), fc.integer({ min, max }))
				.map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
		const some = <T>(one: fc.Arbitrary<T>) => fc.oneof(fc.constant([]), fc.array(one, { minLength: 1, maxLength: 2 }));
		const interval: fc.Arbitrary<TimeInterval> = fc.record({
			times: some(time),
			weekdays: some(range(0, 6)),
			daysOfMonth: some(fc.oneof(range(1, 31), range(-31, -1))),
			months: some(range(1, 12)),
			years: some(range(2_025, 2_028)),
			location: fc.constantFrom(...zones),
		});
		// Around the days on which clocks are changed in 2026, and around others.
		const from = fc
			.tuple(
				fc.constantFrom(
					"2026-03-07",
					"2026-03-28",
					"2026-04-04",
					"2026-10-03",
					"2026-10-24",
					"2026-11-01",
					"2026-12-31",
				),
				fc.integer({ min: 0, max: 2_880 }),
			)
			.map(([day, minutes]) => Date.parse(`${day}T00:00:00Z`) + minutes * MINUTE_MS + 1_234);
		fc.assert(
			fc.property(fc.array(interval, { minLength: 1, maxLength: 2 }), from, (list, fromMs) => {
				const now = holdsAny(list, fromMs);
				const next = nextChangeMs(list, fromMs);
				expect(next ?? Number.POSITIVE_INFINITY).toBeGreaterThan(fromMs);
				if (next !== null) {
					expect(next - fromMs).toBeLessThanOrEqual(DAY_MS + HOUR_MS);
					expect(next % MINUTE_MS).toBe(0);
				}
				const end = Math.min(next ?? fromMs + 2 * DAY_MS, fromMs + 2 * DAY_MS);
				for (let ms = (Math.floor(fromMs / MINUTE_MS) + 1) * MINUTE_MS; ms < end; ms += 7 * MINUTE_MS) {
					if (holdsAny(list, ms) !== now)
						throw new Error(`it changed at ${new Date(ms).toISOString()}, before ${next}`);
				}
				if (next !== null) expect(holdsAny(list, next - 1)).toBe(now);
			}),
			{ numRuns: 300 },
		);
	});

	it("is the edge of the interval, the next midnight, or never", () => {
		const at = (words: unknown, time: string): string | null => {
			const next = nextChangeMs(intervals(words), Date.parse(time));
			return next === null ? null : new Date(next).toISOString();
		};
		expect(at(office, "2026-11-20T08:00:30Z")).toBe("2026-11-20T09:00:00.000Z");
		expect(at(office, "2026-11-20T09:00:00Z")).toBe("2026-11-20T17:00:00.000Z");
		expect(at(office, "2026-11-21T09:00:00Z")).toBe("2026-11-22T00:00:00.000Z");
		expect(at({ ...office, location: "Asia/Shanghai" }, "2026-11-20T00:00:00Z")).toBe("2026-11-20T01:00:00.000Z");
		expect(at({ years: [2026], location: "Europe/Berlin" }, "2026-10-25T00:30:00Z")).toBe("2026-10-25T01:00:00.000Z");
		expect(at({}, "2026-11-20T08:00:00Z")).toBeNull();
		expect(nextChangeMs([], 0)).toBeNull();
	});
});

describe("the time intervals of a route", () => {
	const named = { office: intervals(office), summer: intervals({ months: ["june:august"] }) };

	it("mute it inside of mute intervals and outside of active ones", () => {
		const mute = (muteTimeIntervals: readonly string[], activeTimeIntervals: readonly string[]): unknown =>
			timeMuteOf({ muteTimeIntervals, activeTimeIntervals }, named, NOON);
		expect(mute([], [])).toBeNull();
		expect(mute(["summer", "office"], [])).toEqual({ kind: "mute", names: ["office"] });
		expect(mute(["summer"], ["office"])).toBeNull();
		expect(mute([], ["summer"])).toEqual({ kind: "inactive", names: ["summer"] });
		expect(mute([], ["summer", "office"])).toBeNull();
		expect(mute(["gone"], [])).toBeNull();
		expect(mute([], ["toString"])).toEqual({ kind: "inactive", names: ["toString"] });
	});

	it("say when to look again", () => {
		expect(nextTimeMuteMs({ muteTimeIntervals: ["office"], activeTimeIntervals: ["summer"] }, named, NOON)).toBe(
			Date.parse("2026-11-20T17:00:00Z"),
		);
		expect(nextTimeMuteMs({ muteTimeIntervals: [], activeTimeIntervals: [] }, named, NOON)).toBeNull();
	});

	it("hold or not without a look at the others", () => {
		expect(holds(named.office[0] as TimeInterval, NOON)).toBe(true);
	});
});
