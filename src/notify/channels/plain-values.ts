/** Numbers, times and spans as people read them. Pure; times are UTC, since a message goes to people in many places. */
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../model/limits.ts";

/** The last millisecond that a date can be. */
const DATE_MS_MAX = 8.64e15;

/** `2026-01-01 08:30:00 UTC`; what is no time is a question mark. */
export function formatTime(ms: number): string {
	if (!(Math.abs(ms) <= DATE_MS_MAX)) return "?";
	return `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** RFC 3339 as Go writes it: no fraction when it is zero. */
export function formatRfc3339(ms: number): string {
	return Math.abs(ms) <= DATE_MS_MAX ? new Date(ms).toISOString().replace(".000Z", "Z") : "0001-01-01T00:00:00Z";
}

/** The two largest parts of a span: `1h 5m`, `3d 2h`, `40s`. `units` are those of days, hours, minutes, seconds. */
export function formatLasted(ms: number, units: readonly [string, string, string, string]): string {
	let rest = Math.max(0, Math.round(ms / SECOND_MS)) * SECOND_MS;
	if (!Number.isFinite(rest)) return "?";
	const parts: string[] = [];
	for (const [at, unitMs] of [DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS].entries()) {
		const count = Math.floor(rest / unitMs);
		rest -= count * unitMs;
		if (count > 0) parts.push(`${count}${units[at]}`);
		else if (parts.length > 0) break;
		if (parts.length === 2) break;
	}
	return parts.length === 0 ? `0${units[3]}` : parts.join(" ");
}

/** At most six digits that count; whole numbers in full. */
export function formatValue(value: number): string {
	if (Number.isInteger(value) || !Number.isFinite(value)) return String(value);
	return String(Number(value.toPrecision(6)));
}
