/**
 * From a template's text to its tokens, as Go's lexer reads it: texts with their margins trimmed, and what stands between
 * `{{` and `}}`, with the spaces, which separate arguments. Comments are left out.
 */
import { err, ok, type Result } from "../lib/result.ts";
import type { TemplateIssue } from "./source.ts";

export type TokenKind =
	| "text"
	| "open"
	| "close"
	| "end"
	| "space"
	| "word"
	| "field"
	| "variable"
	| "dot"
	| "number"
	| "string"
	| "raw"
	| "char"
	| ":="
	| "="
	| "|"
	| ","
	| "("
	| ")";

/** `text` as it is written, but trimmed texts; `at` is an offset into the template. */
export type Token = { readonly kind: TokenKind; readonly text: string; readonly at: number };

const OPEN = "{{";
const CLOSE = "}}";
const TRIM = "-";
const SPACE = /[ \t\r\n]/;
const WORD = /[\p{L}\p{Nd}_]*/uy;
const NUMBER =
	/[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[bB][01_]*|0[oO][0-7_]*|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)/y;
const STRING = /"(?:[^"\\\n]|\\[^\n])*"/y;
const CHAR = /'(?:[^'\\\n]|\\[^\n])*'/y;
const RAW = /`[^`]*`/y;

/** The tokens, the last of which is `end`; or the first thing that is no token. */
export function tokenize(text: string): Result<readonly Token[], TemplateIssue> {
	const tokens: Token[] = [];
	let at = 0;
	let trims = false;
	for (;;) {
		const open = text.indexOf(OPEN, at);
		const inside = open < 0 ? -1 : open + OPEN.length;
		const trimsBefore = inside >= 0 && text[inside] === TRIM && isSpace(text[inside + 1]);
		pushText(tokens, text.slice(at, open < 0 ? text.length : open), at, trims, trimsBefore);
		if (open < 0) break;
		const start = trimsBefore ? inside + 2 : inside;
		const end = text.startsWith("/*", start) ? endOfComment(text, start) : readAction(tokens, text, open, start);
		if (!end.ok) return end;
		at = end.value.at;
		trims = end.value.trims;
	}
	tokens.push({ kind: "end", text: "", at: text.length });
	return ok(tokens);
}

function isSpace(char: string | undefined): boolean {
	return char !== undefined && SPACE.test(char);
}

function pushText(tokens: Token[], text: string, at: number, trimsStart: boolean, trimsEnd: boolean): void {
	const start = trimsStart ? text.replace(/^[ \t\r\n]+/, "") : text;
	const kept = trimsEnd ? trimEnd(start) : start;
	if (kept !== "") tokens.push({ kind: "text", text: kept, at: at + text.length - start.length });
}

/** By hand: a regular expression would try every run of spaces from each of its characters. */
function trimEnd(text: string): string {
	let end = text.length;
	while (isSpace(text[end - 1])) end--;
	return text.slice(0, end);
}

type End = { readonly at: number; readonly trims: boolean };

/** The end of an action that closes here, or null. */
function closing(text: string, at: number): End | null {
	if (text.startsWith(CLOSE, at)) return { at: at + CLOSE.length, trims: false };
	const trims = isSpace(text[at]) && text.startsWith(TRIM + CLOSE, at + 1);
	return trims ? { at: at + 2 + CLOSE.length, trims: true } : null;
}

function endOfComment(text: string, start: number): Result<End, TemplateIssue> {
	const end = text.indexOf("*/", start + 2);
	if (end < 0) return err({ at: start, reason: "unclosed comment" });
	const close = closing(text, end + 2);
	return close === null ? err({ at: end, reason: "comment ends before closing delimiter" }) : ok(close);
}

function readAction(tokens: Token[], text: string, open: number, start: number): Result<End, TemplateIssue> {
	tokens.push({ kind: "open", text: OPEN, at: open });
	let depth = 0;
	let at = start;
	for (;;) {
		const close = closing(text, at);
		if (close !== null) {
			if (depth > 0) return err({ at, reason: "unclosed left paren" });
			tokens.push({ kind: "close", text: CLOSE, at });
			return ok(close);
		}
		if (at >= text.length) return err({ at: open, reason: "unclosed action" });
		const token = isSpace(text[at]) ? readSpace(text, at) : readToken(text, at);
		if (!token.ok) return token;
		if (token.value.kind === "(") depth++;
		if (token.value.kind === ")" && --depth < 0) return err({ at, reason: "unexpected right paren" });
		tokens.push(token.value);
		at += token.value.text.length;
	}
}

/** A run of spaces; the last one may belong to ` -}}`. */
function readSpace(text: string, at: number): Result<Token, TemplateIssue> {
	let end = at + 1;
	while (isSpace(text[end])) end++;
	if (end > at + 1 && text.startsWith(TRIM + CLOSE, end)) end--;
	return ok({ kind: "space", text: text.slice(at, end), at });
}

function readToken(text: string, at: number): Result<Token, TemplateIssue> {
	const char = text[at] ?? "";
	const make = (kind: TokenKind, length: number): Result<Token, TemplateIssue> =>
		ok({ kind, text: text.slice(at, at + length), at });
	switch (char) {
		case "=":
		case "|":
		case ",":
		case "(":
		case ")":
			return make(char, 1);
		case ":":
			return text[at + 1] === "=" ? make(":=", 2) : err({ at, reason: "expected :=" });
		case '"':
			return quoted(text, at, STRING, "string", "unterminated quoted string");
		case "'":
			return quoted(text, at, CHAR, "char", "unterminated character constant");
		case "`":
			return quoted(text, at, RAW, "raw", "unterminated raw quoted string");
		case "$":
			return named(text, at, "variable");
		default:
	}
	if (char === "." && !/[0-9]/.test(text[at + 1] ?? "")) return named(text, at, "field");
	if (/[0-9.+-]/.test(char)) return number(text, at);
	const word = run(WORD, text, at);
	if (word === "") return err({ at, reason: `unrecognized character in action: ${unicode(text, at)}` });
	return ended(text, { kind: "word", text: word, at });
}

function quoted(text: string, at: number, form: RegExp, kind: TokenKind, reason: string): Result<Token, TemplateIssue> {
	const found = run(form, text, at);
	return found === "" ? err({ at, reason }) : ok({ kind, text: found, at });
}

/** `.name` and `$name`; the sign by itself is the dot, and the variable `$`. */
function named(text: string, at: number, kind: "field" | "variable"): Result<Token, TemplateIssue> {
	const word = run(WORD, text, at + 1);
	if (word === "" && kind === "field") return ended(text, { kind: "dot", text: ".", at });
	return ended(text, { kind, text: text.slice(at, at + 1 + word.length), at });
}

function number(text: string, at: number): Result<Token, TemplateIssue> {
	const found = run(NUMBER, text, at);
	const next = run(WORD, text, at + found.length);
	if (next !== "" || !/[0-9]/.test(found)) {
		return err({ at, reason: `bad number syntax: "${text.slice(at, at + found.length + 1)}"` });
	}
	return ok({ kind: "number", text: found, at });
}

/** A name has to end where something else can begin. */
function ended(text: string, token: Token): Result<Token, TemplateIssue> {
	const after = token.at + token.text.length;
	const char = text[after];
	if (char === undefined || isSpace(char) || ".,|:)(".includes(char) || text.startsWith(CLOSE, after)) return ok(token);
	return err({ at: after, reason: `bad character ${unicode(text, after)}` });
}

function run(form: RegExp, text: string, at: number): string {
	form.lastIndex = at;
	return form.exec(text)?.[0] ?? "";
}

/** `U+002D '-'`, as Go shows a character. */
function unicode(text: string, at: number): string {
	const code = text.codePointAt(at) ?? 0;
	return `U+${code.toString(16).toUpperCase().padStart(4, "0")} '${String.fromCodePoint(code)}'`;
}
