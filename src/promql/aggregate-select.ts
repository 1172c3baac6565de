/** Aggregations that keep series or make new ones by value: topk, bottomk, count_values. */
import { err, ok, type Result } from "../lib/result.ts";
import { labelsKey } from "../model/labels.ts";
import { formatFloat } from "../template/float.ts";
import type { Group } from "./aggregate.ts";
import type { Budget } from "./budget.ts";
import { ABSENT, type Column, copyStep, FLOAT, newColumn, setFloat } from "./column.ts";
import { executionFailure, type QueryFailure } from "./failure.ts";
import { formatValue } from "./format-value.ts";
import { withLabel } from "./labels.ts";

/** Prometheus makes an int64 of the parameter. */
const INT64_EDGE = 2 ** 63;

type Picked = { readonly column: Column; readonly value: number };

/** The `limits[step]` highest (or lowest) series of each group, with their own labels. NaN counts as worst. */
export function selectExtremes(
	groups: readonly Group[],
	limits: Float64Array,
	descending: boolean,
	budget: Budget,
): Result<readonly Column[], QueryFailure> {
	if (limits.every((limit) => limit < 1)) return ok([]);
	if (limits.some(Number.isNaN)) return err(executionFailure("Parameter value is NaN"));
	const far = limits.find((limit) => !(Math.abs(limit) < INT64_EDGE));
	if (far !== undefined) {
		const number = formatFloat(far, "g", "shortest");
		return err(executionFailure(`Scalar value ${number} ${far < 0 ? "underflows" : "overflows"} int64`));
	}
	const result: Column[] = [];
	for (const { columns } of groups) {
		if (!budget.visit(columns.length * limits.length)) return err(budget.failure());
		const kept = new Map<Column, Column>();
		for (let step = 0; step < limits.length; step++) {
			for (const { column } of best(columns, step, Math.trunc(limits[step] as number), descending)) {
				const copy = kept.get(column) ?? newColumn(column.labels, limits.length);
				kept.set(column, copy);
				copyStep(column, copy, step);
			}
		}
		// Insertion order is rank order, which an instant query shows.
		result.push(...kept.values());
	}
	return ok(result);
}

/** count_values: how many series of each group have each value, which becomes a label. */
export function countValues(
	groups: readonly Group[],
	label: string,
	steps: number,
	budget: Budget,
): Result<readonly Column[], QueryFailure> {
	const counted = new Map<string, Column>();
	for (const { labels, columns } of groups) {
		for (const column of columns) {
			for (let step = 0; step < steps; step++) {
				if (column.present[step] !== FLOAT) continue;
				const own = withLabel(labels, label, formatValue(column.values[step] as number));
				const key = labelsKey(own);
				let into = counted.get(key);
				if (into === undefined) {
					if (!budget.hold(steps)) return err(budget.failure());
					into = newColumn(own, steps);
					counted.set(key, into);
				}
				setFloat(into, step, (into.present[step] === ABSENT ? 0 : (into.values[step] as number)) + 1);
			}
		}
	}
	// Held by the caller from here on.
	budget.release(counted.size * steps);
	return ok([...counted.values()]);
}

function best(columns: readonly Column[], step: number, limit: number, descending: boolean): readonly Picked[] {
	if (limit < 1) return [];
	const picked: Picked[] = [];
	for (const column of columns) {
		if (column.present[step] === FLOAT) picked.push({ column, value: column.values[step] as number });
	}
	// The sort is stable: of equals the first stays.
	picked.sort((a, b) => {
		if (Number.isNaN(a.value) || Number.isNaN(b.value))
			return Number(Number.isNaN(a.value)) - Number(Number.isNaN(b.value));
		return descending ? b.value - a.value || 0 : a.value - b.value || 0;
	});
	return picked.slice(0, limit);
}
