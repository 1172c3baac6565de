/** Texts between quotes as Go's strconv writes and reads them: `%q`, and the literals of PromQL and of templates. */
import { err, ok, type Result } from "./result.ts";

/** What Go prints as it is: letters, marks, numbers, punctuation, symbols, and of the spaces only the plain one. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const ESCAPES: ReadonlyMap<string, string> = new Map([
	["\x07", "a"],
	["\b", "b"],
	["\f", "f"],
	["\n", "n"],
	["\r", "r"],
	["\t", "t"],
	["\v", "v"],
	["\\", "\\"],
]);
const UNESCAPES: ReadonlyMap<string, string> = new Map([...ESCAPES].map(([char, letter]) => [letter, char]));
/** Letters of an escape that names a code by hexadecimal digits, and how many. */
const HEX_DIGITS: ReadonlyMap<string, number> = new Map([
	["x", 2],
	["u", 4],
	["U", 8],
]);

/** `strconv.Quote`: between double quotes, or between others. */
export function quote(text: string, mark: '"' | "'" = '"'): string {
	let quoted = "";
	for (const char of text) {
		const letter = ESCAPES.get(char);
		if (char === mark || letter !== undefined) quoted += `\\${letter ?? char}`;
		else if (PRINTABLE.test(char)) quoted += char;
		else quoted += escapeCode(char.codePointAt(0) ?? 0);
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

/**
 * The text of what stands between quotes of the kind `mark`; the failure says which escape is wrong. `\xff` and `\377` name
 * bytes of UTF-8. Bytes that are no UTF-8, which Go's strings can hold and ours cannot, are a failure or become U+FFFD.
 */
export function unquote(inner: string, mark: string, badBytes: "refuse" | "replace"): Result<string, string> {
	if (!inner.includes("\\")) return ok(inner);
	let text = "";
	for (let at = 0; at < inner.length; ) {
		if (inner[at] !== "\\") {
			text += inner[at++];
			continue;
		}
		const bytes: number[] = [];
		while (inner[at] === "\\") {
			const read = readEscape(inner, at + 1, mark);
			if (!read.ok) return read;
			at = read.value.next;
			bytes.push(...(read.value.isByte ? [read.value.code] : UTF8.encode(String.fromCodePoint(read.value.code))));
		}
		const decoded = decode(bytes, badBytes);
		if (decoded === null) return err("escapes name bytes that are no UTF-8");
		text += decoded;
	}
	return ok(text);
}

const UTF8 = new TextEncoder();
const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const LENIENT = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });

function decode(bytes: readonly number[], badBytes: "refuse" | "replace"): string | null {
	try {
		return (badBytes === "refuse" ? STRICT : LENIENT).decode(Uint8Array.from(bytes));
	} catch {
		return null;
	}
}

/** `strconv.UnquoteChar`: the code of the one character between single quotes. Here `\xff` is the character 255. */
export function unquoteCharacter(inner: string): Result<number, string> {
	if (inner.startsWith("\\")) {
		const read = readEscape(inner, 1, "'");
		if (!read.ok) return read;
		return read.value.next === inner.length ? ok(read.value.code) : err("more than one character");
	}
	const code = inner.codePointAt(0);
	if (code === undefined) return err("no character");
	return inner.length === String.fromCodePoint(code).length ? ok(code) : err("more than one character");
}

type Escape = { readonly code: number; readonly isByte: boolean; readonly next: number };

/** One escape, from the character behind the backslash. */
function readEscape(inner: string, at: number, mark: string): Result<Escape, string> {
	const letter = inner[at] ?? "";
	const plain = letter === mark ? letter : UNESCAPES.get(letter);
	if (letter !== "" && plain !== undefined) return ok({ code: plain.charCodeAt(0), isByte: false, next: at + 1 });
	const octal = /^[0-3][0-7]{2}/.exec(inner.slice(at, at + 3))?.[0];
	if (octal !== undefined) return ok({ code: Number.parseInt(octal, 8), isByte: true, next: at + 3 });
	const length = HEX_DIGITS.get(letter);
	const digits = inner.slice(at + 1, at + 1 + (length ?? 0));
	if (length === undefined || digits.length !== length || !/^[0-9a-fA-F]+$/.test(digits)) {
		return err(`\\${letter} is no escape`);
	}
	const code = Number.parseInt(digits, 16);
	if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return err(`\\${letter}${digits} is no character`);
	return ok({ code, isByte: letter === "x", next: at + 1 + length });
}
