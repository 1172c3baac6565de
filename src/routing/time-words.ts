/**
 * Reads time intervals in Alertmanager's words: `times`, `weekdays`, `days_of_month`, `months`, `years`, `location`. Takes plain
 * values, so that a configuration file and a silence share it; every issue has the place within the value.
 */
import { err, ok, type Result } from "../lib/result.ts";
import type { Issue } from "../model/errors.ts";
import { INTERVALS_PER_NAME_MAX, RANGES_PER_INTERVAL_MAX } from "../model/limits.ts";
import type { NumberRange, TimeInterval } from "../model/routing.ts";
import { isTimeZone } from "./calendar.ts";

/** Sunday is 0. */
export const WEEKDAYS: readonly string[] = [
	"sunday",
	"monday",
	"tuesday",
	"wednesday",
	"thursday",
	"friday",
	"saturday",
];
/** January is the first, at 0. */
export const MONTHS: readonly string[] = [
	"january",
	"february",
	"march",
	"april",
	"may",
	"june",
	"july",
	"august",
	"september",
	"october",
	"november",
	"december",
];
const PARTS = ["times", "weekdays", "days_of_month", "months", "years", "location"];

type Complain = (place: string, reason: string) => null;
/** Reads one word of a range as a number; the failure says what it should be. */
type ReadWord = (word: string) => Result<number, string>;

/** A list of intervals, of which one has to hold. */
export function parseTimeIntervals(input: unknown): Result<readonly TimeInterval[], readonly Issue[]> {
	const issues: Issue[] = [];
	const complain: Complain = (place, reason) => {
		issues.push({ place, reason });
		return null;
	};
	const list = readList(input, "", INTERVALS_PER_NAME_MAX, "a list of time intervals", complain);
	const intervals = list.flatMap((item, i) => readInterval(item, `[${i}]`, complain) ?? []);
	return issues.length === 0 ? ok(intervals) : err(issues);
}

function readInterval(input: unknown, place: string, complain: Complain): TimeInterval | null {
	const fields = readFields(input, place, PARTS, complain);
	if (fields === null) return null;
	const ranges = (part: string, read: (text: string) => Result<NumberRange, string>): readonly NumberRange[] =>
		readRanges(fields[part], `${place}.${part}`, read, complain);
	return {
		times: readTimes(fields["times"], `${place}.times`, complain),
		weekdays: ranges("weekdays", (text) => readRange(text, weekdayOf)),
		daysOfMonth: ranges("days_of_month", readDays),
		months: ranges("months", (text) => readRange(text, monthOf)),
		years: ranges("years", (text) => readRange(text, (word) => numberOf(word, 0, 9_999, "a year such as 2030"))),
		location: readLocation(fields["location"], `${place}.location`, complain),
	};
}

/** `Local` is where Alertmanager's server stands; ours stands in UTC. */
function readLocation(input: unknown, place: string, complain: Complain): string {
	if (input === undefined || input === null || input === "" || input === "Local" || input === "UTC") return "UTC";
	if (typeof input === "string" && isTimeZone(input)) return input;
	complain(place, `${shown(input)} is no time zone: write its IANA name, such as Europe/Berlin or Asia/Shanghai`);
	return "UTC";
}

function readTimes(input: unknown, place: string, complain: Complain): readonly NumberRange[] {
	if (input === undefined || input === null) return [];
	return readList(input, place, RANGES_PER_INTERVAL_MAX, "a list of start_time and end_time", complain).flatMap(
		(item, i) => {
			const at = `${place}[${i}]`;
			const fields = readFields(item, at, ["start_time", "end_time"], complain);
			if (fields === null) return [];
			const from = readMinute(fields["start_time"], `${at}.start_time`, complain);
			const to = readMinute(fields["end_time"], `${at}.end_time`, complain);
			if (from === null || to === null) return [];
			if (from < to) return [{ from, to }];
			complain(at, "start_time must be before end_time: over midnight, write two ranges, the first until 24:00");
			return [];
		},
	);
}

function readMinute(input: unknown, place: string, complain: Complain): number | null {
	const text = typeof input === "string" ? input : "";
	if (!/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/.test(text)) {
		return complain(place, `${shown(input)} is no time: write it like 09:00, from 00:00 to 24:00`);
	}
	return Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
}

function readRanges(
	input: unknown,
	place: string,
	read: (text: string) => Result<NumberRange, string>,
	complain: Complain,
): readonly NumberRange[] {
	if (input === undefined || input === null) return [];
	return readList(input, place, RANGES_PER_INTERVAL_MAX, "a list", complain).flatMap((item, i) => {
		const text = typeof item === "number" ? String(item) : item;
		const range = typeof text === "string" ? read(text.toLowerCase()) : err("must be a text such as 1:5");
		if (range.ok) return [range.value];
		complain(`${place}[${i}]`, range.failure);
		return [];
	});
}

function readRange(text: string, readWord: ReadWord): Result<NumberRange, string> {
	const words = text.split(":");
	if (words.length > 2) return err(`${shown(text)} is no range: write it like a:b`);
	const from = readWord(words[0] as string);
	if (!from.ok) return from;
	const to = readWord(words.at(-1) as string);
	if (!to.ok) return to;
	if (from.value > to.value) return err(`${shown(text)} ends before it begins: write two ranges`);
	return ok({ from: from.value, to: to.value });
}

/** The end counts as in the shortest month, so that a range which never holds is noticed. */
function readDays(text: string): Result<NumberRange, string> {
	const words = text.split(":");
	const form = "a day from 1 to 31, or from the end of the month, -1 to -31";
	if (words.length > 2) return err(`${shown(text)} is no range: write it like 1:15`);
	const from = numberOf(words[0] as string, -31, 31, form);
	const to = numberOf(words.at(-1) as string, -31, 31, form);
	if (!from.ok) return from;
	if (!to.ok) return to;
	if (from.value === 0 || to.value === 0) return err(`0 is no day of a month: ${form}`);
	if (from.value < 0 && to.value > 0)
		return err(`${shown(text)}: what begins from the end of the month must end there`);
	const inShortest = (day: number): number => (day < 0 ? 28 + day : day);
	if (inShortest(from.value) > inShortest(to.value)) return err(`${shown(text)} ends before it begins`);
	return ok({ from: from.value, to: to.value });
}

function weekdayOf(word: string): Result<number, string> {
	const day = WEEKDAYS.indexOf(word);
	return day < 0 ? err(`${shown(word)} is no day of the week: write its English name`) : ok(day);
}

function monthOf(word: string): Result<number, string> {
	const month = MONTHS.indexOf(word);
	return month < 0 ? numberOf(word, 1, 12, "a month by its English name or from 1 to 12") : ok(month + 1);
}

function numberOf(word: string, min: number, max: number, form: string): Result<number, string> {
	const number = /^[+-]?\d{1,5}$/.test(word) ? Number(word) : Number.NaN;
	return number >= min && number <= max ? ok(number) : err(`${shown(word)} is not ${form}`);
}

/** An empty list would never hold in Alertmanager, which nobody means. */
function readList(input: unknown, place: string, max: number, form: string, complain: Complain): readonly unknown[] {
	if (!Array.isArray(input)) complain(place, `must be ${form}`);
	else if (input.length === 0) complain(place, "an empty list never holds: leave it out");
	else if (input.length > max) complain(place, `${input.length} entries; the limit is ${max}`);
	else return input;
	return [];
}

function readFields(
	input: unknown,
	place: string,
	known: readonly string[],
	complain: Complain,
): Readonly<Record<string, unknown>> | null {
	if (typeof input !== "object" || input === null || Array.isArray(input)) {
		return complain(place, `must be a map of ${known.join(", ")}`);
	}
	for (const key of Object.keys(input)) {
		if (!known.includes(key)) {
			complain(`${place}.${key.slice(0, 60)}`, `${shown(key)} is not known here: there are ${known.join(", ")}`);
		}
	}
	return input as Readonly<Record<string, unknown>>;
}

function shown(value: unknown): string {
	return (JSON.stringify(value) ?? "nothing").slice(0, 60);
}
