/** absent and absent_over_time: one series where there is none, labelled with what was asked for. */
import type { Labels } from "../../model/labels.ts";
import { type Expr, unwrap } from "../ast.ts";
import { ABSENT, type Column, newColumn, setFloat } from "../column.ts";
import { NAME } from "../labels.ts";

/** A column that is 1 at the steps at which none of `columns` is present. */
export function absentColumn(argument: Expr, columns: readonly Column[], steps: number): Column {
	const column = newColumn(labelsOf(unwrap(argument)), steps);
	for (let step = 0; step < steps; step++) {
		if (columns.every(({ present }) => present[step] === ABSENT)) setFloat(column, step, 1);
	}
	return column;
}

/** Labels that the selector fixes by exactly one `=`; of any other expression none are known. */
function labelsOf(argument: Expr): Labels {
	const selector = argument.kind === "matrix" ? argument.selector : argument;
	if (selector.kind !== "selector") return {};
	const fixed = new Map<string, string>();
	const seen = new Set<string>();
	for (const { name, op, value } of selector.matchers) {
		if (name === NAME) continue;
		if (op === "=" && !seen.has(name)) fixed.set(name, value);
		else fixed.delete(name);
		if (op === "=") seen.add(name);
	}
	return Object.fromEntries([...fixed].filter(([, value]) => value !== ""));
}
