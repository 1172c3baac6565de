/**
 * JSON of other senders, read as tolerantly as Go reads it: a member that stands twice is taken from its last place (vmalert
 * writes `alertname` twice). Bounded before it is parsed; malformed JSON is named by line and column.
 */
import { err, ok, type Result } from "../lib/result.ts";
import { type Failure, type Issue, invalid } from "../model/errors.ts";
import { ALERT_PAIRS_MAX, ALERT_TEXT_CHARS_MAX } from "../model/limits.ts";
import { decodeUtf8 } from "./json.ts";
import { checkJson, lineColumn } from "./strict-json.ts";

/** Something that was read, or all that is wrong with it. */
export type Read<T> = Result<T, readonly Issue[]>;

const CONTROL = /\p{Cc}/u;

/** The value of a document; an empty one is refused. */
export function parsePostedJson(bytes: Uint8Array): Result<unknown, Failure> {
	const decoded = decodeUtf8(bytes);
	if (!decoded.ok) return decoded;
	const text = decoded.value;
	const check = checkJson(text);
	if (check.kind === "excessive") {
		return err({ code: "too_large", what: check.what, limit: check.limit, got: check.limit + 1 });
	}
	if (check.kind === "malformed") {
		return err(invalid(lineColumn(text, check.offset), `malformed JSON: expected ${check.expected}`));
	}
	return ok(JSON.parse(text));
}

/** A map of any values, or null. */
export function recordOf(input: unknown): Readonly<Record<string, unknown>> | null {
	return typeof input === "object" && input !== null && !Array.isArray(input)
		? (input as Readonly<Record<string, unknown>>)
		: null;
}

/** Labels: pairs of texts without control characters. Empty values are left out, as Alertmanager does. */
export function readLabels(input: unknown, place: string): Read<Readonly<Record<string, string>>> {
	const pairs = readPairs(input, place);
	if (!pairs.ok) return pairs;
	const named = Object.entries(pairs.value).filter(([, value]) => value !== "");
	for (const [name, value] of named) {
		if (CONTROL.test(value)) return wrong(`${place}.${shown(name)}`, "the value holds a control character");
	}
	return named.length === 0 ? wrong(place, "at least one label pair required") : ok(Object.fromEntries(named));
}

/** Annotations: pairs of texts, of several lines if need be; none is as good as an empty map. */
export function readAnnotations(input: unknown, place: string): Read<Readonly<Record<string, string>>> {
	return input === undefined || input === null ? ok({}) : readPairs(input, place);
}

/** A text within the bound; absent and null: empty. */
export function readText(input: unknown, place: string): Read<string> {
	if (input === undefined || input === null) return ok("");
	if (typeof input !== "string") return wrong(place, "must be a text");
	if (input.length > ALERT_TEXT_CHARS_MAX) return wrong(place, tooLong("it", input));
	return ok(input.toWellFormed());
}

/** One issue as a failure. */
export function wrong(place: string, reason: string): { readonly ok: false; readonly failure: readonly Issue[] } {
	return err([{ place, reason }]);
}

function readPairs(input: unknown, place: string): Read<Readonly<Record<string, string>>> {
	const map = recordOf(input);
	if (map === null) return wrong(place, "must be a map of texts");
	const entries = Object.entries(map);
	if (entries.length > ALERT_PAIRS_MAX) return wrong(place, `${entries.length} pairs; the limit is ${ALERT_PAIRS_MAX}`);
	for (const [name, value] of entries) {
		const issue = pairIssue(name, value);
		if (issue !== null) return wrong(`${place}.${shown(name)}`, issue);
	}
	// Not by assignment: a name may be `__proto__`.
	return ok(Object.fromEntries(entries as [string, string][]));
}

/** Names of any characters that can be written, as since Alertmanager 0.27. */
function pairIssue(name: string, value: unknown): string | null {
	if (name === "") return "the name is empty";
	if (name.length > ALERT_TEXT_CHARS_MAX) return tooLong("the name", name);
	if (!name.isWellFormed()) return "the name is not valid UTF-8";
	if (CONTROL.test(name)) return "the name holds a control character";
	if (typeof value !== "string") return "the value must be a text";
	if (value.length > ALERT_TEXT_CHARS_MAX) return tooLong("the value", value);
	return value.isWellFormed() ? null : "the value is not valid UTF-8";
}

function tooLong(what: string, text: string): string {
	return `${what} has ${text.length} characters; the limit is ${ALERT_TEXT_CHARS_MAX}`;
}

function shown(name: string): string {
	const text = name.slice(0, 60).toWellFormed();
	return /^[\w.-]+$/.test(text) ? text : JSON.stringify(text);
}
