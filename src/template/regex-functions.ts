/**
 * `match` and `reReplaceAll`. The patterns come from callers: RE2 alone, never the host's RegExp, and what a pattern may
 * cost (its states times the characters it reads) is paid for in steps before it runs.
 */
import { RE2JS, RE2JSException } from "re2js";
import { err, ok, type Result } from "../lib/result.ts";
import { REGEX_CHARS_MAX } from "../model/limits.ts";
import { fixed } from "./function.ts";
import type { CallContext, TemplateFunction } from "./value.ts";
import { Writer } from "./writer.ts";

/** States of a pattern, times characters, that one step pays for. */
const WORK_PER_STEP = 20;
/** What compiling one character costs in the same measure: a counted repetition makes many states of few characters. */
const COMPILE_STEPS_PER_CHAR = 4;

/** The functions by name. */
export const REGEX_FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
	match: fixed(["text", "text"], ([pattern, text], context) => {
		const regex = compile(pattern as string, text as string, context);
		return regex.ok ? ok(regex.value.matcher(text as string).find()) : regex;
	}),
	reReplaceAll: fixed(["text", "text", "text"], ([pattern, replacement, text], context) => {
		const regex = compile(pattern as string, text as string, context);
		return regex.ok ? replaceAll(regex.value, replacement as string, text as string, context) : regex;
	}),
};

/** Unlike a matcher, neither anchored nor with a dot that matches a new line. */
function compile(pattern: string, text: string, context: CallContext): Result<RE2JS, string> {
	if (pattern.length > REGEX_CHARS_MAX) {
		return err(`regular expression of ${pattern.length} characters; the limit is ${REGEX_CHARS_MAX}`);
	}
	if (!context.spend(pattern.length * COMPILE_STEPS_PER_CHAR)) return err("too many steps");
	try {
		const regex = RE2JS.compile(pattern);
		const work = regex.programSize() * (text.length + 1);
		return context.spend(work / WORK_PER_STEP) ? ok(regex) : err("the regular expression and its text are too large");
	} catch (error) {
		if (error instanceof RE2JSException) return err(error.message);
		throw error;
	}
}

function replaceAll(regex: RE2JS, replacement: string, text: string, context: CallContext): Result<string, string> {
	const matcher = regex.matcher(text);
	const writer = new Writer(context.charsMax);
	const names = regex.namedGroups();
	const pieces = readReplacement(replacement, (name) => groupNumber(name, names, regex.groupCount()));
	let at = 0;
	while (!writer.isFull && matcher.find()) {
		if (!context.spend(1 + pieces.length)) return err("too many steps");
		writer.add(text.slice(at, matcher.start()));
		for (const piece of pieces) writer.add(typeof piece === "string" ? piece : (matcher.group(piece) ?? ""));
		at = matcher.end();
	}
	writer.add(text.slice(at));
	return writer.isFull ? err(`the text has more than ${context.charsMax} characters`) : ok(writer.text);
}

/** The number of a group by number or name; null: there is none, and it stands for nothing. */
function groupNumber(name: string, names: Readonly<Record<string, number>>, count: number): number | null {
	if (/^\d{1,6}$/.test(name)) return Number(name) <= count ? Number(name) : null;
	return Object.hasOwn(names, name) ? (names[name] ?? null) : null;
}

/** Go's Regexp.Expand: `$name` takes the longest run of word characters, `$$` is a dollar. Texts, and numbers of groups. */
function readReplacement(replacement: string, group: (name: string) => number | null): readonly (string | number)[] {
	const pieces: (string | number)[] = [];
	let at = 0;
	for (const found of replacement.matchAll(/\$(?:\$|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/gu)) {
		pieces.push(replacement.slice(at, found.index));
		at = found.index + found[0].length;
		const number = found[0] === "$$" ? null : group(found[1] ?? found[2] ?? "");
		if (found[0] === "$$") pieces.push("$");
		else if (number !== null) pieces.push(number);
	}
	pieces.push(replacement.slice(at));
	return pieces.filter((piece) => piece !== "");
}
