/** Aggregations that make one series of each group: sum, avg, min, max, count, group, stddev, stdvar, quantile. */
import type { Labels } from "../model/labels.ts";
import { labelsKey } from "../model/labels.ts";
import type { AggregateOp, Grouping } from "./ast.ts";
import { ABSENT, type Column, FLOAT, HISTOGRAM, newColumn, setFloat, setHistogram } from "./column.ts";
import { addScaled, scale } from "./histogram.ts";
import { meanOf, quantileOfSorted, Sum, sortNumbers, variance } from "./kahan.ts";
import { groupLabels } from "./labels.ts";

export type Group = { readonly labels: Labels; readonly columns: Column[] };

/** Floats of one step of one group, in a buffer that is used again: read it before the next step. */
type Reduce = (values: Float64Array, step: number) => number;

/** The groups of an aggregation, in order of first appearance. */
export function groupColumns(columns: readonly Column[], grouping: Grouping): readonly Group[] {
	const groups = new Map<string, Group>();
	for (const column of columns) {
		const labels = groupLabels(column.labels, grouping.labels, grouping.without);
		const key = labelsKey(labels);
		const group = groups.get(key);
		if (group === undefined) groups.set(key, { labels, columns: [column] });
		else group.columns.push(column);
	}
	return [...groups.values()];
}

/** One column a group. `parameter` has the quantile of each step; `mixed` hears of floats and distributions in one sum. */
export function aggregate(
	op: AggregateOp,
	groups: readonly Group[],
	steps: number,
	parameter: Float64Array,
	mixed: () => void,
): Column[] {
	return groups.map((group) => {
		if (op === "sum" || op === "avg") return sumGroup(group, steps, op === "avg", mixed);
		if (op === "count" || op === "group") return countGroup(group, steps, op === "group");
		return reduceGroup(group, steps, reduction(op, parameter));
	});
}

function reduction(op: AggregateOp, parameter: Float64Array): Reduce {
	switch (op) {
		case "min":
			return (values) => values.reduce((least, value) => (value < least || Number.isNaN(least) ? value : least));
		case "max":
			return (values) => values.reduce((most, value) => (value > most || Number.isNaN(most) ? value : most));
		case "stdvar":
			return (values) => variance(values, 0, values.length);
		case "stddev":
			return (values) => Math.sqrt(variance(values, 0, values.length));
		default:
			return (values, step) => quantileOfSorted(parameter[step] as number, sortNumbers(values));
	}
}

function reduceGroup({ labels, columns }: Group, steps: number, reduce: Reduce): Column {
	const result = newColumn(labels, steps);
	const buffer = new Float64Array(columns.length);
	for (let step = 0; step < steps; step++) {
		const count = gather(columns, step, buffer);
		if (count > 0) setFloat(result, step, reduce(buffer.subarray(0, count), step));
	}
	return result;
}

function countGroup({ labels, columns }: Group, steps: number, isGroup: boolean): Column {
	const result = newColumn(labels, steps);
	for (const { present } of columns) {
		for (let step = 0; step < steps; step++) {
			if (present[step] === ABSENT) continue;
			setFloat(result, step, isGroup ? 1 : (result.values[step] as number) + 1);
		}
	}
	return result;
}

function sumGroup(group: Group, steps: number, isAverage: boolean, mixed: () => void): Column {
	const result = newColumn(group.labels, steps);
	const buffer = new Float64Array(group.columns.length);
	const withHistograms = group.columns.filter((column) => column.histograms !== null);
	for (let step = 0; step < steps; step++) {
		const floats = gather(group.columns, step, buffer);
		const histograms = withHistograms.filter((column) => column.present[step] === HISTOGRAM).length;
		if (floats > 0 && histograms > 0) mixed();
		else if (histograms > 0) sumHistograms(result, withHistograms, step, isAverage ? 1 / histograms : 1);
		else if (floats > 0) setFloat(result, step, isAverage ? meanOf(buffer, 0, floats) : sumOf(buffer, floats));
	}
	return result;
}

function sumHistograms(result: Column, columns: readonly Column[], step: number, factor: number): void {
	let sum = null;
	for (const { histograms, present } of columns) {
		const histogram = present[step] === HISTOGRAM ? (histograms?.[step] ?? null) : null;
		if (histogram !== null) sum = sum === null ? histogram : addScaled(sum, histogram, 1);
	}
	if (sum !== null) setHistogram(result, step, factor === 1 ? sum : scale(sum, factor));
}

function sumOf(values: Float64Array, count: number): number {
	const sum = new Sum();
	for (let i = 0; i < count; i++) sum.add(values[i] as number);
	return sum.value;
}

/** The floats of one step; answers how many. */
function gather(columns: readonly Column[], step: number, into: Float64Array): number {
	let count = 0;
	for (const { present, values } of columns) {
		if (present[step] === FLOAT) into[count++] = values[step] as number;
	}
	return count;
}
