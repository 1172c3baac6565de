/** What stands behind an operand: `[5m]`, `[5m:1m]`, `offset 1h`, `@ 1234`. Binds to this operand alone. */
import type { At, Expr, MatrixSelector, Subquery, VectorSelector } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { parseMilliseconds, parseNumber } from "./number.ts";

/** JavaScript and Go agree on milliseconds up to here; a time beyond it is a mistake. */
const TIME_MS_MAX = Number.MAX_SAFE_INTEGER;

export function parsePostfixes(cursor: Cursor, operand: Expr): Expr | null {
	let expr: Expr | null = operand;
	while (expr !== null) {
		if (cursor.isSymbol("[")) expr = parseRange(cursor, expr);
		else if (cursor.isSymbol("@")) expr = parseAt(cursor, expr);
		else if (isWord(cursor, "offset")) expr = parseOffset(cursor, expr);
		else if (isWord(cursor, "anchored") || isWord(cursor, "smoothed")) {
			return cursor.fail(cursor.peek().from, `the ${cursor.peek().text} modifier is experimental and not supported`);
		} else break;
	}
	return expr;
}

function isWord(cursor: Cursor, word: string): boolean {
	const token = cursor.peek();
	return token.kind === "identifier" && token.text.toLowerCase() === word;
}

function parseRange(cursor: Cursor, operand: Expr): MatrixSelector | Subquery | null {
	const bracket = cursor.take();
	const rangeMs = parsePositiveDuration(cursor, "subquery or range selector");
	if (rangeMs === null) return null;
	if (cursor.skip(":")) {
		const stepMs = cursor.isSymbol("]") ? null : parsePositiveDuration(cursor, "subquery selector");
		if (cursor.failure !== null || !cursor.expect("]", "subquery selector")) return null;
		// Unlike a range, a subquery may stand behind any expression.
		return {
			kind: "subquery",
			inner: operand,
			rangeMs,
			stepMs,
			offsetMs: null,
			at: null,
			from: operand.from,
			to: cursor.end,
		};
	}
	if (!cursor.expect("]", "subquery or range selector")) return null;
	if (operand.kind !== "selector") return cursor.fail(bracket.from, "ranges only allowed for vector selectors");
	if (operand.offsetMs !== null) return cursor.fail(bracket.from, "no offset modifiers allowed before range");
	if (operand.at !== null) return cursor.fail(bracket.from, "no @ modifiers allowed before range");
	return { kind: "matrix", selector: operand, rangeMs, from: operand.from, to: cursor.end };
}

function parsePositiveDuration(cursor: Cursor, context: string): number | null {
	const token = cursor.peek();
	if (token.kind !== "number") return cursor.unexpected(context, "number or duration");
	cursor.take();
	const ms = parseMilliseconds(token.text);
	if (ms === null) return cursor.fail(token.from, `bad number or duration syntax: "${token.text.slice(0, 60)}"`);
	if (ms <= 0) return cursor.fail(token.from, "duration must be greater than 0");
	if (cursor.isSymbol("]") || cursor.isSymbol(":")) return ms;
	return cursor.unexpected(context, '"]" (arithmetic on durations is experimental and not supported)');
}

function parseOffset(cursor: Cursor, operand: Expr): Expr | null {
	const { from } = cursor.take();
	const minus = cursor.isSymbol("-");
	if (minus || cursor.isSymbol("+")) cursor.take();
	const token = cursor.peek();
	if (token.kind !== "number") return cursor.unexpected("offset", "number or duration");
	cursor.take();
	const ms = parseMilliseconds(token.text);
	if (ms === null) return cursor.fail(token.from, `bad number or duration syntax: "${token.text.slice(0, 60)}"`);
	return shifted(cursor, operand, from, "offset modifier", (target) => {
		if (target.offsetMs !== null) return cursor.fail(from, "offset may not be set multiple times");
		return { offsetMs: minus ? -ms : ms };
	});
}

function parseAt(cursor: Cursor, operand: Expr): Expr | null {
	const { from } = cursor.take();
	const at = parseInstant(cursor);
	if (at === null) return null;
	return shifted(cursor, operand, from, "@ modifier", (target) => {
		if (target.at !== null) return cursor.fail(from, "@ <timestamp> may not be set multiple times");
		return { at };
	});
}

function parseInstant(cursor: Cursor): At | null {
	if (isWord(cursor, "start") || isWord(cursor, "end")) {
		const kind = cursor.take().text.toLowerCase() as "start" | "end";
		return cursor.expect("(", "@ modifier") && cursor.expect(")", "@ modifier") ? { kind } : null;
	}
	const minus = cursor.isSymbol("-");
	if (minus || cursor.isSymbol("+")) cursor.take();
	const token = cursor.peek();
	if (token.kind !== "number" && !/^(?:inf|nan)$/i.test(token.text))
		return cursor.unexpected("@ modifier", "timestamp");
	cursor.take();
	const seconds = parseNumber(token.text);
	const ms = seconds === null ? Number.NaN : Math.round(seconds * 1_000) * (minus ? -1 : 1);
	if (!(Math.abs(ms) <= TIME_MS_MAX)) return cursor.fail(token.from, "timestamp out of bounds for @ modifier");
	return { kind: "time", ms };
}

/** Puts a modifier on what it may stand behind. */
function shifted(
	cursor: Cursor,
	operand: Expr,
	from: number,
	what: string,
	change: (target: VectorSelector | Subquery) => Partial<Pick<VectorSelector, "offsetMs" | "at">> | null,
): Expr | null {
	const to = cursor.end;
	if (operand.kind === "matrix") {
		const modifier = change(operand.selector);
		return modifier === null ? null : { ...operand, selector: { ...operand.selector, ...modifier }, to };
	}
	if (operand.kind !== "selector" && operand.kind !== "subquery") {
		return cursor.fail(
			from,
			`${what} must be preceded by an instant vector selector or range vector selector or a subquery`,
		);
	}
	const modifier = change(operand);
	return modifier === null ? null : { ...operand, ...modifier, to };
}
