/** What the clock on the wall shows in a time zone. Zones come from Intl, as the runtime has them; knows no intervals. */
import { MINUTE_MS, TIME_ZONES_KEPT_MAX } from "../model/limits.ts";

/** A moment on the wall: minute of the day, day of the week (0: Sunday), day and days of its month, month (1: January), year. */
export type WallTime = {
	readonly minute: number;
	readonly weekday: number;
	readonly day: number;
	readonly daysInMonth: number;
	readonly month: number;
	readonly year: number;
};

const formats = new Map<string, Intl.DateTimeFormat>();

/** Whether a name is an IANA time zone, as `Europe/Berlin` or `UTC`; offsets such as `+05:00` are none. */
export function isTimeZone(name: string): boolean {
	if (!/^[A-Za-z][A-Za-z0-9_+\-/]{0,63}$/.test(name)) return false;
	try {
		formatOf(name);
		return true;
	} catch {
		return false;
	}
}

/** The wall time at a moment (Unix milliseconds). The zone must be one. */
export function wallTime(ms: number, zone: string): WallTime {
	const wall = new Date(ms + offsetMs(ms, zone));
	const year = wall.getUTCFullYear();
	const month = wall.getUTCMonth() + 1;
	return {
		minute: wall.getUTCHours() * 60 + wall.getUTCMinutes(),
		weekday: wall.getUTCDay(),
		day: wall.getUTCDate(),
		// Day 0 of the next month is the last one of this.
		daysInMonth: new Date(Date.UTC(year, month, 0)).getUTCDate(),
		month,
		year,
	};
}

/** How far the wall is ahead of UTC at a moment, in milliseconds (zones of today: whole minutes). */
export function offsetMs(ms: number, zone: string): number {
	if (zone === "UTC") return 0;
	const parts: Record<string, number> = {};
	for (const { type, value } of formatOf(zone).formatToParts(ms)) parts[type] = Number(value);
	const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
	return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1_000) * 1_000;
}

/** The first whole minute in `(fromMs, toMs]` with another offset than at `fromMs`; null: the clocks are not changed in between. */
export function offsetChangeMs(fromMs: number, toMs: number, zone: string): number | null {
	const before = offsetMs(fromMs, zone);
	if (zone === "UTC" || offsetMs(toMs, zone) === before) return null;
	let low = Math.floor(fromMs / MINUTE_MS);
	let high = Math.ceil(toMs / MINUTE_MS);
	while (high - low > 1) {
		const middle = Math.floor((low + high) / 2);
		if (offsetMs(middle * MINUTE_MS, zone) === before) low = middle;
		else high = middle;
	}
	return high * MINUTE_MS;
}

function formatOf(zone: string): Intl.DateTimeFormat {
	const known = formats.get(zone);
	if (known !== undefined) return known;
	const made = new Intl.DateTimeFormat("en-US", {
		timeZone: zone,
		calendar: "gregory",
		numberingSystem: "latn",
		hourCycle: "h23",
		year: "numeric",
		month: "numeric",
		day: "numeric",
		hour: "numeric",
		minute: "numeric",
		second: "numeric",
	});
	if (formats.size >= TIME_ZONES_KEPT_MAX) formats.clear();
	formats.set(zone, made);
	return made;
}
