/** Instants and durations as Go's time package prints them. Zones come from the host's copy of the IANA database. */
import { TEMPLATE_ZONES_MEMO_MAX } from "../model/limits.ts";
import type { TemplateTime } from "./value.ts";

/** Go's zero time, 0001-01-01T00:00:00Z, in Unix milliseconds: what `EndsAt` is while an alert fires. */
export const ZERO_TIME_MS = -62_135_596_800_000;
/** What `{{ .StartsAt }}` prints. */
const DEFAULT_LAYOUT = "2006-01-02 15:04:05.999999999 -0700 MST";
const MINUTE_MS = 60_000;
const MONTHS = "January February March April May June July August September October November December".split(" ");
const DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");
/** The pieces of a layout that stand for something, in the order in which Go looks for them. */
const PIECE =
	/January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|002|01|02|03|04|05|06|15|1|2006|2|__2|_2(?!006)|3|4|5|PM|pm|[Z-]07(?::?00){0,2}|[.,](?:0+|9+)(?!\d)/g;
/** Short names that Go's database knows and that English locales of the host do not print. */
const ZONE_NAMES: Readonly<Record<string, string>> = {
	"Asia/Shanghai": "CST",
	"Asia/Chongqing": "CST",
	"Asia/Taipei": "CST",
	"Asia/Macau": "CST",
	"Asia/Hong_Kong": "HKT",
	"Asia/Tokyo": "JST",
	"Asia/Seoul": "KST",
	"Asia/Kolkata": "IST",
	"Asia/Calcutta": "IST",
	"Asia/Karachi": "PKT",
	"Asia/Manila": "PST",
	"Asia/Jakarta": "WIB",
	"Asia/Jerusalem": "IST",
	"Europe/Moscow": "MSK",
	"Africa/Johannesburg": "SAST",
	"Africa/Lagos": "WAT",
	"Africa/Nairobi": "EAT",
};
const NAMING_LOCALES = ["en-US", "en-GB", "en-AU", "en-NZ"];

/** The fields of an instant in its zone. */
export type Clock = {
	readonly year: number;
	/** 0 is January. */
	readonly month: number;
	readonly day: number;
	readonly weekday: number;
	readonly hour: number;
	readonly minute: number;
	readonly second: number;
	readonly millisecond: number;
	readonly offsetMs: number;
};

export function clockOf({ ms, zone }: TemplateTime): Clock {
	const offsetMs = zoneOffsetMs(ms, zone);
	const local = new Date(ms + offsetMs);
	return {
		year: local.getUTCFullYear(),
		month: local.getUTCMonth(),
		day: local.getUTCDate(),
		weekday: local.getUTCDay(),
		hour: local.getUTCHours(),
		minute: local.getUTCMinutes(),
		second: local.getUTCSeconds(),
		millisecond: local.getUTCMilliseconds(),
		offsetMs,
	};
}

/** `time.Format`: the layout shows how 15:04:05 on Monday, January 2nd 2006, would be written. */
export function formatTime(time: TemplateTime, layout: string = DEFAULT_LAYOUT): string {
	const clock = clockOf(time);
	let name: string | null = null;
	const nameOnce = (): string => {
		name ??= zoneName(time, clock);
		return name;
	};
	return layout.replace(PIECE, (piece) => {
		if (piece === "MST") return nameOnce();
		const format = Object.hasOwn(PIECES, piece) ? PIECES[piece] : undefined;
		if (format !== undefined) return format(clock);
		return /^[.,]/.test(piece) ? fraction(piece, clock) : offset(piece, clock.offsetMs);
	});
}

export function monthName(clock: Clock): string {
	return MONTHS[clock.month] ?? "";
}

export function dayName(clock: Clock): string {
	return DAYS[clock.weekday] ?? "";
}

/** The day of the year, from 1. */
export function dayOfYear({ year, month, day }: Clock): number {
	const start = new Date(0);
	start.setUTCFullYear(year, 0, 1);
	const date = new Date(0);
	date.setUTCFullYear(year, month, day);
	return Math.round((date.getTime() - start.getTime()) / 86_400_000) + 1;
}

/** Whether the host knows a zone by this name. */
export function isZone(name: string): boolean {
	try {
		formatOf(name, "en-US", "short");
		return true;
	} catch {
		return false;
	}
}

/** `time.Duration` as text: `1h2m3.5s`, `350ms`, `0s`. */
export function formatDuration(ns: bigint): string {
	const sign = ns < 0n ? "-" : "";
	const size = ns < 0n ? -ns : ns;
	if (size === 0n) return "0s";
	if (size < 1_000n) return `${sign}${size}ns`;
	if (size < 1_000_000n) return `${sign}${decimal(size, 3)}µs`;
	if (size < 1_000_000_000n) return `${sign}${decimal(size, 6)}ms`;
	const minutes = size / 60_000_000_000n;
	const seconds = `${decimal(size % 60_000_000_000n, 9)}s`;
	if (minutes === 0n) return sign + seconds;
	const hours = minutes / 60n;
	return sign + (hours === 0n ? `${minutes}m${seconds}` : `${hours}h${minutes % 60n}m${seconds}`);
}

/** An integer with so many places behind the point, no zeros at the end. */
function decimal(value: bigint, places: number): string {
	const digits = value.toString().padStart(places + 1, "0");
	const fraction = digits.slice(-places).replace(/0+$/, "");
	return digits.slice(0, -places) + (fraction === "" ? "" : `.${fraction}`);
}

const PIECES: Readonly<Record<string, (clock: Clock) => string>> = {
	January: monthName,
	Jan: (clock) => monthName(clock).slice(0, 3),
	Monday: dayName,
	Mon: (clock) => dayName(clock).slice(0, 3),
	"01": ({ month }) => two(month + 1),
	"1": ({ month }) => String(month + 1),
	"02": ({ day }) => two(day),
	_2: ({ day }) => String(day).padStart(2, " "),
	"2": ({ day }) => String(day),
	"002": (clock) => String(dayOfYear(clock)).padStart(3, "0"),
	__2: (clock) => String(dayOfYear(clock)).padStart(3, " "),
	"15": ({ hour }) => two(hour),
	"03": ({ hour }) => two(twelve(hour)),
	"3": ({ hour }) => String(twelve(hour)),
	"04": ({ minute }) => two(minute),
	"4": ({ minute }) => String(minute),
	"05": ({ second }) => two(second),
	"5": ({ second }) => String(second),
	"06": ({ year }) => two(year % 100),
	"2006": ({ year }) => String(year).padStart(4, "0"),
	PM: ({ hour }) => (hour >= 12 ? "PM" : "AM"),
	pm: ({ hour }) => (hour >= 12 ? "pm" : "am"),
};

function two(value: number): string {
	return String(value).padStart(2, "0");
}

/** The hour on a clock of twelve. */
function twelve(hour: number): number {
	return hour % 12 === 0 ? 12 : hour % 12;
}

/** `.000` has as many digits as there are zeros; `.999` at most so many, and nothing when they are all zero. */
function fraction(piece: string, { millisecond }: Clock): string {
	const digits = String(millisecond)
		.padStart(3, "0")
		.padEnd(9, "0")
		.slice(0, piece.length - 1)
		.padEnd(piece.length - 1, "0");
	if (piece[1] === "0") return piece.charAt(0) + digits;
	const trimmed = digits.replace(/0+$/, "");
	return trimmed === "" ? "" : piece.charAt(0) + trimmed;
}

function offset(piece: string, offsetMs: number): string {
	if (piece.startsWith("Z") && offsetMs === 0) return "Z";
	const minutes = Math.abs(Math.trunc(offsetMs / MINUTE_MS));
	const parts = [Math.floor(minutes / 60), minutes % 60, Math.abs(Math.trunc(offsetMs / 1_000)) % 60];
	const count = (piece.replaceAll(":", "").length - 1) / 2;
	const digits = parts.slice(0, count).map((part) => String(part).padStart(2, "0"));
	return (offsetMs < 0 ? "-" : "+") + digits.join(piece.includes(":") ? ":" : "");
}

function zoneOffsetMs(ms: number, zone: string): number {
	if (zone === "UTC") return 0;
	const text = partOf(ms, zone, "en-US", "longOffset");
	const found = /^GMT([+-])(\d{2}):(\d{2})(?::(\d{2}))?$/.exec(text);
	if (found === null) return 0;
	const [, sign, hours, minutes, seconds = "0"] = found;
	const offsetS = Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds);
	return (sign === "-" ? -offsetS : offsetS) * 1_000;
}

/** The short name of the zone, such as CEST; where there is none, its offset, as Go has it. */
function zoneName({ ms, zone }: TemplateTime, clock: Clock): string {
	if (zone === "UTC") return "UTC";
	const known = Object.hasOwn(ZONE_NAMES, zone) ? ZONE_NAMES[zone] : undefined;
	if (known !== undefined) return known;
	for (const locale of NAMING_LOCALES) {
		const name = partOf(ms, zone, locale, "short");
		if (/^[A-Z]{3,5}$/.test(name)) return name;
	}
	return offset(clock.offsetMs % 3_600_000 === 0 ? "-07" : "-0700", clock.offsetMs);
}

function partOf(ms: number, zone: string, locale: string, timeZoneName: "short" | "longOffset"): string {
	const parts = formatOf(zone, locale, timeZoneName).formatToParts(ms);
	return parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
}

/** Making a format costs fifty times what using it does. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string, locale: string, timeZoneName: "short" | "longOffset"): Intl.DateTimeFormat {
	const key = `${zone} ${locale} ${timeZoneName}`;
	const known = formats.get(key);
	if (known !== undefined) return known;
	if (formats.size >= TEMPLATE_ZONES_MEMO_MAX) formats.clear();
	const format = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName });
	formats.set(key, format);
	return format;
}
