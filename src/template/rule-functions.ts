/** Functions that Prometheus gives to the templates of its rules. `query` is none of them: it would need a server to ask. */
import { parseDuration } from "../lib/duration.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { escapeQuery } from "./escape.ts";
import { fixed, variadic } from "./function.ts";
import { splitHostPort, withoutDomain } from "./host.ts";
import { humanize, humanize1024, humanizeDuration, humanizePercentage } from "./humanize.ts";
import { formatTime } from "./time.ts";
import {
	byCodePoint,
	type TemplateFunction,
	type TemplateList,
	type TemplateTime,
	type TemplateValue,
	textOf,
	typeName,
} from "./value.ts";

/** The functions by name. */
export const RULE_FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
	humanize: onNumber(humanize),
	humanize1024: onNumber(humanize1024),
	humanizeDuration: onNumber(humanizeDuration),
	humanizePercentage: onNumber(humanizePercentage),
	humanizeTimestamp: fixed(["any"], ([value = null]) => {
		const instant = toInstant(value);
		if (!instant.ok) return instant;
		return ok(typeof instant.value === "string" ? instant.value : formatTime(instant.value));
	}),
	toTime: fixed(["any"], ([value = null]) => {
		const instant = toInstant(value);
		if (!instant.ok) return instant;
		return typeof instant.value === "string" ? err(`${instant.value} cannot be converted to a time`) : instant;
	}),
	toDuration: fixed(["any"], ([value = null]) => {
		const seconds = toFloat(value);
		if (!seconds.ok) return seconds;
		const ns = seconds.value * 1e9;
		if (Math.abs(ns) < 2 ** 63) return ok({ kind: "duration", ns: BigInt(Math.trunc(ns)) });
		return err(`${humanize(seconds.value)} cannot be represented as a duration`);
	}),
	now: fixed([], (_, { nowMs }) => (nowMs === null ? err("the time is not known here") : ok(nowMs / 1_000))),
	urlQueryEscape: fixed(["text"], ([text]) => ok(escapeQuery(text as string))),
	parseDuration: fixed(["text"], ([text]) => {
		const duration = parseDuration(text as string);
		return duration.ok ? ok(duration.value / 1_000) : duration;
	}),
	stripPort: fixed(["text"], ([text]) => ok(splitHostPort(text as string)?.host ?? (text as string))),
	stripDomain: fixed(["text"], ([text]) => ok(withoutDomain(text as string))),
	args: variadic([], "any", (values) => {
		const entries = new Map(values.map((value, i) => [`arg${i}`, value]));
		return ok({ kind: "map", entries, zero: null, type: "map[string]interface {}" });
	}),
	externalURL: fixed([], (_, { externalUrl }) => ok(externalUrl)),
	pathPrefix: fixed([], (_, { externalUrl }) => ok(pathOf(externalUrl))),
	graphLink: fixed(["text"], ([expr]) => ok(`/graph?g0.expr=${escapeQuery(expr as string)}&g0.tab=0`)),
	tableLink: fixed(["text"], ([expr]) => ok(`/graph?g0.expr=${escapeQuery(expr as string)}&g0.tab=1`)),
	first: fixed(["any"], ([list = null]) => {
		if (!isList(list)) return err(`wrong type for value; expected template.queryResult; got ${typeName(list)}`);
		return list.items.length > 0 ? ok(list.items[0] ?? null) : err("first() called on vector with no elements");
	}),
	value: fixed(["any"], ([sample = null]) => fieldOf(sample, "Value")),
	strvalue: fixed(["any"], ([sample = null]) => labelOf(sample, "__value__")),
	label: fixed(["text", "any"], ([name, sample = null]) => labelOf(sample, name as string)),
	sortByLabel: fixed(["text", "any"], ([name, list = null]) => {
		if (!isList(list)) return err(`wrong type for value; expected template.queryResult; got ${typeName(list)}`);
		const keyed = list.items.map((item) => ({ item, key: labelOf(item, name as string) }));
		keyed.sort((a, b) => byCodePoint(a.key.ok ? a.key.value : "", b.key.ok ? b.key.value : ""));
		return ok({ ...list, items: keyed.map(({ item }) => item) });
	}),
};

/** A number out of a number or a text, as strconv.ParseFloat reads one; a duration is its seconds. */
export function toFloat(value: TemplateValue): Result<number, string> {
	if (typeof value === "number") return ok(value);
	if (typeof value === "bigint") return ok(Number(value));
	const text = textOf(value);
	if (text !== null) return parseFloat64(text);
	if (value !== null && typeof value === "object" && value.kind === "duration") return ok(Number(value.ns) / 1e9);
	return err(`can't convert ${typeName(value)} to float`);
}

function parseFloat64(text: string): Result<number, string> {
	const special = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
	if (special !== null) {
		const [, sign = "", name = ""] = special;
		if (name.toLowerCase() !== "nan") return ok(sign === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY);
		if (sign === "") return ok(Number.NaN);
	}
	const quoted = JSON.stringify(text.slice(0, 60));
	const digits = text.replace(/(?<=\d)_(?=\d)/g, "");
	if (text.length > 1_000 || !/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(digits)) {
		return err(`strconv.ParseFloat: parsing ${quoted}: invalid syntax`);
	}
	const number = Number(digits);
	return Number.isFinite(number) ? ok(number) : err(`strconv.ParseFloat: parsing ${quoted}: value out of range`);
}

function onNumber(shorten: (value: number) => string): TemplateFunction {
	return fixed(["any"], ([value = null]) => {
		const number = toFloat(value);
		return number.ok ? ok(shorten(number.value)) : number;
	});
}

/** Seconds since 1970 as an instant, to the millisecond below; what Prometheus prints of a number that is none. */
function toInstant(value: TemplateValue): Result<TemplateTime | string, string> {
	const seconds = toFloat(value);
	if (!seconds.ok) return seconds;
	if (Number.isNaN(seconds.value)) return ok("NaN");
	if (!Number.isFinite(seconds.value)) return ok(seconds.value > 0 ? "+Inf" : "-Inf");
	const ns = seconds.value * 1e9;
	if (Math.abs(ns) >= 2 ** 63)
		return err(`${humanize(seconds.value)} cannot be represented as a nanoseconds timestamp`);
	return ok({ kind: "time", ms: Number(BigInt(Math.trunc(ns)) / 1_000_000n), zone: "UTC" });
}

function isList(value: TemplateValue): value is TemplateList {
	return value !== null && typeof value === "object" && value.kind === "list";
}

function fieldOf(sample: TemplateValue, field: string): Result<TemplateValue, string> {
	const found =
		sample !== null && typeof sample === "object" && sample.kind === "struct" ? sample.fields.get(field) : undefined;
	if (found !== undefined) return ok(found);
	return err(`wrong type for value; expected *template.sample; got ${typeName(sample)}`);
}

function labelOf(sample: TemplateValue, name: string): Result<string, string> {
	const labels = fieldOf(sample, "Labels");
	if (!labels.ok) return labels;
	const map = labels.value;
	const value = map !== null && typeof map === "object" && map.kind === "map" ? map.entries.get(name) : undefined;
	return ok(textOf(value ?? "") ?? "");
}

function pathOf(url: string): string {
	const path = URL.canParse(url) ? new URL(url).pathname : "";
	return path === "/" && !url.endsWith("/") ? "" : path;
}
