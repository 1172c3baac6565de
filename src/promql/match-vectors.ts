/** Operators between two vectors: which series meet, and Prometheus' errors where more than one could. */
import { err, ok, type Result } from "../lib/result.ts";
import { type Labels, labelsKey } from "../model/labels.ts";
import { labelValue } from "../model/matcher.ts";
import type { Binary, Matching } from "./ast.ts";
import { isCompare } from "./ast.ts";
import { combineElements } from "./binary-elements.ts";
import { ABSENT, type Column, isEmpty, merge, newColumn } from "./column.ts";
import type { Context } from "./context.ts";
import { executionFailure, type QueryFailure } from "./failure.ts";
import { dropName, groupLabels, labelsText, only, withLabel, without } from "./labels.ts";

const EVERYTHING: Matching = { on: false, labels: [], group: "none", include: [] };

/** Arithmetic and comparison between vectors, one-to-one or with a group. */
export function matchVectors(
	expr: Binary,
	left: readonly Column[],
	right: readonly Column[],
	context: Context,
): Result<readonly Column[], QueryFailure> {
	const matching = expr.matching ?? EVERYTHING;
	const swapped = matching.group === "right";
	const many = swapped ? right : left;
	const one = bySignature(swapped ? left : right, matching);
	const double = findDouble(one, many, matching, swapped ? "left" : "right", context.grid.steps);
	if (double !== null) return err(executionFailure(double));
	const results: Column[] = [];
	for (const [signature, columns] of bySignature(many, matching)) {
		const partners = one.get(signature) ?? [];
		// Which steps of this match have a result already: one-to-one allows one.
		const taken = new Uint8Array(context.grid.steps);
		for (const column of columns) {
			for (const partner of partners) {
				if (!context.budget.visit(context.grid.steps)) return err(context.budget.failure());
				const result = newColumn(resultLabels(expr, matching, column.labels, partner.labels), context.grid.steps);
				combineElements(expr, swapped ? partner : column, swapped ? column : partner, result, context);
				// Told even where a comparison leaves one of them alone: whether a query fails must not hang on the values.
				if (matching.group === "none" && overlaps(taken, column.present, partner.present)) {
					const reason = "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)";
					return err(executionFailure(reason));
				}
				if (!isEmpty(result)) results.push(result);
			}
		}
	}
	const merged = merge(results);
	if (merged.ok || matching.group === "none") return merged;
	return err(executionFailure("multiple matches for labels: grouping labels must ensure unique matches"));
}

/** and, or, unless: whole series of the left or right side, at the steps at which the other side has or lacks a match. */
export function combineSets(
	expr: Binary,
	left: readonly Column[],
	right: readonly Column[],
	steps: number,
): Result<readonly Column[], QueryFailure> {
	const matching = expr.matching ?? EVERYTHING;
	if (expr.op !== "or") {
		const there = presence(right, matching, steps);
		const wanted = expr.op === "and";
		return ok(left.map((column) => masked(column, there.get(signatureOf(column.labels, matching)), wanted)));
	}
	const there = presence(left, matching, steps);
	const added = right.map((column) => masked(column, there.get(signatureOf(column.labels, matching)), false));
	return merge([...left, ...added]);
}

function signatureOf(labels: Labels, { on, labels: names }: Matching): string {
	return labelsKey(groupLabels(labels, names, !on));
}

function bySignature(columns: readonly Column[], matching: Matching): ReadonlyMap<string, readonly Column[]> {
	const found = new Map<string, Column[]>();
	for (const column of columns) {
		const signature = signatureOf(column.labels, matching);
		const group = found.get(signature);
		if (group === undefined) found.set(signature, [column]);
		else group.push(column);
	}
	return found;
}

/** The sentence about two series of the side of one that would both match at the same step, or null. */
function findDouble(
	one: ReadonlyMap<string, readonly Column[]>,
	many: readonly Column[],
	matching: Matching,
	side: "left" | "right",
	steps: number,
): string | null {
	for (const columns of one.values()) {
		for (let step = 0; columns.length > 1 && step < steps; step++) {
			const [first, second] = columns.filter(({ present }) => present[step] !== ABSENT);
			// Without anything on the other side Prometheus does not look.
			if (first === undefined || second === undefined || many.every(({ present }) => present[step] === ABSENT))
				continue;
			const group = labelsText(
				matching.on ? only(first.labels, matching.labels) : without(dropName(first.labels), matching.labels),
			);
			return (
				`found duplicate series for the match group ${group} on the ${side} hand-side of the operation: ` +
				`[${labelsText(second.labels)}, ${labelsText(first.labels)}];many-to-many matching not allowed: ` +
				"matching labels must be unique on one side"
			);
		}
	}
	return null;
}

function resultLabels(expr: Binary, matching: Matching, many: Labels, one: Labels): Labels {
	let labels = isCompare(expr.op) && !expr.bool ? many : dropName(many);
	if (matching.group === "none") {
		labels = matching.on ? only(labels, matching.labels) : without(labels, matching.labels);
	}
	for (const name of matching.include) labels = withLabel(labels, name, labelValue(one, name));
	return labels;
}

/** Marks in `taken` the steps at which two series meet; true when one was marked before. */
function overlaps(taken: Uint8Array, left: Uint8Array, right: Uint8Array): boolean {
	let double = false;
	for (let step = 0; step < taken.length; step++) {
		if (left[step] === ABSENT || right[step] === ABSENT) continue;
		double ||= taken[step] === 1;
		taken[step] = 1;
	}
	return double;
}

/** For each signature the steps at which some series is present. */
function presence(columns: readonly Column[], matching: Matching, steps: number): ReadonlyMap<string, Uint8Array> {
	const found = new Map<string, Uint8Array>();
	for (const { labels, present } of columns) {
		const signature = signatureOf(labels, matching);
		const there = found.get(signature) ?? new Uint8Array(steps);
		found.set(signature, there);
		for (let step = 0; step < steps; step++) if (present[step] !== ABSENT) there[step] = 1;
	}
	return found;
}

/** The column at the steps at which `there` is (or, with `wanted` false, is not) set. */
function masked(column: Column, there: Uint8Array | undefined, wanted: boolean): Column {
	const present = column.present.map((state, step) => ((there?.[step] === 1) === wanted ? state : ABSENT));
	return { ...column, present };
}
