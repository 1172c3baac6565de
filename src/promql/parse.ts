/**
 * From text to tree: precedence climbing over the tokens. Written by hand because the public grammar for editors
 * (@prometheus-io/lezer-promql) binds `offset`, `@` and `[5m]` to everything on their left and gives up after 300 operators
 * in a row; the tests compare what is accepted with it. Checks no types: check.ts does.
 */
import { err, ok, type Result } from "../lib/result.ts";
import { EXPRESSION_CHARS_MAX } from "../model/limits.ts";
import type { BinaryOp, Expr, Matching } from "./ast.ts";
import { isCompare, isSet } from "./ast.ts";
import { Cursor } from "./cursor.ts";
import { type SyntaxFailure, syntaxFailure } from "./failure.ts";
import { parseNumber } from "./number.ts";
import { parseCallOrSelector } from "./parse-operand.ts";
import { parsePostfixes } from "./parse-postfix.ts";
import { parseLabelList, readString } from "./parse-selector.ts";
import { tokenize } from "./tokens.ts";

/** Higher binds tighter. */
const PRECEDENCE: ReadonlyMap<string, number> = new Map([
	["or", 1],
	["and", 2],
	["unless", 2],
	...["==", "!=", "<=", "<", ">=", ">"].map((op) => [op, 3] as const),
	["+", 4],
	["-", 4],
	["*", 5],
	["/", 5],
	["%", 5],
	["atan2", 5],
	["^", 6],
]);
const POWER = 6;

/** Parses an expression. The failure is the first thing that is wrong, with its place. */
export function parse(text: string): Result<Expr, SyntaxFailure> {
	if (text.length > EXPRESSION_CHARS_MAX) {
		return err(syntaxFailure("", 0, `expression of ${text.length} characters; the limit is ${EXPRESSION_CHARS_MAX}`));
	}
	const tokens = tokenize(text);
	if (!tokens.ok) return tokens;
	if (tokens.value.length === 1) return err(syntaxFailure(text, 0, "no expression found in input"));
	const cursor = new Cursor(text, tokens.value);
	const expr = parseExpr(cursor, 1);
	if (expr !== null && cursor.peek().kind !== "end") cursor.unexpected("", null);
	if (expr === null || cursor.failure !== null)
		return err(cursor.failure ?? syntaxFailure(text, 0, "not an expression"));
	return ok(expr);
}

/** An expression whose operators all bind at least as tightly as `minimum`. */
export function parseExpr(cursor: Cursor, minimum: number): Expr | null {
	let left = parseUnary(cursor);
	let levels = 0;
	while (left !== null) {
		const op = cursor.peek().text.toLowerCase() as BinaryOp;
		const precedence = cursor.peek().kind === "string" ? undefined : PRECEDENCE.get(op);
		if (precedence === undefined || precedence < minimum) break;
		// A chain a + b + c leans to the left: each operator is one level of the tree.
		if (!cursor.enter()) return null;
		levels++;
		cursor.take();
		left = parseBinary(cursor, left, op, precedence);
	}
	for (; levels > 0; levels--) cursor.leave();
	return left;
}

function parseBinary(cursor: Cursor, left: Expr, op: BinaryOp, precedence: number): Expr | null {
	const bool = cursor.peek().kind === "identifier" && cursor.peek().text.toLowerCase() === "bool";
	if (bool) {
		if (!isCompare(op))
			return cursor.fail(cursor.peek().from, "bool modifier can only be used on comparison operators");
		cursor.take();
	}
	const matching = parseMatching(cursor, op);
	if (cursor.failure !== null) return null;
	// ^ leans to the right, everything else to the left.
	const right = parseExpr(cursor, precedence === POWER ? POWER : precedence + 1);
	if (right === null) return null;
	return { kind: "binary", op, left, right, bool, matching, from: left.from, to: right.to };
}

/** A sign binds looser than ^ and as tightly as *: -a ^ b is -(a ^ b), -a * b is (-a) * b. */
function parseUnary(cursor: Cursor): Expr | null {
	if (!cursor.isSymbol("-") && !cursor.isSymbol("+")) return parsePrimary(cursor);
	if (!cursor.enter()) return null;
	const sign = cursor.take();
	const operand = parseExpr(cursor, POWER);
	cursor.leave();
	if (operand === null) return null;
	return { kind: "unary", op: sign.text as "+" | "-", operand, from: sign.from, to: operand.to };
}

function parsePrimary(cursor: Cursor): Expr | null {
	const operand = parseOperand(cursor);
	return operand === null ? null : parsePostfixes(cursor, operand);
}

function parseOperand(cursor: Cursor): Expr | null {
	const token = cursor.peek();
	const { from, to } = token;
	if (token.kind === "string") {
		const value = readString(cursor);
		return value === null ? null : { kind: "string", value, from, to };
	}
	if (token.kind === "number" || /^(?:inf|nan)$/i.test(token.text)) {
		cursor.take();
		const value = parseNumber(token.text);
		if (value === null)
			return cursor.fail(from, `bad number or duration syntax: ${JSON.stringify(token.text.slice(0, 60))}`);
		return { kind: "number", value, from, to };
	}
	if (cursor.isSymbol("(")) return parseParen(cursor);
	if (token.kind === "identifier" || cursor.isSymbol("{")) return parseCallOrSelector(cursor, parseExpr);
	return cursor.unexpected("", null);
}

function parseParen(cursor: Cursor): Expr | null {
	if (!cursor.enter()) return null;
	const { from } = cursor.take();
	const inner = parseExpr(cursor, 1);
	cursor.leave();
	if (inner === null) return null;
	if (cursor.peek().kind === "end") return cursor.fail(cursor.peek().from, "unclosed left parenthesis");
	if (!cursor.expect(")", "parenthesised expression")) return null;
	return { kind: "paren", inner, from, to: cursor.end };
}

/** `on(...)`, `ignoring(...)` and the `group_...` behind them; null when nothing is written, or after a failure. */
function parseMatching(cursor: Cursor, op: BinaryOp): Matching | null {
	const word = nextWord(cursor);
	if (word.startsWith("fill")) return cursor.fail(cursor.peek().from, "fill modifiers are not supported");
	if (word !== "on" && word !== "ignoring") return null;
	cursor.take();
	const labels = parseLabelList(cursor);
	if (labels === null) return null;
	const group = nextWord(cursor);
	if (group !== "group_left" && group !== "group_right")
		return { on: word === "on", labels, group: "none", include: [] };
	if (isSet(op)) return cursor.fail(cursor.peek().from, `no grouping allowed for "${op}" operation`);
	cursor.take();
	const include = cursor.isSymbol("(") ? parseLabelList(cursor) : [];
	if (include === null) return null;
	const twice = word === "on" ? include.find((label) => labels.includes(label)) : undefined;
	if (twice !== undefined) {
		return cursor.fail(cursor.end, `label "${twice}" must not occur in ON and GROUP clause at once`);
	}
	return { on: word === "on", labels, group: group === "group_left" ? "left" : "right", include };
}

function nextWord(cursor: Cursor): string {
	const token = cursor.peek();
	return token.kind === "identifier" ? token.text.toLowerCase() : "";
}
