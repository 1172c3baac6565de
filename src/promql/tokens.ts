/** Cuts the text of an expression into tokens, in one pass. Knows no grammar beyond what a token is. */
import { err, ok, type Result } from "../lib/result.ts";
import { type SyntaxFailure, syntaxFailure } from "./failure.ts";

export type TokenKind = "identifier" | "number" | "string" | "symbol" | "end";
export type Token = { readonly kind: TokenKind; readonly text: string; readonly from: number; readonly to: number };

const SPACE = /[ \t\r\n]+|#[^\n]*/y;
const IDENTIFIER = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
/** A duration too; what looks like a number but is none, such as `1.2.3` or `5x`, is found out when it is read. */
const NUMBER = /(?:0[xX][0-9a-zA-Z_]*|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?[0-9a-zA-Z_.]*)/y;
const STRING = /"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*'|`[^`]*`/y;
const SYMBOL = /==|=~|!=|!~|>=|<=|[-+*/%^=<>(){}[\],@:]/y;
const PATTERNS: readonly (readonly [TokenKind, RegExp])[] = [
	["identifier", IDENTIFIER],
	["number", NUMBER],
	["string", STRING],
	["symbol", SYMBOL],
];

/** All tokens, the last of kind "end". */
export function tokenize(text: string): Result<readonly Token[], SyntaxFailure> {
	const tokens: Token[] = [];
	let at = 0;
	while (at < text.length) {
		const space = lengthAt(SPACE, text, at);
		if (space > 0) {
			at += space;
			continue;
		}
		const token = readToken(text, at, insideBrackets(tokens));
		if (token === null) return err(syntaxFailure(text, at, strangerAt(text, at)));
		tokens.push(token);
		at = token.to;
	}
	tokens.push({ kind: "end", text: "", from: text.length, to: text.length });
	return ok(tokens);
}

function readToken(text: string, at: number, inBrackets: boolean): Token | null {
	for (const [kind, pattern] of PATTERNS) {
		// Within [5m:1m] the colon divides; elsewhere a name may begin with it.
		if (kind === "identifier" && inBrackets && text.charAt(at) === ":") continue;
		const length = lengthAt(pattern, text, at);
		if (length > 0) return { kind, text: text.slice(at, at + length), from: at, to: at + length };
	}
	return null;
}

/** Whether the last bracket that was opened is a square one, still open: within it only durations and `:` stand. */
function insideBrackets(tokens: readonly Token[]): boolean {
	for (let i = tokens.length - 1; i >= 0 && i >= tokens.length - 4; i--) {
		const text = tokens[i]?.text;
		if (text === "[") return true;
		if (text === "]") return false;
	}
	return false;
}

function lengthAt(pattern: RegExp, text: string, at: number): number {
	pattern.lastIndex = at;
	return pattern.exec(text)?.[0].length ?? 0;
}

function strangerAt(text: string, at: number): string {
	const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
	if (character === '"' || character === "'") return "unterminated quoted string";
	if (character === "`") return "unterminated raw string";
	return `unexpected character: ${JSON.stringify(character)}`;
}
