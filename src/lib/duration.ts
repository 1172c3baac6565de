/** Durations as Prometheus writes them (`5m`, `1h30m`, `500ms`), to and from milliseconds. Knows no clock and no calendar. */
import { err, ok, type Result } from "./result.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Largest unit first. A year or a week is written only when nothing is left over, as Prometheus does. */
const UNITS = [
	{ unit: "y", ms: 365 * DAY, wholeOnly: true },
	{ unit: "w", ms: 7 * DAY, wholeOnly: true },
	{ unit: "d", ms: DAY, wholeOnly: false },
	{ unit: "h", ms: HOUR, wholeOnly: false },
	{ unit: "m", ms: MINUTE, wholeOnly: false },
	{ unit: "s", ms: SECOND, wholeOnly: false },
	{ unit: "ms", ms: 1, wholeOnly: false },
] as const;

const FORM = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;

/** Longer texts are no duration: seven numbers of ten digits with their units fit. */
const DURATION_CHARS_MAX = 80;
/** The longest duration of Prometheus: 2^63 - 1 nanoseconds, about 292 years. */
export const DURATION_MS_MAX = 9_223_372_036_854;

/** Milliseconds of a duration such as `1h30m`, units from large to small, each once; `0` needs no unit. Or the reason. */
export function parseDuration(text: string): Result<number, string> {
	if (text === "0") return ok(0);
	const match = text.length === 0 || text.length > DURATION_CHARS_MAX ? null : FORM.exec(text);
	if (match === null) {
		return err(`${JSON.stringify(text.slice(0, 40))} is not a duration: write it like 30s, 5m, 1h30m, 2d or 500ms`);
	}
	let total = 0;
	for (const [i, { ms }] of UNITS.entries()) total += Number(match[i + 1] ?? 0) * ms;
	return total > DURATION_MS_MAX ? err(`'${text}' is longer than 292 years`) : ok(total);
}

/** The duration as Prometheus writes it: `90000` is `1m30s`, `0` is `0s`. Takes whole milliseconds, not negative. */
export function formatDuration(durationMs: number): string {
	let rest = Math.round(durationMs);
	let text = "";
	for (const { unit, ms, wholeOnly } of UNITS) {
		if (rest < ms || (wholeOnly && rest % ms !== 0)) continue;
		text += `${Math.floor(rest / ms)}${unit}`;
		rest %= ms;
	}
	return text === "" ? "0s" : text;
}
