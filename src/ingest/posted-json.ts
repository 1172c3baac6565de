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
/**
 * Alertmanager takes any UTF-8 in a value, and queries and log lines that become labels do have several lines. What else
 * controls a terminal or ends a text (NUL, escape, bell) is a mistake of the sender's.
 */
const CONTROL_IN_LABEL = /(?![\n\t])\p{Cc}/u;
const CONTROL_IN_ANNOTATION = /(?![\n\r\t])\p{Cc}/u;

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

/** Labels: pairs of texts without control characters but line feed and tab. Empty values are left out, as Alertmanager does. */
export function readLabels(input: unknown, place: string): Read<Readonly<Record<string, string>>> {
	const pairs = readPairs(input, place);
	if (!pairs.ok) return pairs;
	const named = Object.entries(pairs.value).filter(([, value]) => value !== "");
	const issue = controlIssue(named, CONTROL_IN_LABEL, place, "line feed and tab");
	if (issue !== null) return err([issue]);
	return named.length === 0 ? wrong(place, "at least one label pair required") : ok(Object.fromEntries(named));
}

/** Annotations: pairs of texts, of several lines if need be; none is as good as an empty map. */
export function readAnnotations(input: unknown, place: string): Read<Readonly<Record<string, string>>> {
	const pairs = input === undefined || input === null ? ok({}) : readPairs(input, place);
	if (!pairs.ok) return pairs;
	const issue = controlIssue(Object.entries(pairs.value), CONTROL_IN_ANNOTATION, place, "line ends and tab");
	return issue === null ? pairs : err([issue]);
}

/** The first value that holds a control character, and which: `U+0007`. */
function controlIssue(
	pairs: readonly (readonly [string, string])[],
	control: RegExp,
	place: string,
	allowed: string,
): Issue | null {
	for (const [name, value] of pairs) {
		const found = control.exec(value)?.[0];
		if (found === undefined) continue;
		const code = found.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
		const reason = `the value holds the control character U+${code}; of these only ${allowed} are taken`;
		return { place: `${place}.${shown(name)}`, reason };
	}
	return null;
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
