/**
 * What Prometheus' clients ask, out of the URL and of a form: both together, and the form's values first, as Go reads them.
 * Times, durations, limits and selectors in Prometheus' forms, refused in its words.
 */
import { parseDuration } from "../../lib/duration.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { parseRfc3339 } from "../../lib/rfc3339.ts";
import { FORM_BYTES_MAX, SELECTORS_PER_REQUEST_MAX } from "../../model/limits.ts";
import type { Matcher } from "../../model/matcher.ts";
import { failureText } from "../../promql/failure.ts";
import { parseSelectorText } from "../../query/series-selector.ts";
import { readText } from "../parse.ts";
import type { Call } from "../route.ts";
import { type ApiFailure, badData, echo, invalidParameter } from "./prometheus-reply.ts";

/** All values of each parameter. */
export type Parameters = ReadonlyMap<string, readonly string[]>;
/** Unix milliseconds, both included. */
export type TimeRange = { readonly startMs: number; readonly endMs: number };

/** The furthest time that JavaScript's dates know; clients send Go's when they mean no bound at all. */
const TIME_MS_MAX = 8.64e15;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
/** How Go writes the bounds of its times, whose years RFC 3339 cannot say. */
const BOUNDS: ReadonlyMap<string, number> = new Map([
	["-292273086-05-16T16:47:06Z", -TIME_MS_MAX],
	["292277025-08-18T07:12:54.999999999Z", TIME_MS_MAX],
]);

/** vmalert posts an empty JSON body, so the type of a body decides, not the method. */
export async function parametersOf({ request, url }: Call): Promise<Result<Parameters, ApiFailure>> {
	const form = await formOf(request);
	if (!form.ok) return form;
	const parameters = new Map<string, string[]>();
	for (const text of [form.value, url.search.slice(1)]) {
		const pairs = decodeForm(text);
		if (!pairs.ok) return err(badData(`error parsing form values: ${pairs.failure}`));
		for (const [name, value] of pairs.value) {
			const values = parameters.get(name);
			if (values === undefined) parameters.set(name, [value]);
			else values.push(value);
		}
	}
	return ok(parameters);
}

/** The first value of a parameter, "" when it is not there. */
export function first(parameters: Parameters, name: string): string {
	return parameters.get(name)?.[0] ?? "";
}

/** Unix seconds or RFC 3339, in whole milliseconds. */
export function timeOf(text: string): Result<number, string> {
	const ms = NUMBER.test(text)
		? Math.min(Math.max(Math.round(Number(text) * 1_000), -TIME_MS_MAX), TIME_MS_MAX)
		: (parseRfc3339(text) ?? BOUNDS.get(text));
	return ms === undefined ? err(`cannot parse ${echo(text)} to a valid timestamp`) : ok(ms);
}

/** A time that may be left out. */
export function optionalTime(parameters: Parameters, name: string, absentMs: number): Result<number, ApiFailure> {
	const text = first(parameters, name);
	if (text === "") return ok(absentMs);
	const time = timeOf(text);
	return time.ok ? time : err(invalidParameter(name, `Invalid time value for '${name}': ${time.failure}`));
}

/** `start` and `end` of a listing; left out they are before and after everything. */
export function timeRangeOf(parameters: Parameters): Result<TimeRange, ApiFailure> {
	const start = optionalTime(parameters, "start", -TIME_MS_MAX);
	if (!start.ok) return start;
	const end = optionalTime(parameters, "end", TIME_MS_MAX);
	return end.ok ? ok({ startMs: start.value, endMs: end.value }) : end;
}

/** Seconds, or a duration such as `1h30m`, in whole milliseconds; may be negative. */
export function durationOf(text: string): Result<number, string> {
	if (NUMBER.test(text)) {
		const ms = Math.round(Number(text) * 1_000);
		if (Number.isSafeInteger(ms)) return ok(ms);
		return err(`cannot parse ${echo(text)} to a valid duration. It overflows int64`);
	}
	const duration = parseDuration(text);
	return duration.ok ? duration : err(`cannot parse ${echo(text)} to a valid duration`);
}

/** How many entries are wanted; 0: no limit. */
export function limitOf(parameters: Parameters): Result<number, ApiFailure> {
	const text = first(parameters, "limit");
	if (text === "") return ok(0);
	const limit = wholeNumber(text);
	if (limit === null) return err(invalidParameter("limit", `strconv.Atoi: parsing ${echo(text)}: invalid syntax`));
	return limit >= 0 ? ok(limit) : err(invalidParameter("limit", "limit must be non-negative"));
}

/** A whole number as Go's Atoi reads it, or null. */
export function wholeNumber(text: string): number | null {
	const number = /^[+-]?\d{1,18}$/.test(text) ? Number(text) : Number.NaN;
	return Number.isSafeInteger(number) ? number : null;
}

/** The selectors of repeated `match[]`. */
export function selectorsOf(parameters: Parameters): Result<readonly (readonly Matcher[])[], string> {
	const texts = parameters.get("match[]") ?? [];
	if (texts.length > SELECTORS_PER_REQUEST_MAX)
		return err(`${texts.length} match[] parameters; the limit is ${SELECTORS_PER_REQUEST_MAX}`);
	const selectors: (readonly Matcher[])[] = [];
	for (const text of texts) {
		const matchers = parseSelectorText(text);
		if (!matchers.ok)
			return err(typeof matchers.failure === "string" ? matchers.failure : failureText(matchers.failure));
		selectors.push(matchers.value);
	}
	return ok(selectors);
}

async function formOf(request: Request): Promise<Result<string, ApiFailure>> {
	const type = request.headers.get("content-type") ?? "";
	if (request.method !== "POST" || !type.includes("application/x-www-form-urlencoded")) return ok("");
	const body = await readText(request, FORM_BYTES_MAX);
	if (body.ok) return body;
	const why =
		body.failure.code === "too_large" ? `a form of more than ${FORM_BYTES_MAX} bytes` : "it is not valid UTF-8";
	return err(badData(`error parsing form values: ${why}`));
}

/** Stricter than URLSearchParams, which replaces what is no UTF-8: a selector must not change its meaning on the way. */
function decodeForm(text: string): Result<readonly (readonly [string, string])[], string> {
	const pairs: [string, string][] = [];
	for (const pair of text.split("&")) {
		if (pair === "") continue;
		const at = pair.indexOf("=");
		const [name, value] = at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
		try {
			pairs.push([decodePart(name), decodePart(value)]);
		} catch {
			const wrong = /%(?![0-9a-fA-F]{2})[^%]{0,2}/.exec(pair)?.[0];
			return err(wrong === undefined ? "it is not valid UTF-8" : `invalid URL escape ${echo(wrong)}`);
		}
	}
	return ok(pairs);
}

function decodePart(text: string): string {
	return decodeURIComponent(text.replaceAll("+", " "));
}
