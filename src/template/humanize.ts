/**
 * Numbers as the template functions of Prometheus shorten them, to the letter: an annotation reads the same here and there
 * (but durations past 2^63 seconds, where Prometheus overflows). An infinity is stored as the largest double, since JSON
 * has none (see alert/evaluation.ts), and reads as infinity again.
 */
import { formatFloat } from "./float.ts";

const LARGE = ["", "k", "M", "G", "T", "P", "E", "Z", "Y"] as const;
const BINARY = ["", "ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"] as const;
const SMALL = ["", "m", "u", "n", "p", "f", "a", "z", "y"] as const;

/** A number as Go's `%v` prints it: shortest digits, an exponent below 1e-4 and from 1e6 on. */
export function formatNumber(value: number): string {
	return special(value) ?? formatFloat(value, "g", "shortest");
}

/** `1234567` is `1.235M`, `0.0012` is `1.2m`. */
export function humanize(value: number): string {
	if (value === 0 || special(value) !== null) return fourDigits(value);
	const { scaled, prefix } = Math.abs(value) >= 1 ? down(value, 1_000, LARGE) : up(value);
	return fourDigits(scaled) + prefix;
}

/** `1048576` is `1Mi`; up to 1 a number stands as it is. */
export function humanize1024(value: number): string {
	if (Math.abs(value) <= 1 || special(value) !== null) return fourDigits(value);
	const { scaled, prefix } = down(value, 1_024, BINARY);
	return fourDigits(scaled) + prefix;
}

/** `0.0512` is `5.12%`. */
export function humanizePercentage(value: number): string {
	return `${fourDigits(special(value) === null ? value * 100 : value)}%`;
}

/** Seconds: `0.25` is `250ms`, `95` is `1m 35s`, `90061` is `1d 1h 1m 1s`. */
export function humanizeDuration(seconds: number): string {
	if (special(seconds) !== null) return fourDigits(seconds);
	if (Math.abs(seconds) < 1) {
		const { scaled, prefix } = up(seconds);
		return `${fourDigits(scaled)}${prefix}s`;
	}
	const sign = seconds < 0 ? "-" : "";
	const whole = Math.floor(Math.abs(seconds));
	const parts = [
		`${Math.floor(whole / 86_400)}d`,
		`${Math.floor(whole / 3_600) % 24}h`,
		`${Math.floor(whole / 60) % 60}m`,
		`${whole % 60}s`,
	];
	if (whole < 60) return `${sign}${fourDigits(Math.abs(seconds))}s`;
	return sign + parts.slice(whole >= 86_400 ? 0 : whole >= 3_600 ? 1 : 2).join(" ");
}

/** What Go prints of a number that has no digits, or null. */
function special(value: number): string | null {
	if (Number.isNaN(value)) return "NaN";
	if (Math.abs(value) >= Number.MAX_VALUE) return value > 0 ? "+Inf" : "-Inf";
	return null;
}

/** Go's `%.4g`. */
function fourDigits(value: number): string {
	return special(value) ?? formatFloat(value, "g", 4);
}

type Scaled = { readonly scaled: number; readonly prefix: string };

/** The number below one step, as far as the prefixes reach. */
function down(value: number, step: number, prefixes: readonly string[]): Scaled {
	let scaled = value;
	let at = 0;
	for (; Math.abs(scaled) >= step && at < prefixes.length - 1; at++) scaled /= step;
	return { scaled, prefix: prefixes[at] ?? "" };
}

/** A number below 1 raised to between 1 and 1000, as far as the prefixes reach. */
function up(value: number): Scaled {
	let scaled = value;
	let at = 0;
	for (; Math.abs(scaled) < 1 && scaled !== 0 && at < SMALL.length - 1; at++) scaled *= 1_000;
	return { scaled, prefix: SMALL[at] ?? "" };
}
