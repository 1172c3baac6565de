/** Texts between quotes as Go's strconv writes and reads them: `%q`, and the literals of a template. */
import { err, ok, type Result } from "../lib/result.ts";

/** What Go prints as it is: letters, marks, numbers, punctuation, symbols, and of the spaces only the plain one. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const ESCAPES: Readonly<Record<string, string>> = {
	"\x07": "\\a",
	"\b": "\\b",
	"\f": "\\f",
	"\n": "\\n",
	"\r": "\\r",
	"\t": "\\t",
	"\v": "\\v",
	"\\": "\\\\",
};
const UNESCAPES: Readonly<Record<string, string>> = {
	a: "\x07",
	b: "\b",
	f: "\f",
	n: "\n",
	r: "\r",
	t: "\t",
	v: "\v",
	"\\": "\\",
};
/** Letters of an escape that names a code by hexadecimal digits, and how many. */
const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** `strconv.Quote`: between double quotes, or between others. */
export function quote(text: string, mark: '"' | "'" = '"'): string {
	let quoted = "";
	for (const char of text) {
		if (char === mark) quoted += `\\${char}`;
		else if (PRINTABLE.test(char) && char !== "\\") quoted += char;
		else quoted += ESCAPES[char] ?? escapeCode(char.codePointAt(0) ?? 0);
	}
	return mark + quoted + mark;
}

function escapeCode(code: number): string {
	if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
	if (code >= 0xd800 && code <= 0xdfff) return "\\ufffd";
	return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function hex(code: number, digits: number): string {
	return code.toString(16).padStart(digits, "0");
}

/** The text of what stands between double quotes, or between single ones (a character). The failure says what is wrong. */
export function unquote(inner: string, mark: '"' | "'"): Result<string, string> {
	if (!inner.includes("\\")) return ok(inner);
	let text = "";
	let bytes: number[] = [];
	const flush = (): void => {
		if (bytes.length > 0) text += new TextDecoder().decode(Uint8Array.from(bytes));
		bytes = [];
	};
	for (let at = 0; at < inner.length; ) {
		if (inner[at] !== "\\") {
			flush();
			text += inner[at++];
			continue;
		}
		const read = readEscape(inner, at + 1, mark);
		if (!read.ok) return read;
		at = read.value.next;
		if ("byte" in read.value) bytes.push(read.value.byte);
		else {
			flush();
			text += read.value.text;
		}
	}
	flush();
	return ok(text);
}

type Escape = { readonly next: number } & ({ readonly text: string } | { readonly byte: number });

/** One escape, from the character behind the backslash. `\xff` and `\377` name bytes of UTF-8, not characters. */
function readEscape(inner: string, at: number, mark: string): Result<Escape, string> {
	const letter = inner[at] ?? "";
	if (letter === mark) return ok({ text: letter, next: at + 1 });
	const plain = Object.hasOwn(UNESCAPES, letter) ? UNESCAPES[letter] : undefined;
	if (plain !== undefined) return ok({ text: plain, next: at + 1 });
	const octal = /^[0-3][0-7]{2}/.exec(inner.slice(at, at + 3))?.[0];
	if (octal !== undefined) return ok({ byte: Number.parseInt(octal, 8), next: at + 3 });
	const length = Object.hasOwn(HEX_DIGITS, letter) ? HEX_DIGITS[letter] : undefined;
	const digits = inner.slice(at + 1, at + 1 + (length ?? 0));
	if (length === undefined || digits.length !== length || !/^[0-9a-fA-F]+$/.test(digits)) {
		return err(`\\${letter} is no escape`);
	}
	const code = Number.parseInt(digits, 16);
	if (letter === "x") return ok({ byte: code, next: at + 1 + length });
	if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return err(`\\${letter}${digits} is no character`);
	return ok({ text: String.fromCodePoint(code), next: at + 1 + length });
}
