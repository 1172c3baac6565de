/**
 * Numbers as Go prints them and as the template functions of Prometheus shorten them, to the letter: an annotation reads
 * the same here and there (but durations past 2^63 seconds, where Prometheus overflows). An infinity is stored as the
 * largest double (see evaluation.ts), and reads as infinity again.
 */

const LARGE = ["", "k", "M", "G", "T", "P", "E", "Z", "Y"] as const;
const SMALL = ["", "m", "u", "n", "p", "f", "a", "z", "y"] as const;

/** A number as Go's `%v` prints it: shortest digits, an exponent below 1e-4 and from 1e6 on. */
export function formatNumber(value: number): string {
	return special(value) ?? goForm(value.toExponential(), 6);
}

/** `1234567` is `1.235M`, `0.0012` is `1.2m`. */
export function humanize(value: number): string {
	if (value === 0 || special(value) !== null) return fourDigits(value);
	const { scaled, prefix } = scale(value);
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
		const { scaled, prefix } = scale(seconds);
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
	return special(value) ?? goForm(roundHalfEven(value), 4);
}

/** Four digits in exponential form. JavaScript rounds an exact tie away from zero, Go to the even digit. */
function roundHalfEven(value: number): string {
	const [digits = "", exponent = "0"] = value.toExponential(100).replace(".", "").split("e");
	const unsigned = digits.replace("-", "");
	const isTie = /^50*$/.test(unsigned.slice(4)) && Number(unsigned[3]) % 2 === 0;
	return isTie ? `${value < 0 ? "-" : ""}${unsigned[0]}.${unsigned.slice(1, 4)}e${exponent}` : value.toExponential(3);
}

/** From JavaScript's exponential form to Go's `%g`: no trailing zeros, an exponent below -4 and from `exponentMin` on. */
function goForm(exponential: string, exponentMin: number): string {
	const [mantissa = "0", power = "0"] = exponential.split("e");
	const digits = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
	const exponent = Number(power);
	if (exponent >= -4 && exponent < exponentMin) return plain(digits, exponent);
	const sign = exponent < 0 ? "-" : "+";
	return `${digits}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

/** `-1.25` and an exponent as a number without one. */
function plain(mantissa: string, exponent: number): string {
	const sign = mantissa.startsWith("-") ? "-" : "";
	const digits = mantissa.replace(/[-.]/g, "");
	if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
	const whole = digits.padEnd(exponent + 1, "0");
	const fraction = whole.slice(exponent + 1);
	return sign + whole.slice(0, exponent + 1) + (fraction === "" ? "" : `.${fraction}`);
}

/** The number between 1 and 1000 with its prefix, as far as the prefixes reach. */
function scale(value: number): { scaled: number; prefix: string } {
	const prefixes = Math.abs(value) >= 1 ? LARGE : SMALL;
	let scaled = value;
	let step = 0;
	if (prefixes === LARGE) {
		for (; Math.abs(scaled) >= 1_000 && step < LARGE.length - 1; step++) scaled /= 1_000;
	} else {
		for (; Math.abs(scaled) < 1 && scaled !== 0 && step < SMALL.length - 1; step++) scaled *= 1_000;
	}
	return { scaled, prefix: prefixes[step] ?? "" };
}
