/** Go's Sprintf, Sprint and Sprintln. What is wrong with a format is written into the text, as Go does. */
import { TEMPLATE_WIDTH_MAX } from "../model/limits.ts";
import { PLAIN, type Verb } from "./format-scalar.ts";
import { writeValue } from "./format-value.ts";
import { type TemplateValue, textOf, typeName } from "./value.ts";
import type { Writer } from "./writer.ts";

/** `printf`: the arguments under the verbs of the format. */
export function printf(writer: Writer, format: string, args: readonly TemplateValue[]): void {
	const state = { format, at: 0, args, next: 0, isReordered: false, isBadIndex: false };
	while (state.at < format.length && !writer.isFull) {
		const percent = format.indexOf("%", state.at);
		writer.add(format.slice(state.at, percent < 0 ? format.length : percent));
		if (percent < 0) break;
		state.at = percent + 1;
		writeDirective(writer, state);
	}
	if (!state.isReordered && state.next < args.length) writeExtra(writer, args.slice(state.next));
}

/** `print`: a space between two neighbours neither of which is a text. */
export function print(writer: Writer, args: readonly TemplateValue[]): void {
	let wasText = true;
	for (const [i, arg] of args.entries()) {
		const isText = textOf(arg) !== null;
		if (i > 0 && !isText && !wasText) writer.add(" ");
		writeValue(writer, arg, PLAIN);
		wasText = isText;
	}
}

/** `println`: a space between all, a new line at the end. */
export function println(writer: Writer, args: readonly TemplateValue[]): void {
	for (const [i, arg] of args.entries()) {
		if (i > 0) writer.add(" ");
		writeValue(writer, arg, PLAIN);
	}
	writer.add("\n");
}

type State = {
	readonly format: string;
	at: number;
	readonly args: readonly TemplateValue[];
	next: number;
	isReordered: boolean;
	isBadIndex: boolean;
};

type Flags = { plus: boolean; minus: boolean; sharp: boolean; space: boolean; zero: boolean };

/** What stands behind a percent sign, up to its letter. */
function writeDirective(writer: Writer, state: State): void {
	state.isReordered = false;
	state.isBadIndex = false;
	const flags = readFlags(state);
	readIndex(state);
	const width = readWidth(writer, state, flags);
	let precision: number | null = null;
	if (state.format[state.at] === ".") {
		state.at++;
		readIndex(state);
		const read = readNumber(writer, state, "PREC");
		// A negative precision that comes as an argument is none; no number behind the point is zero.
		precision = read === null ? 0 : read < 0 ? null : read;
	}
	readIndex(state);
	const letter = String.fromCodePoint(state.format.codePointAt(state.at) ?? 0);
	const isAtEnd = state.at >= state.format.length;
	state.at += letter.length;
	if (isAtEnd) writer.add("%!(NOVERB)");
	else if (letter === "%") writer.add("%");
	else if (state.isBadIndex) writer.add(`%!${letter}(BADINDEX)`);
	else if (state.next >= state.args.length) writer.add(`%!${letter}(MISSING)`);
	else writeValue(writer, state.args[state.next++] ?? null, verbOf(letter, flags, width, precision));
}

/** `%+v` is about the names of fields, not about signs. */
function verbOf(letter: string, flags: Flags, width: number | null, precision: number | null): Verb {
	const names = letter === "v" && flags.plus;
	return { letter, ...flags, names, plus: flags.plus && !names, width, precision };
}

function readFlags(state: State): Flags {
	const flags: Flags = { plus: false, minus: false, sharp: false, space: false, zero: false };
	for (; ; state.at++) {
		const char = state.format[state.at];
		if (char === "#") flags.sharp = true;
		else if (char === "+") flags.plus = true;
		else if (char === " ") flags.space = true;
		else if (char === "0") flags.zero = !flags.minus;
		else if (char === "-") {
			flags.minus = true;
			flags.zero = false;
		} else return flags;
	}
}

/** A negative width that comes as an argument means the left margin. */
function readWidth(writer: Writer, state: State, flags: Flags): number | null {
	const width = readNumber(writer, state, "WIDTH");
	if (width === null || width >= 0) return width;
	flags.minus = true;
	flags.zero = false;
	return -width;
}

/** `[2]`: which argument is next. */
function readIndex(state: State): void {
	if (state.format[state.at] !== "[") return;
	state.isReordered = true;
	const close = state.format.indexOf("]", state.at);
	const index = close < 0 ? "" : state.format.slice(state.at + 1, close);
	state.at = close < 0 ? state.at + 1 : close + 1;
	const number = /^\d{1,6}$/.test(index) ? Number(index) : 0;
	if (number >= 1 && number <= state.args.length) state.next = number - 1;
	else state.isBadIndex = true;
}

/** Digits, or `*` for the next argument. Null: there is none. */
function readNumber(writer: Writer, state: State, what: "WIDTH" | "PREC"): number | null {
	if (state.format[state.at] === "*") {
		state.at++;
		const arg = state.args[state.next++];
		if (typeof arg === "bigint" && arg >= -TEMPLATE_WIDTH_MAX && arg <= TEMPLATE_WIDTH_MAX) return Number(arg);
		writer.add(`%!(BAD${what})`);
		return null;
	}
	const start = state.at;
	while (/^[0-9]$/.test(state.format[state.at] ?? "")) state.at++;
	if (start === state.at) return null;
	const number = Number(state.format.slice(start, state.at));
	if (number <= TEMPLATE_WIDTH_MAX) return number;
	writer.add(`%!(BAD${what})`);
	return null;
}

function writeExtra(writer: Writer, args: readonly TemplateValue[]): void {
	writer.add("%!(EXTRA ");
	for (const [i, arg] of args.entries()) {
		if (i > 0) writer.add(", ");
		if (arg !== null) writer.add(`${typeName(arg)}=`);
		writeValue(writer, arg, PLAIN);
	}
	writer.add(")");
}
