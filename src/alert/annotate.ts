/**
 * Fills in the templates of labels and annotations: a value or a label, with filters that shorten a number. What is no
 * such template stands as it was written; the whole template language of Go would be another file behind `expand`.
 * Never evaluates anything, and never grows past its bound.
 */
import type { Labels } from "../model/labels.ts";
import { ANNOTATION_CHARS_MAX, TEMPLATE_FILTERS_MAX } from "../model/limits.ts";
import { formatNumber, humanize, humanizeDuration, humanizePercentage } from "./humanize.ts";

/** What a template can speak of. */
export type TemplateData = { readonly labels: Labels; readonly value: number };

const OPEN = "{{";
const CLOSE = "}}";
const CUT = "…";
const LABEL = /^(?:\$labels|\.Labels)\.([a-zA-Z_][a-zA-Z0-9_]*)$/;
const FILTERS: ReadonlyMap<string, (value: number) => string> = new Map([
	["humanize", humanize],
	["humanizePercentage", humanizePercentage],
	["humanizeDuration", humanizeDuration],
]);

/** Expands every template of a text; a label that is not there is empty. At most `charsMax` characters, cut with `…`. */
export function expand(text: string, data: TemplateData, charsMax: number = ANNOTATION_CHARS_MAX): string {
	let result = "";
	let at = 0;
	while (at < text.length && result.length <= charsMax) {
		const open = text.indexOf(OPEN, at);
		const close = open < 0 ? -1 : text.indexOf(CLOSE, open + OPEN.length);
		if (close < 0) {
			result += text.slice(at);
			break;
		}
		const end = close + CLOSE.length;
		const expanded = evaluate(text.slice(open + OPEN.length, close), data);
		result += text.slice(at, open) + (expanded ?? text.slice(open, end));
		at = end;
	}
	return result.length <= charsMax ? result : cut(result, charsMax);
}

/** Expands the values of a record, names as they are. */
export function expandAll(
	texts: Readonly<Record<string, string>>,
	data: TemplateData,
	charsMax: number = ANNOTATION_CHARS_MAX,
): Record<string, string> {
	return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, expand(text, data, charsMax)]));
}

/** What stands between the braces, or null when this file does not know it. */
function evaluate(inner: string, data: TemplateData): string | null {
	const [subject = "", ...filters] = inner.split("|", TEMPLATE_FILTERS_MAX + 2).map((part) => part.trim());
	if (filters.length > TEMPLATE_FILTERS_MAX) return null;
	const label = LABEL.exec(subject)?.[1];
	let result: string | number;
	if (subject === "$value" || subject === ".Value") result = data.value;
	else if (label !== undefined) result = Object.hasOwn(data.labels, label) ? (data.labels[label] ?? "") : "";
	else return null;
	for (const name of filters) {
		const filter = FILTERS.get(name);
		const value = toNumber(result);
		if (filter === undefined || value === null) return null;
		result = filter(value);
	}
	return typeof result === "number" ? formatNumber(result) : result;
}

/** Filters take a number, or a text that is one. */
function toNumber(value: string | number): number | null {
	if (typeof value === "number") return value;
	return value.trim() === "" || Number.isNaN(Number(value)) ? null : Number(value);
}

/** Cuts between characters, not inside a surrogate pair. */
function cut(text: string, charsMax: number): string {
	const end = charsMax - CUT.length;
	const code = text.charCodeAt(end - 1);
	return text.slice(0, code >= 0xd800 && code <= 0xdbff ? end - 1 : end) + CUT;
}
