/**
 * Whether a moment lies in a time interval, with the semantics of Alertmanager: minutes from `from` to before `to`, days, months
 * and years inclusive, days of a month also from its end. Pure: the moment comes in.
 */
import { DAY_MS, MINUTE_MS } from "../model/limits.ts";
import type { NumberRange, TimeInterval } from "../model/routing.ts";
import { offsetChangeMs, offsetMs, type WallTime, wallTime } from "./calendar.ts";

const DAY_MINUTES = 1_440;

/** Whether the moment (Unix milliseconds) lies in one of the intervals. */
export function holdsAny(intervals: readonly TimeInterval[], ms: number): boolean {
	return intervals.some((interval) => holds(interval, ms));
}

/** Whether the moment lies in the interval. */
export function holds(interval: TimeInterval, ms: number): boolean {
	const wall = wallTime(ms, interval.location);
	return holdsOfDay(interval, wall) && holdsOfMinute(interval, wall.minute);
}

/**
 * When `holdsAny` may answer otherwise for the first time after `fromMs`: never too late, at most about a day ahead, and then
 * worth asking again. Null: never.
 */
export function nextChangeMs(intervals: readonly TimeInterval[], fromMs: number): number | null {
	let next: number | null = null;
	for (const interval of intervals) {
		const one = nextChangeOf(interval, fromMs);
		if (one !== null && (next === null || one < next)) next = one;
	}
	return next;
}

function nextChangeOf(interval: TimeInterval, fromMs: number): number | null {
	const { location } = interval;
	if (isAlways(interval)) return null;
	const wall = wallTime(fromMs, location);
	const edges = holdsOfDay(interval, wall) ? interval.times.flatMap(({ from, to }) => [from, to]) : [];
	const edge = Math.min(DAY_MINUTES, ...edges.filter((minute) => minute > wall.minute));
	const midnightMs = Math.floor((fromMs + offsetMs(fromMs, location)) / DAY_MS) * DAY_MS;
	const nextMs = midnightMs + edge * MINUTE_MS - offsetMs(fromMs, location);
	// When the clocks are changed before, the wall says something else from there on.
	return offsetChangeMs(fromMs, nextMs, location) ?? nextMs;
}

function isAlways({ times, weekdays, daysOfMonth, months, years }: TimeInterval): boolean {
	return [times, weekdays, daysOfMonth, months, years].every(({ length }) => length === 0);
}

function holdsOfMinute({ times }: TimeInterval, minute: number): boolean {
	return times.length === 0 || times.some(({ from, to }) => minute >= from && minute < to);
}

function holdsOfDay({ weekdays, daysOfMonth, months, years }: TimeInterval, wall: WallTime): boolean {
	return (
		isWithin(weekdays, wall.weekday) &&
		isWithin(months, wall.month) &&
		isWithin(years, wall.year) &&
		(daysOfMonth.length === 0 || daysOfMonth.some((range) => isDayWithin(range, wall)))
	);
}

function isWithin(ranges: readonly NumberRange[], value: number): boolean {
	return ranges.length === 0 || ranges.some(({ from, to }) => value >= from && value <= to);
}

/** In a shorter month a range ends with the month; one that begins behind its end holds on no day of it. */
function isDayWithin({ from, to }: NumberRange, { day, daysInMonth }: WallTime): boolean {
	const first = from < 0 ? daysInMonth + from + 1 : from;
	const last = to < 0 ? daysInMonth + to + 1 : to;
	return day >= first && day <= last;
}
