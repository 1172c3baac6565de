/** Times as RFC 3339 writes them, as Go's clients send them: nanoseconds, offsets, and year 1 for "not given". No clock. */

const FORM =
	/^(\d{4})-(\d{2})-(\d{2})[Tt ]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:[.,](\d{1,18}))?(?:[Zz]|([+-])([01]\d|2[0-3]):?([0-5]\d))$/;
const MINUTE_MS = 60_000;
/** `0001-01-01T00:00:00Z`, the zero of Go's times. */
const GO_ZERO_MS = -62_135_596_800_000;

/** Unix milliseconds, rounded down; null: this is no such time. */
export function parseRfc3339(text: string): number | null {
	const found = FORM.exec(text);
	if (found === null) return null;
	const [, year, month, day, hour, minute, second, fraction = "", sign, offsetHour, offsetMinute] = found;
	const date = new Date(0);
	// Not Date.UTC: it takes the years 0 to 99 for those of the last century.
	date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
	// The 30th of February would be a day in March.
	if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return null;
	date.setUTCHours(Number(hour), Number(minute), Number(second), Number(fraction.padEnd(3, "0").slice(0, 3)));
	const offsetMs = sign === undefined ? 0 : (Number(offsetHour) * 60 + Number(offsetMinute)) * MINUTE_MS;
	return date.getTime() - (sign === "-" ? -offsetMs : offsetMs);
}

/** Whether a time says that none is given. */
export function isGoZero(ms: number): boolean {
	return ms <= GO_ZERO_MS;
}

/** A time with milliseconds, as Alertmanager writes it. Beyond what RFC 3339 can write it is the nearest time that it can. */
export function formatRfc3339(ms: number): string {
	return new Date(Math.min(Math.max(ms, GO_ZERO_MS), 253_402_300_799_999)).toISOString();
}
