/** The tree of an expression. Offsets point into the text it was parsed from, so that every complaint has a place. */
import type { Matcher } from "../model/matcher.ts";

/** Where a node stands in the text: UTF-16 offsets, `to` excluded. */
export type Span = { readonly from: number; readonly to: number };

export type ValueType = "scalar" | "vector" | "matrix" | "string";

/** `@`: a fixed time, or the start or end of the whole query. */
export type At = { readonly kind: "time"; readonly ms: number } | { readonly kind: "start" } | { readonly kind: "end" };

/** The modifiers behind a selector or subquery. A negative offset looks forward. */
export type Shift = { readonly offsetMs: number | null; readonly at: At | null };

export type NumberLiteral = Span & { readonly kind: "number"; readonly value: number };
export type StringLiteral = Span & { readonly kind: "string"; readonly value: string };
export type Paren = Span & { readonly kind: "paren"; readonly inner: Expr };
export type Unary = Span & { readonly kind: "unary"; readonly op: "+" | "-"; readonly operand: Expr };
export type VectorSelector = Span & { readonly kind: "selector"; readonly matchers: readonly Matcher[] } & Shift;
export type MatrixSelector = Span & {
	readonly kind: "matrix";
	/** Carries the modifiers. */
	readonly selector: VectorSelector;
	readonly rangeMs: number;
};
export type Subquery = Span & {
	readonly kind: "subquery";
	readonly inner: Expr;
	readonly rangeMs: number;
	/** Null: the default step. */
	readonly stepMs: number | null;
} & Shift;
export type Call = Span & { readonly kind: "call"; readonly name: string; readonly args: readonly Expr[] };

export type AggregateOp =
	| "sum"
	| "avg"
	| "min"
	| "max"
	| "count"
	| "group"
	| "stddev"
	| "stdvar"
	| "topk"
	| "bottomk"
	| "quantile"
	| "count_values";
export type Grouping = { readonly without: boolean; readonly labels: readonly string[] };
export type Aggregate = Span & {
	readonly kind: "aggregate";
	readonly op: AggregateOp;
	readonly parameter: Expr | null;
	readonly operand: Expr;
	readonly grouping: Grouping;
};

export type ArithmeticOp = "+" | "-" | "*" | "/" | "%" | "^" | "atan2";
export type CompareOp = "==" | "!=" | ">" | "<" | ">=" | "<=";
export type SetOp = "and" | "or" | "unless";
export type BinaryOp = ArithmeticOp | CompareOp | SetOp;
export type Matching = {
	/** True: `on`, false: `ignoring`, which is the default, of nothing. */
	readonly on: boolean;
	readonly labels: readonly string[];
	/** Which side may have several series a match. */
	readonly group: "none" | "left" | "right";
	/** Labels that are copied over from the side of one. */
	readonly include: readonly string[];
};
export type Binary = Span & {
	readonly kind: "binary";
	readonly op: BinaryOp;
	readonly left: Expr;
	readonly right: Expr;
	readonly bool: boolean;
	/** Null when nothing was written. */
	readonly matching: Matching | null;
};

export type Expr =
	| NumberLiteral
	| StringLiteral
	| Paren
	| Unary
	| VectorSelector
	| MatrixSelector
	| Subquery
	| Call
	| Aggregate
	| Binary;

/** The operands of a node, in the order in which they are written. */
export function childrenOf(expr: Expr): readonly Expr[] {
	switch (expr.kind) {
		case "number":
		case "string":
		case "selector":
			return [];
		case "matrix":
			return [expr.selector];
		case "paren":
		case "subquery":
			return [expr.inner];
		case "unary":
			return [expr.operand];
		case "call":
			return expr.args;
		case "aggregate":
			return expr.parameter === null ? [expr.operand] : [expr.parameter, expr.operand];
		case "binary":
			return [expr.left, expr.right];
	}
}

/** The node without the parentheses around it. */
export function unwrap(expr: Expr): Expr {
	let inner = expr;
	while (inner.kind === "paren") inner = inner.inner;
	return inner;
}

export function isCompare(op: BinaryOp): op is CompareOp {
	return op === "==" || op === "!=" || op === ">" || op === "<" || op === ">=" || op === "<=";
}

export function isSet(op: BinaryOp): op is SetOp {
	return op === "and" || op === "or" || op === "unless";
}
