/**
 * Which parts of an expression may be evaluated where their series are, so that a thousand series need not travel to be summed, and
 * which of them series by series. Pure.
 */
import { type AggregateOp, childrenOf, type Expr, isSet, type VectorSelector } from "./ast.ts";
import type { Part } from "./querier.ts";

/** What is summed of sums, counted of counts, the greatest of the greatest: these can be made of parts. */
const SPLIT: ReadonlySet<AggregateOp> = new Set(["sum", "avg", "min", "max", "count", "group", "topk", "bottomk"]);
/** They look at more than one series, or make two of the same labels out of them. */
const OF_MANY = new Set(
	"absent absent_over_time scalar sort sort_desc histogram_quantile histogram_fraction label_replace label_join".split(
		" ",
	),
);

/** The part that a node is; null: it has to be evaluated with what is selected. */
export function partOf(expr: Expr): Part | null {
	if (expr.kind === "aggregate" || expr.kind === "selector") return nameOf(expr) === null ? null : expr;
	const hasRange = expr.kind === "call" && expr.args.some(({ kind }) => kind === "matrix" || kind === "subquery");
	return expr.kind === "call" && hasRange && nameOf(expr) !== null && canSplit(expr) ? expr : null;
}

/** Whether each series counts for itself until all are put together, so that it does not matter which are looked at together. */
export function canSplit(expr: Part): boolean {
	if (selectorsIn(expr).length !== 1) return false;
	if (expr.kind !== "aggregate") return isOfOne(expr);
	const isConstant = expr.parameter === null || selectorsIn(expr.parameter).length === 0;
	return SPLIT.has(expr.op) && isConstant && isOfOne(expr.operand);
}

/** The name that all selectors of an expression ask for by `=`; null: they ask for several, or in other ways. */
export function nameOf(expr: Expr): string | null {
	const names = new Set(selectorsIn(expr).map(({ matchers }) => exactName(matchers)));
	const [name = null] = names;
	return names.size === 1 ? name : null;
}

/** All selectors below a node. */
export function selectorsIn(expr: Expr): readonly VectorSelector[] {
	return expr.kind === "selector" ? [expr] : childrenOf(expr).flatMap(selectorsIn);
}

function exactName(matchers: VectorSelector["matchers"]): string | null {
	const named = matchers.filter(({ name }) => name === "__name__");
	return named.length === 1 && named[0]?.op === "=" ? named[0].value : null;
}

function isOfOne(expr: Expr): boolean {
	switch (expr.kind) {
		case "number":
		case "string":
		case "selector":
		case "matrix":
			return true;
		case "paren":
		case "subquery":
			return isOfOne(expr.inner);
		case "unary":
			return isOfOne(expr.operand);
		case "call":
			return !OF_MANY.has(expr.name) && expr.args.every(isOfOne);
		case "binary":
			return !isSet(expr.op) && isOfOne(expr.left) && isOfOne(expr.right) && isWithNumber(expr.left, expr.right);
		case "aggregate":
			return false;
	}
}

/** One side without a series of its own. */
function isWithNumber(left: Expr, right: Expr): boolean {
	return [left, right].some((side) => selectorsIn(side).length === 0);
}
