/** The tree of an expression in the JSON of Prometheus' `parse_query` (web/api/v1/translate_ast.go). Pure. */
import type { Matcher } from "../model/matcher.ts";
import type { Binary, Call, Expr, Shift, VectorSelector } from "../promql/ast.ts";
import { isSet } from "../promql/ast.ts";
import { typeOf } from "../promql/check.ts";
import { literalOf, nameBefore } from "../promql/format.ts";
import { formatValue } from "../promql/format-value.ts";
import { signatureOf } from "../promql/signatures.ts";

/** The node of an expression that was checked; `text` is what it was parsed from. Times are milliseconds. */
export function parsedQuery(expr: Expr, text: string): Record<string, unknown> {
	const node = (inner: Expr): Record<string, unknown> => parsedQuery(inner, text);
	const literal = literalOf(expr, text);
	// A sign before a number is part of it, as Prometheus reads it.
	if (literal !== null) return { type: "numberLiteral", val: formatValue(literal.value) };
	switch (expr.kind) {
		case "number":
			return { type: "numberLiteral", val: formatValue(expr.value) };
		case "string":
			return { type: "stringLiteral", val: expr.value };
		case "paren":
			return { type: "parenExpr", expr: node(expr.inner) };
		case "unary":
			return { type: "unaryExpr", op: expr.op, expr: node(expr.operand) };
		case "selector":
			return { type: "vectorSelector", ...selectorOf(expr, text) };
		case "matrix":
			return { type: "matrixSelector", ...selectorOf(expr.selector, text), range: expr.rangeMs };
		case "subquery": {
			const { inner, rangeMs, stepMs } = expr;
			return {
				type: "subquery",
				expr: node(inner),
				range: rangeMs,
				step: stepMs ?? 0,
				...shiftOf(expr),
				alignEvalTime: false,
			};
		}
		case "call":
			return { type: "call", func: functionOf(expr), args: expr.args.map(node) };
		case "aggregate":
			return {
				type: "aggregation",
				op: expr.op,
				expr: node(expr.operand),
				param: expr.parameter === null ? null : node(expr.parameter),
				grouping: expr.grouping.labels,
				without: expr.grouping.without,
			};
		case "binary":
			return {
				type: "binaryExpr",
				op: expr.op,
				lhs: node(expr.left),
				rhs: node(expr.right),
				matching: matchingOf(expr),
				bool: expr.bool,
			};
	}
}

function selectorOf(selector: VectorSelector, text: string): Record<string, unknown> {
	const name = nameBefore(selector, text);
	// Prometheus keeps the matcher of a name before the braces behind those within.
	const [first, ...rest] = selector.matchers;
	const matchers = name === "" || first === undefined ? selector.matchers : [...rest, first];
	return { name, matchers: matchers.map(matcherOf), ...shiftOf(selector), anchored: false, smoothed: false };
}

function matcherOf({ name, op, value }: Matcher): Record<string, unknown> {
	return { name, value, type: op };
}

function shiftOf({ offsetMs, at }: Shift): Record<string, unknown> {
	return {
		offset: offsetMs ?? 0,
		timestamp: at?.kind === "time" ? at.ms : null,
		startOrEnd: at === null || at.kind === "time" ? null : at.kind,
	};
}

function functionOf({ name }: Call): Record<string, unknown> {
	const signature = signatureOf(name);
	if (signature === null) return { name, argTypes: [], variadic: 0, returnType: "none" };
	const { args, optional, repeats, returns } = signature;
	return { name, argTypes: args, variadic: repeats ? -1 : optional, returnType: returns };
}

/** How the sides of an operator are matched: null unless both are vectors. */
function matchingOf({ op, left, right, matching }: Binary): Record<string, unknown> | null {
	if (!isVector(left) || !isVector(right)) return null;
	const { on, labels, group, include } = matching ?? { on: false, labels: [], group: "none", include: [] };
	const cards = { none: isSet(op) ? "many-to-many" : "one-to-one", left: "many-to-one", right: "one-to-many" } as const;
	return { card: cards[group], labels, on, include, fillValues: { lhs: null, rhs: null } };
}

function isVector(expr: Expr): boolean {
	const type = typeOf(expr);
	return type.ok && type.value === "vector";
}
