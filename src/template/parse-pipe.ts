/** The pipelines of a template: declarations, commands, operands. What a function is called with is checked when it runs. */

import { unquote } from "../lib/go-string.ts";
import type { Cursor } from "./cursor.ts";
import { parseNumber } from "./number-literal.ts";
import type { Token } from "./tokens.ts";
import type { Command, Operand, Pipe } from "./tree.ts";

/** What is wrong with using a function of this name, or null. */
export type CheckFunction = (name: string) => string | null;

/** Go's words for where a pipeline stands. */
export type PipeContext = "command" | "if" | "with" | "range" | "template clause" | "block clause";

const CONSTANTS = ["true", "false", "nil"];
/** What may only be the beginning of a pipeline. */
const NOT_EXECUTABLE = ["bool", "dot", "nil", "number", "string"];

/** Reads a pipeline and the end of its action. Null: something was wrong, and is noted. */
export function parsePipe(cursor: Cursor, check: CheckFunction, context: PipeContext): Pipe | null {
	return readPipe(cursor, check, context, "close");
}

function readPipe(cursor: Cursor, check: CheckFunction, context: string, end: "close" | ")"): Pipe | null {
	const at = cursor.peekFull().at;
	const declaration = readDeclaration(cursor, context);
	const commands: Command[] = [];
	while (cursor.peekFull().kind !== end) {
		const command = readCommand(cursor, check, context);
		if (command === null) return null;
		commands.push(command);
	}
	const close = cursor.next();
	if (commands.length === 0) return cursor.fail(close.at, `missing value for ${context}`);
	for (const [stage, { words, at: commandAt }] of commands.entries()) {
		if (stage > 0 && NOT_EXECUTABLE.includes(words[0].kind)) {
			return cursor.fail(commandAt, `non executable command in pipeline stage ${stage + 1}`);
		}
	}
	return { ...declaration, commands, at };
}

/** `$x :=`, `$x =`, and in a range `$i, $x :=`. */
function readDeclaration(cursor: Cursor, context: string): Pick<Pipe, "variables" | "assigns"> {
	const variables: string[] = [];
	for (;;) {
		const sign = cursor.peekFull().kind === "variable" ? cursor.peekSecondFull() : null;
		if (sign === null || !(sign.kind === ":=" || sign.kind === "=" || sign.kind === ",")) {
			if (variables.length > 0) cursor.fail(cursor.peek().at, "range can only initialize variables");
			return { variables: [], assigns: false };
		}
		const name = cursor.next();
		cursor.nextFull();
		variables.push(name.text);
		if (sign.kind !== "=" || !cursor.isDeclared(name.text)) cursor.declare(name.text, name.at);
		if (sign.kind !== ",") return { variables, assigns: sign.kind === "=" };
		if (context !== "range" || variables.length > 1) cursor.fail(sign.at, `too many declarations in ${context}`);
	}
}

/** A command ends at a bar, which it takes along, or before the end of its pipeline. */
function readCommand(cursor: Cursor, check: CheckFunction, context: string): Command | null {
	const first = cursor.peekFull();
	const words: Operand[] = [];
	for (;;) {
		const operand = readOperand(cursor, check, words.length === 0 ? context : "operand");
		if (operand === null) break;
		words.push(operand);
		const after = cursor.peek();
		if (after.kind === "space") {
			const next = cursor.peekFull();
			if (next.kind === "close" || next.kind === ")") break;
			if (next.kind !== "|") continue;
		}
		if (cursor.peek().kind === "|") {
			cursor.next();
			break;
		}
		if (after.kind === "close" || after.kind === ")") break;
		return cursor.unexpected(after, "operand");
	}
	const [word, ...rest] = words;
	if (word === undefined) return cursor.unexpected(cursor.peek(), context);
	return cursor.issue === null ? { words: [word, ...rest], at: first.at } : null;
}

/** A term, and the fields that follow it without a space. */
function readOperand(cursor: Cursor, check: CheckFunction, context: string): Operand | null {
	const first = cursor.peekFull();
	const term = readTerm(cursor, check, context);
	if (term === null || cursor.peek().kind !== "field") return term;
	const fields: string[] = [];
	while (cursor.peek().kind === "field") fields.push(cursor.next().text.slice(1));
	if (term.kind === "field" || term.kind === "variable") return { ...term, fields: [...term.fields, ...fields] };
	if (NOT_EXECUTABLE.includes(term.kind)) {
		return cursor.fail(first.at, `unexpected . after term ${JSON.stringify(first.text.slice(0, 40))}`);
	}
	return { kind: "chain", of: term, fields, at: first.at };
}

function readTerm(cursor: Cursor, check: CheckFunction, context: string): Operand | null {
	const token = cursor.next();
	const { at, text } = token;
	switch (token.kind) {
		case "dot":
			return { kind: "dot", at };
		case "field":
			return { kind: "field", fields: [text.slice(1)], at };
		case "variable":
			if (!cursor.isDeclared(text)) return cursor.fail(at, `undefined variable ${JSON.stringify(text)}`);
			return { kind: "variable", name: text, fields: [], at };
		case "word":
			return readWord(cursor, check, token, context);
		case "raw":
			return { kind: "string", value: text.slice(1, -1).replaceAll("\r", ""), at };
		case "string": {
			const value = unquote(text.slice(1, -1), '"', "replace");
			return value.ok ? { kind: "string", value: value.value, at } : cursor.fail(at, value.failure);
		}
		case "char":
		case "number": {
			const literal = parseNumber(token);
			return literal.ok ? literal.value : cursor.fail(at, literal.failure);
		}
		case "(":
			return readParenthesis(cursor, check, at);
		default:
			return cursor.unexpected(token, context);
	}
}

function readWord(cursor: Cursor, check: CheckFunction, { text, at }: Token, context: string): Operand | null {
	if (text === "nil") return { kind: "nil", at };
	if (CONSTANTS.includes(text)) return { kind: "bool", value: text === "true", at };
	if (KEYWORDS.includes(text)) return cursor.fail(at, `unexpected <${text}> in ${context}`);
	const wrong = check(text);
	return wrong === null ? { kind: "function", name: text, at } : cursor.fail(at, wrong);
}

function readParenthesis(cursor: Cursor, check: CheckFunction, at: number): Operand | null {
	if (!cursor.enter(at)) return null;
	const pipe = readPipe(cursor, check, "parenthesized pipeline", ")");
	cursor.leave();
	return pipe === null ? null : { kind: "pipe", pipe, at };
}

/** Words that begin an action of their own. */
export const KEYWORDS: readonly string[] = [
	"block",
	"break",
	"continue",
	"define",
	"else",
	"end",
	"if",
	"range",
	"template",
	"with",
];
