/** Asks the querier for everything an expression needs, side by side, before anything is evaluated. */
import { err, ok, type Result } from "../lib/result.ts";
import { childrenOf, type Expr, type VectorSelector } from "./ast.ts";
import type { Budget } from "./budget.ts";
import { type Context, lastMs, shiftGrid, subqueryGrid } from "./context.ts";
import type { QueryFailure } from "./failure.ts";
import type { Querier, SeriesData } from "./querier.ts";

type Times = Pick<Context, "grid" | "queryStartMs" | "queryEndMs" | "lookbackMs" | "subqueryStepMs">;
type Need = { readonly selector: VectorSelector; readonly startMs: number; readonly endMs: number };

export type Fetched = {
	readonly data: ReadonlyMap<VectorSelector, readonly SeriesData[]>;
	readonly missing: readonly string[];
	readonly selectors: { readonly total: number; readonly empty: number };
};

/** The data of every selector of `expr`. Selectors that ask for the same are asked once. */
export async function fetchSeries(
	expr: Expr,
	querier: Querier,
	times: Times,
	budget: Budget,
): Promise<Result<Fetched, QueryFailure>> {
	const needs = needsOf(expr, times, null);
	const asked = new Map<string, Promise<readonly SeriesData[]>>();
	const data = new Map<VectorSelector, readonly SeriesData[]>();
	let samples = 0;
	let empty = 0;
	try {
		const answers = needs.map(({ selector, startMs, endMs }) => {
			const key = JSON.stringify([selector.matchers, startMs, endMs]);
			const answer = asked.get(key) ?? querier.select(selector.matchers, startMs, endMs);
			asked.set(key, answer);
			return answer;
		});
		for (const [i, series] of (await Promise.all(answers)).entries()) {
			const { selector, startMs, endMs } = needs[i] as Need;
			data.set(selector, series);
			if (!series.some((one) => holdsSample(one, startMs, endMs))) empty++;
			for (const { timestampsMs } of series) samples += timestampsMs.length;
		}
	} catch (error) {
		return err({
			code: "storage",
			reason: `the series could not be read: ${error instanceof Error ? error.message : error}`,
		});
	}
	if (!budget.visit(samples)) return err(budget.failure());
	return ok({ data, missing: querier.missing?.() ?? [], selectors: { total: needs.length, empty } });
}

/** Walks the tree as the evaluation will, and notes which samples each selector will read. */
function needsOf(expr: Expr, times: Times, rangeMs: number | null): readonly Need[] {
	if (expr.kind === "selector") {
		const grid = shiftGrid(expr, times);
		// Left-open: a sample at the very start of the window is outside.
		return [{ selector: expr, startMs: grid.startMs - (rangeMs ?? times.lookbackMs) + 1, endMs: lastMs(grid) }];
	}
	const inner = expr.kind === "subquery" ? { ...times, grid: subqueryGrid(expr, times) } : times;
	const range = expr.kind === "matrix" ? expr.rangeMs : null;
	return childrenOf(expr).flatMap((child) => needsOf(child, inner, range));
}

function holdsSample({ timestampsMs }: SeriesData, startMs: number, endMs: number): boolean {
	return timestampsMs.some((timeMs) => timeMs >= startMs && timeMs <= endMs);
}
