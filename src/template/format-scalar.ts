/** Texts, numbers and truth values under one verb of Go's fmt package. What does not fit a verb is shown as Go does. */

import { quote } from "../lib/go-string.ts";
import { type FloatForm, formatFloat } from "./float.ts";
import { formatBits } from "./float-bits.ts";
import { formatDuration, formatTime } from "./time.ts";
import { type SafeText, type TemplateDuration, type TemplateTime, typeName } from "./value.ts";

/** A verb with its flags, width and precision. */
export type Verb = {
	readonly letter: string;
	/** Signs of positive numbers. */
	readonly plus: boolean;
	/** `%+v`: names of fields. */
	readonly names: boolean;
	readonly minus: boolean;
	readonly sharp: boolean;
	readonly space: boolean;
	readonly zero: boolean;
	readonly width: number | null;
	readonly precision: number | null;
};

/** `%v` without anything else. */
export const PLAIN: Verb = {
	letter: "v",
	plus: false,
	names: false,
	minus: false,
	sharp: false,
	space: false,
	zero: false,
	width: null,
	precision: null,
};

/** A value that holds no others. */
export type Scalar = string | number | bigint | boolean | null | SafeText | TemplateTime | TemplateDuration;

/** Verbs under which a value may say of itself what it is: those that texts take. */
export const TEXT_VERBS = "vsqxX";
const INTEGER_BASES: Readonly<Record<string, number>> = { d: 10, v: 10, b: 2, o: 8, O: 8, x: 16, X: 16 };
const FLOAT_PLACES = 6;

/** The text of a value under a verb; one that does not fit: `%!d(string=x)`. */
export function formatScalar(value: Scalar, verb: Verb): string {
	if (verb.letter === "T") return pad(typeName(value), { ...verb, letter: "s" });
	switch (typeof value) {
		case "string":
			return formatText(value, verb);
		case "number":
			return formatNumber(value, verb);
		case "bigint":
			return formatInteger(value, verb);
		case "boolean":
			return "tv".includes(verb.letter) ? pad(String(value), verb) : bad(value, verb);
		default:
	}
	if (value === null) return verb.letter === "v" ? pad("<nil>", verb) : `%!${verb.letter}(<nil>)`;
	switch (value.kind) {
		case "safe":
			return formatText(value.text, verb);
		case "time":
			return formatText(formatTime(value), verb);
		case "duration":
			return TEXT_VERBS.includes(verb.letter)
				? formatText(formatDuration(value.ns), verb)
				: formatInteger(value.ns, verb);
	}
}

/** Fills up to the width, which counts characters. */
export function pad(text: string, verb: Verb): string {
	const missing = verb.width === null ? 0 : verb.width - [...text].length;
	if (missing <= 0) return text;
	return verb.minus ? text + " ".repeat(missing) : (verb.zero ? "0" : " ").repeat(missing) + text;
}

function bad(value: Scalar, verb: Verb): string {
	return `%!${verb.letter}(${typeName(value)}=${formatScalar(value, { ...verb, letter: "v" })})`;
}

function formatText(text: string, verb: Verb): string {
	const kept = verb.precision === null ? text : [...text].slice(0, verb.precision).join("");
	switch (verb.letter) {
		case "v":
			return pad(verb.sharp ? quote(text) : kept, verb);
		case "s":
			return pad(kept, verb);
		case "q":
			return pad(quote(kept), verb);
		case "x":
		case "X": {
			const hex = [...new TextEncoder().encode(kept)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
			return pad(verb.letter === "X" ? hex.toUpperCase() : hex, verb);
		}
		default:
			return bad(text, verb);
	}
}

function formatNumber(value: number, verb: Verb): string {
	if ("xXb".includes(verb.letter)) return pad(formatBits(value, verb.letter), verb);
	if (!"eEfFgGv".includes(verb.letter)) return bad(value, verb);
	const letter = verb.letter.toLowerCase();
	const form: FloatForm = letter === "e" || letter === "f" ? letter : "g";
	const text = formatFloat(value, form, verb.precision ?? (form === "g" ? "shortest" : FLOAT_PLACES));
	const cased = verb.letter === "E" || verb.letter === "G" ? text.replace("e", "E") : text;
	// An infinity always shows its sign, and neither it nor NaN is filled with zeros.
	if (!Number.isFinite(value)) return pad(value > 0 || verb.plus ? signed(cased) : cased, { ...verb, zero: false });
	return padNumber(signOf(cased, verb), cased.replace(/^-/, ""), verb);
}

function signed(text: string): string {
	return /^[+-]/.test(text) ? text : `+${text}`;
}

function formatInteger(value: bigint, verb: Verb): string {
	const isCharacter = value >= 0n && value <= 0x10ffffn && !(value >= 0xd800n && value <= 0xdfffn);
	const character = isCharacter ? String.fromCodePoint(Number(value)) : "\ufffd";
	if (verb.letter === "c") return pad(character, verb);
	if (verb.letter === "q") return pad(quote(character, "'"), verb);
	if (verb.letter === "U")
		return pad(`U+${BigInt.asUintN(64, value).toString(16).toUpperCase().padStart(4, "0")}`, verb);
	const base = Object.hasOwn(INTEGER_BASES, verb.letter) ? INTEGER_BASES[verb.letter] : undefined;
	if (base === undefined) return bad(value, verb);
	const digits = (value < 0n ? -value : value).toString(base).padStart(verb.precision ?? 0, "0");
	const size = verb.letter === "X" ? digits.toUpperCase() : digits;
	const zero = verb.zero && verb.precision === null;
	return padNumber(signOf(value < 0n ? "-" : "", verb) + basePrefix(verb), size, { ...verb, zero });
}

function basePrefix(verb: Verb): string {
	if (verb.letter === "O") return "0o";
	if (!verb.sharp) return "";
	return { x: "0x", X: "0X", o: "0", b: "0b" }[verb.letter] ?? "";
}

function signOf(text: string, verb: Verb): string {
	if (text.startsWith("-")) return "-";
	if (verb.plus) return "+";
	return verb.space ? " " : "";
}

/** Zeros stand between the sign and the digits. */
function padNumber(sign: string, digits: string, verb: Verb): string {
	const zeros = verb.zero ? (verb.width ?? 0) - sign.length - digits.length : 0;
	return pad(sign + "0".repeat(Math.max(0, zeros)) + digits, { ...verb, zero: false });
}
