/** When an expression is evaluated, and how far it looks back. */
import type { Grid } from "./column.ts";

/** The times of an evaluation. */
export type Times = {
	readonly grid: Grid;
	/** Of the whole query, for `@ start()` and `@ end()`, within subqueries too. */
	readonly queryStartMs: number;
	readonly queryEndMs: number;
	readonly lookbackMs: number;
	readonly subqueryStepMs: number;
};
