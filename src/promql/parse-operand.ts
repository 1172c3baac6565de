/** What begins with a word: a function call, an aggregation, or a selector. */
import { err, ok, type Result } from "../lib/result.ts";
import type { Aggregate, AggregateOp, Expr, Grouping } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { parseLabelList, parseSelector } from "./parse-selector.ts";

/** The parser of whole expressions, handed down so that the files need not import one another in a circle. */
export type ParseExpr = (cursor: Cursor, minimum: number) => Expr | null;

/** Each aggregation, and whether it takes a parameter before its operand. */
const AGGREGATES: ReadonlyMap<string, boolean> = new Map(
	Object.entries({
		sum: false,
		avg: false,
		min: false,
		max: false,
		count: false,
		group: false,
		stddev: false,
		stdvar: false,
		topk: true,
		bottomk: true,
		quantile: true,
		count_values: true,
	} satisfies Record<AggregateOp, boolean>),
);
const EXPERIMENTAL = new Set(["limitk", "limit_ratio"]);
/** Words that can never begin an operand. */
const RESERVED = new Set(["bool", "on", "ignoring", "group_left", "group_right", "atan2"]);
/** More arguments than any function has. */
const ARGUMENTS_MAX = 64;

/** The next token is an identifier or an opening brace. */
export function parseCallOrSelector(cursor: Cursor, parseExpr: ParseExpr): Expr | null {
	const token = cursor.peek();
	if (token.kind === "symbol") return parseSelector(cursor, null, token.from);
	const word = token.text.toLowerCase();
	if (RESERVED.has(word)) return cursor.unexpected("", null);
	const next = cursor.peek(1);
	const called = next.kind === "symbol" && next.text === "(";
	const grouped = next.kind === "identifier" && /^(?:by|without)$/i.test(next.text);
	if (AGGREGATES.has(word) && (called || grouped)) return parseAggregate(cursor, word as AggregateOp, parseExpr);
	if (EXPERIMENTAL.has(word) && (called || grouped))
		return cursor.fail(token.from, `${word}() is experimental and not supported`);
	cursor.take();
	if (!called) return parseSelector(cursor, token.text, token.from);
	const args = parseArguments(cursor, parseExpr);
	return args === null ? null : { kind: "call", name: token.text, args, from: token.from, to: cursor.end };
}

function parseAggregate(cursor: Cursor, op: AggregateOp, parseExpr: ParseExpr): Aggregate | null {
	const { from } = cursor.take();
	const before = parseGrouping(cursor);
	if (cursor.failure !== null) return null;
	const args = parseArguments(cursor, parseExpr);
	if (args === null) return null;
	const grouping = before ?? parseGrouping(cursor) ?? { without: false, labels: [] };
	if (cursor.failure !== null) return null;
	const split = splitArguments(op, args);
	if (!split.ok) return cursor.fail(from, split.failure);
	return { kind: "aggregate", op, ...split.value, grouping, from, to: cursor.end };
}

function splitArguments(
	op: AggregateOp,
	args: readonly Expr[],
): Result<Pick<Aggregate, "parameter" | "operand">, string> {
	const [first, second] = args;
	if (first === undefined) return err("no arguments for aggregate expression provided");
	const wanted = AGGREGATES.get(op) === true ? 2 : 1;
	if (args.length !== wanted) {
		return err(`wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`);
	}
	return ok(second === undefined ? { parameter: null, operand: first } : { parameter: first, operand: second });
}

function parseGrouping(cursor: Cursor): Grouping | null {
	const token = cursor.peek();
	if (token.kind !== "identifier" || !/^(?:by|without)$/i.test(token.text)) return null;
	cursor.take();
	const labels = parseLabelList(cursor);
	return labels === null ? null : { without: token.text.toLowerCase() === "without", labels };
}

function parseArguments(cursor: Cursor, parseExpr: ParseExpr): readonly Expr[] | null {
	if (!cursor.enter() || !cursor.expect("(", "aggregation")) return null;
	const args: Expr[] = [];
	if (!cursor.isSymbol(")")) {
		do {
			const arg = parseExpr(cursor, 1);
			if (arg === null) return null;
			args.push(arg);
			if (args.length > ARGUMENTS_MAX) return cursor.fail(cursor.peek().from, `more than ${ARGUMENTS_MAX} arguments`);
		} while (cursor.skip(","));
	}
	cursor.leave();
	if (cursor.peek().kind === "end") return cursor.fail(cursor.peek().from, "unclosed left parenthesis");
	return cursor.expect(")", "function call") ? args : null;
}
