/** Which series an expression asks for, and over which time. Pure: asks nobody. */
import type { Matcher } from "../model/matcher.ts";
import { type At, childrenOf, type Expr } from "./ast.ts";

/** One selector as it is written. */
export type SelectorInfo = {
	/** The metric that it names by `=`, or null when it is found by other matchers alone. */
	readonly name: string | null;
	readonly matchers: readonly Matcher[];
	/** Null: an instant selector. */
	readonly rangeMs: number | null;
	readonly offsetMs: number;
	readonly at: At | null;
};

/** All selectors of an expression, in the order in which they are written. */
export function selectorsOf(expr: Expr, rangeMs: number | null = null): readonly SelectorInfo[] {
	if (expr.kind === "selector") {
		const name = expr.matchers.find((matcher) => matcher.name === "__name__" && matcher.op === "=")?.value ?? null;
		return [{ name, matchers: expr.matchers, rangeMs, offsetMs: expr.offsetMs ?? 0, at: expr.at }];
	}
	return childrenOf(expr).flatMap((child) => selectorsOf(child, expr.kind === "matrix" ? expr.rangeMs : null));
}
