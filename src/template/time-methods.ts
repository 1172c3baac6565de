/** The methods of instants and durations that templates use. Zone names are checked by whoever makes an instant with one. */
import { err, ok, type Result } from "../lib/result.ts";
import { TEMPLATE_LAYOUT_CHARS_MAX } from "../model/limits.ts";
import { fixed } from "./function.ts";
import { clockOf, dayName, dayOfYear, formatDuration, formatTime, monthName, ZERO_TIME_MS } from "./time.ts";
import type { CallContext, TemplateDuration, TemplateFunction, TemplateTime, TemplateValue } from "./value.ts";

/** What showing an instant in another zone costs, beside other steps. */
export const ZONE_STEPS = 100;
const NS_PER_MS = 1_000_000n;
const NS_PER_S = 1_000_000_000n;

type Getters<T> = Readonly<Record<string, (value: T) => TemplateValue>>;

const TIME_GETTERS: Getters<TemplateTime> = {
	String: (time) => formatTime(time),
	UTC: (time) => ({ ...time, zone: "UTC" }),
	Local: (time) => ({ ...time, zone: "UTC" }),
	IsZero: (time) => time.ms === ZERO_TIME_MS,
	Unix: (time) => BigInt(Math.floor(time.ms / 1_000)),
	UnixMilli: (time) => BigInt(time.ms),
	UnixNano: (time) => BigInt(time.ms) * NS_PER_MS,
	Year: (time) => BigInt(clockOf(time).year),
	Month: (time) => monthName(clockOf(time)),
	Day: (time) => BigInt(clockOf(time).day),
	Weekday: (time) => dayName(clockOf(time)),
	YearDay: (time) => BigInt(dayOfYear(clockOf(time))),
	Hour: (time) => BigInt(clockOf(time).hour),
	Minute: (time) => BigInt(clockOf(time).minute),
	Second: (time) => BigInt(clockOf(time).second),
	Nanosecond: (time) => BigInt(clockOf(time).millisecond) * NS_PER_MS,
};

const DURATION_GETTERS: Getters<TemplateDuration> = {
	String: ({ ns }) => formatDuration(ns),
	Hours: ({ ns }) => Number(ns) / 3.6e12,
	Minutes: ({ ns }) => Number(ns) / 6e10,
	Seconds: ({ ns }) => Number(ns / NS_PER_S) + Number(ns % NS_PER_S) / 1e9,
	Milliseconds: ({ ns }) => ns / NS_PER_MS,
	Microseconds: ({ ns }) => ns / 1_000n,
	Nanoseconds: ({ ns }) => ns,
	Abs: ({ ns }) => ({ kind: "duration", ns: ns < 0n ? -ns : ns }),
};

/** A method of an instant, or null. */
export function timeMethod(time: TemplateTime, name: string): TemplateFunction | null {
	const getter = own(TIME_GETTERS, name);
	if (getter !== null) return fixed([], () => ok(getter(time)));
	switch (name) {
		case "Format":
			return fixed(["text"], ([layout], context) => formatBounded(time, layout as string, context));
		case "Add":
			return fixed(["duration"], ([by]) => ok(shift(time, (by as TemplateDuration).ns)));
		case "AddDate":
			return fixed(["int", "int", "int"], (by) => ok(addDate(time, by.map(Number))));
		case "Truncate":
			return fixed(["duration"], ([to]) => ok(shift(time, -remainder(sinceZero(time), (to as TemplateDuration).ns))));
		case "Sub":
			return fixed(["time"], ([from]) =>
				ok({ kind: "duration", ns: nanoseconds(time.ms - (from as TemplateTime).ms) }),
			);
		case "After":
			return fixed(["time"], ([other]) => ok(time.ms > (other as TemplateTime).ms));
		case "Before":
			return fixed(["time"], ([other]) => ok(time.ms < (other as TemplateTime).ms));
		case "Equal":
			return fixed(["time"], ([other]) => ok(time.ms === (other as TemplateTime).ms));
		default:
			return null;
	}
}

/** A method of a duration, or null. */
export function durationMethod(duration: TemplateDuration, name: string): TemplateFunction | null {
	const getter = own(DURATION_GETTERS, name);
	if (getter !== null) return fixed([], () => ok(getter(duration)));
	const { ns } = duration;
	switch (name) {
		case "Truncate":
			return fixed(["duration"], ([to]) => {
				return ok({ kind: "duration", ns: ns - remainder(ns, (to as TemplateDuration).ns) });
			});
		case "Round":
			return fixed(["duration"], ([to]) => ok({ kind: "duration", ns: rounded(ns, (to as TemplateDuration).ns) }));
		default:
			return null;
	}
}

/** `time.Format` with a bound on the layout, and paid for: zones are slow to look up. */
export function formatBounded(time: TemplateTime, layout: string, context: CallContext): Result<string, string> {
	if (layout.length > TEMPLATE_LAYOUT_CHARS_MAX) {
		return err(`a layout of ${layout.length} characters; the limit is ${TEMPLATE_LAYOUT_CHARS_MAX}`);
	}
	return context.spend(ZONE_STEPS) ? ok(formatTime(time, layout)) : err("too many steps");
}

function own<T>(getters: Getters<T>, name: string): ((value: T) => TemplateValue) | null {
	return Object.hasOwn(getters, name) ? (getters[name] ?? null) : null;
}

function nanoseconds(ms: number): bigint {
	return BigInt(Math.round(ms)) * NS_PER_MS;
}

function sinceZero({ ms }: TemplateTime): bigint {
	return nanoseconds(ms - ZERO_TIME_MS);
}

/** What is smaller than a millisecond is lost: no instant here knows it. */
function shift(time: TemplateTime, ns: bigint): TemplateTime {
	return { ...time, ms: clamp(time.ms + Number(ns / NS_PER_MS)) };
}

function addDate(time: TemplateTime, [years = 0, months = 0, days = 0]: readonly number[]): TemplateTime {
	const date = new Date(time.ms);
	date.setUTCFullYear(date.getUTCFullYear() + years, date.getUTCMonth() + months, date.getUTCDate() + days);
	return { ...time, ms: clamp(date.getTime()) };
}

/** The instants that a Date can show. */
function clamp(ms: number): number {
	const max = 8.64e15 - 86_400_000;
	return Number.isNaN(ms) ? max : Math.min(max, Math.max(-max, ms));
}

/** Go leaves a value alone when the unit is not positive. */
function remainder(ns: bigint, unit: bigint): bigint {
	return unit <= 0n ? 0n : ns % unit;
}

function rounded(ns: bigint, unit: bigint): bigint {
	if (unit <= 0n) return ns;
	const size = ns < 0n ? -ns : ns;
	const rest = size % unit;
	const whole = rest * 2n < unit ? size - rest : size - rest + unit;
	return ns < 0n ? -whole : whole;
}
