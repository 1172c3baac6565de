/**
 * Matchers as Alertmanager's users write them: `foo="bar"`, `foo=bar`, `foo=~"a|b"`, `{a="b", c!="d"}`. The classic form is
 * tried first; what only the newer one understands (names in quotes, any characters in names) comes second, as in
 * Alertmanager 0.27 and later. Does not look into regular expressions.
 */

import { quote, unquote } from "../lib/go-string.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { MATCHERS_CHARS_MAX, MATCHERS_MAX } from "../model/limits.ts";
import type { Matcher, MatchOp } from "../model/matcher.ts";

const OPS: readonly MatchOp[] = ["=", "!=", "=~", "!~"];
const CLASSIC = /^\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|!=|!~|=)\s*([\s\S]*)$/;
/** What may not stand outside of quotes in the newer form. */
const RESERVED = /[\s{}!=~,\\"'`]/;
const UTF8_TOKEN = /\s*(?:([{},])|(!=|=~|!~|=)|"((?:[^"\\]|\\[\s\S])*)"|([^\s{}!=~,\\"'`]+))/y;

/** All matchers of a text; none of an empty one and of `{}`. The failure is a sentence that says what is wrong. */
export function parseMatchers(text: string): Result<readonly Matcher[], string> {
	if (text.length > MATCHERS_CHARS_MAX) {
		return err(`matchers of ${text.length} characters; the limit is ${MATCHERS_CHARS_MAX}`);
	}
	const classic = parseClassic(text);
	const parsed = classic.ok ? classic : parseUtf8(text);
	// What both refuse is explained in the words of the one that everybody knows.
	if (parsed === null || !parsed.ok) return classic;
	const { length } = parsed.value;
	return length > MATCHERS_MAX ? err(`${length} matchers in one text; the limit is ${MATCHERS_MAX}`) : parsed;
}

/** One matcher, as `amtool` sends each of its filters; braces are refused. */
export function parseOneMatcher(text: string): Result<Matcher, string> {
	if (/^\{|\}$/.test(text)) return err(`unexpected brace in ${shown(text)}: one matcher is name="value"`);
	const all = parseMatchers(text);
	if (!all.ok) return all;
	const [first] = all.value;
	if (first === undefined || all.value.length > 1) return err(`${all.value.length} matchers where one is wanted`);
	return ok(first);
}

/** A matcher as Alertmanager shows it. */
export function matcherText({ name, op, value }: Matcher): string {
	if (RESERVED.test(name)) return `${quote(name)}${op}${quote(value)}`;
	return `${name}${op}"${value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"')}"`;
}

/** `{severity="critical",team=~"a|b"}`, in the order in which they stand. */
export function matchersText(matchers: readonly Matcher[]): string {
	return `{${matchers.map(matcherText).join(",")}}`;
}

/** In Alertmanager's order: by name, then value, then operator. */
export function sortMatchers(matchers: readonly Matcher[]): readonly Matcher[] {
	const order = (op: MatchOp): number => OPS.indexOf(op);
	return [...matchers].sort(
		(a, b) => compareTexts(a.name, b.name) || compareTexts(a.value, b.value) || order(a.op) - order(b.op),
	);
}

/** The order of the UTF-8 bytes, which is that of Go; JavaScript's own differs beyond U+FFFF. */
export function compareTexts(a: string, b: string): number {
	if (a === b) return 0;
	const length = Math.min(a.length, b.length);
	for (let i = 0; i < length; i++) {
		const left = a.charCodeAt(i);
		const right = b.charCodeAt(i);
		if (left === right) continue;
		const leftIsPair = left >= 0xd800 && left <= 0xdfff;
		const rightIsPair = right >= 0xd800 && right <= 0xdfff;
		return leftIsPair === rightIsPair ? left - right : leftIsPair ? 1 : -1;
	}
	return a.length - b.length;
}

function parseClassic(text: string): Result<readonly Matcher[], string> {
	const matchers: Matcher[] = [];
	for (const token of splitAtCommas(text.replace(/^\{/, "").replace(/\}$/, ""))) {
		const found = CLASSIC.exec(token);
		if (found === null) return err(`bad matcher ${shown(token)}: it has the form name="value", with =, !=, =~ or !~`);
		const value = classicValue((found[3] as string).trimEnd());
		if (value === null) return err(`bad matcher ${shown(token)}: a double quote in the value needs a backslash`);
		matchers.push({ name: found[1] as string, op: found[2] as MatchOp, value });
	}
	return ok(matchers);
}

/** At commas outside of quotes; what is blank behind the last one is nothing. */
function splitAtCommas(text: string): string[] {
	const tokens: string[] = [];
	let start = 0;
	let isQuoted = false;
	let isEscaped = false;
	for (let i = 0; i < text.length; i++) {
		const char = text.charAt(i);
		if (char === "," && !isQuoted) {
			tokens.push(text.slice(start, i));
			start = i + 1;
			continue;
		}
		if (char === '"' && !isEscaped) isQuoted = !isQuoted;
		// A comma inside quotes leaves the mark as it is, in Alertmanager too.
		if (char === "\\") isEscaped = !isEscaped;
		else if (char !== ",") isEscaped = false;
	}
	const last = text.slice(start);
	return last.trim() === "" ? tokens : [...tokens, last];
}

/** `\"`, `\n` and `\\` are escapes, any other backslash is one. Null: a quote that neither begins nor ends the value. */
function classicValue(raw: string): string | null {
	const isQuoted = raw.startsWith('"');
	const body = isQuoted ? raw.slice(1) : raw;
	let value = "";
	for (let i = 0; i < body.length; i++) {
		const char = body.charAt(i);
		if (char === '"') return isQuoted && i === body.length - 1 ? value : null;
		if (char !== "\\" || i === body.length - 1) {
			value += char;
			continue;
		}
		const next = body.charAt(++i);
		value += next === "n" ? "\n" : next === '"' || next === "\\" ? next : `\\${next}`;
	}
	return isQuoted ? null : value;
}

type Token = { readonly kind: "mark" | "op" | "text"; readonly text: string };

/** The newer form; null: it is not that either. */
function parseUtf8(text: string): Result<readonly Matcher[], string> | null {
	const tokens = utf8Tokens(text.trimEnd());
	if (tokens === null) return null;
	let at = 0;
	const isMark = (mark: string): boolean => tokens[at]?.kind === "mark" && tokens[at]?.text === mark;
	const hasBrace = isMark("{");
	if (hasBrace) at++;
	const matchers: Matcher[] = [];
	while (at < tokens.length && !isMark("}")) {
		const [name, op, value] = tokens.slice(at, at + 3);
		if (name?.kind !== "text" || op?.kind !== "op" || value?.kind !== "text") return null;
		matchers.push({ name: name.text, op: op.text as MatchOp, value: value.text });
		at += 3;
		if (isMark(",")) at++;
		else if (at < tokens.length && !isMark("}")) return null;
	}
	if (hasBrace && isMark("}")) at++;
	else if (hasBrace) return null;
	return at === tokens.length ? ok(matchers) : null;
}

function utf8Tokens(text: string): readonly Token[] | null {
	const tokens: Token[] = [];
	UTF8_TOKEN.lastIndex = 0;
	while (UTF8_TOKEN.lastIndex < text.length) {
		const found = UTF8_TOKEN.exec(text);
		if (found === null) return null;
		const [, mark, op, quoted, plain] = found;
		const unquoted = quoted === undefined ? ok(plain ?? "") : unquote(quoted, '"', "replace");
		if (!unquoted.ok) return null;
		if (mark !== undefined) tokens.push({ kind: "mark", text: mark });
		else if (op !== undefined) tokens.push({ kind: "op", text: op });
		else tokens.push({ kind: "text", text: unquoted.value });
	}
	return tokens;
}

function shown(text: string): string {
	return JSON.stringify(text.trim().slice(0, 60));
}
