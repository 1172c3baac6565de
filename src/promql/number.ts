/** Numbers as PromQL writes them: `1e3`, `0x1F`, `1_000`, `0755` (octal, as in Go), and durations such as `1h30m`. */
import { parseDuration } from "../lib/duration.ts";

/** A number, or a duration as its seconds; null when the text is neither. */
export function parseNumber(text: string): number | null {
	const lower = text.toLowerCase();
	if (lower === "inf") return Number.POSITIVE_INFINITY;
	if (lower === "nan") return Number.NaN;
	if (text.includes("__") || text.endsWith("_")) return null;
	const plain = text.replaceAll("_", "");
	if (/^0x[0-9a-f]+$/i.test(plain)) return Number(plain);
	if (/^0[0-7]+$/.test(plain)) return Number.parseInt(plain, 8);
	if (/^(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(plain)) return Number(plain);
	const duration = parseDuration(text);
	return duration.ok ? duration.value / 1_000 : null;
}

/** Milliseconds of a duration, or of a number of seconds; null when the text is neither, or beyond what can be counted. */
export function parseMilliseconds(text: string): number | null {
	const duration = parseDuration(text);
	if (duration.ok) return duration.value;
	const seconds = parseNumber(text);
	if (seconds === null || !(seconds * 1_000 <= Number.MAX_SAFE_INTEGER)) return null;
	return Math.round(seconds * 1_000);
}
