/** Answers of one metric over one window: all series together, each alone, or grouped by labels. */
import { ByteWriter } from "../lib/bytes.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type Failure, invalid } from "../model/errors.ts";
import { type Labels, type LabelsKey, labelsKey, labelsOfKey } from "../model/labels.ts";
import { compileMatchers, type LabelTest, labelValue } from "../model/matcher.ts";
import type { MetricKind } from "../model/metric.ts";
import type { GroupBy, GroupSummary, Summary, SummaryRequest } from "../model/summary.ts";
import type { Cell } from "./cell.ts";
import { newCell } from "./cell-kinds.ts";
import type { History } from "./history.ts";
import type { Series } from "./series-table.ts";
import { SketchCell } from "./sketch-cell.ts";
import type { Scope } from "./timeline.ts";
import { windowStartMs } from "./window.ts";

/** Which series are meant, and the group that each belongs to. */
export type Grouping = { readonly scope: Scope; readonly keyOf: (series: Series) => LabelsKey | null };

/** One window, summed up. */
export function summarise(
	history: History,
	name: string,
	request: SummaryRequest,
	nowMs: number,
): Result<Summary, Failure> {
	const fromMs = windowStartMs(request.windowMs, nowMs);
	const grouping = groupingOf(history, request.by, request.matchers, fromMs);
	if (!grouping.ok) return grouping;
	const window = history.windows.get(grouping.value.scope, request.windowMs, nowMs, () => {});
	const groups = new Map<LabelsKey, Cell>();
	for (const [id, cell] of window.cells) {
		const key = grouping.value.scope === "total" ? "[]" : keyOfId(history, grouping.value, id);
		if (key !== null) addToGroup(groups, key, cell, request.by, history.kind);
	}
	// Without any sample the sum over all is still an answer: nothing happened.
	if (request.by.kind === "all" && groups.size === 0) groups.set("[]", newCell(history.kind));
	const seconds = Math.max(1, nowMs - fromMs) / 1000;
	const { unit } = history.metric;
	return ok({
		name,
		kind: history.kind,
		unit,
		fromMs,
		toMs: nowMs,
		groups: [...groups].map(([key, cell]) => groupSummary(labelsOfKey(key), cell, request, history.kind, seconds)),
		missing: [],
	});
}

/** The whole metric reads its totals; anything narrower has to look at its series. */
export function groupingOf(
	history: History,
	by: GroupBy,
	matchers: SummaryRequest["matchers"],
	fromMs: number,
): Result<Grouping, Failure> {
	const test = compileMatchers(matchers);
	if (!test.ok) return err(invalid("match", test.failure));
	const areTotalsGood = fromMs >= history.metric.totals_from_ms;
	if (by.kind === "all" && matchers.length === 0 && areTotalsGood) return ok({ scope: "total", keyOf: () => "[]" });
	return ok({ scope: "series", keyOf: keyFunction(by, test.value) });
}

/** The group of a series id, or null: it is not meant, or was forgotten. */
export function keyOfId(history: History, grouping: Grouping, id: number): LabelsKey | null {
	const series = history.series.get(id);
	return series === undefined ? null : grouping.keyOf(series);
}

/** The answer of one group. */
export function groupSummary(
	labels: Labels,
	cell: Cell,
	request: Pick<SummaryRequest, "quantiles" | "sketches">,
	kind: MetricKind,
	seconds: number,
): GroupSummary {
	const isEmpty = cell.count === 0;
	return {
		labels,
		count: cell.count,
		sum: cell.sum,
		min: isEmpty ? Number.NaN : cell.min,
		max: isEmpty ? Number.NaN : cell.max,
		ratePerS: (kind === "counter" ? cell.sum : cell.count) / seconds,
		last: cell.last,
		lastMs: cell.lastMs,
		quantiles:
			cell instanceof SketchCell ? cell.sketch.quantiles(request.quantiles) : request.quantiles.map(() => Number.NaN),
		sketch: request.sketches ? encodedSketch(cell) : null,
	};
}

/** The sketch of a cell for another object to merge; null for kinds without one. */
export function encodedSketch(cell: Cell): Uint8Array | null {
	if (!(cell instanceof SketchCell)) return null;
	const writer = new ByteWriter(512);
	cell.encode(writer, 0);
	return writer.finish();
}

function addToGroup(groups: Map<LabelsKey, Cell>, key: LabelsKey, cell: Cell, by: GroupBy, kind: MetricKind): void {
	const group = groups.get(key);
	// A group of one series is that series' own cell: most groups are, and a copy would cost more than the answer.
	if (group === undefined && by.kind === "series") groups.set(key, cell);
	else if (group === undefined || by.kind === "series") {
		const sum = newCell(kind);
		if (group !== undefined) sum.merge(group);
		sum.merge(cell);
		groups.set(key, sum);
	} else group.merge(cell);
}

function keyFunction(by: GroupBy, test: LabelTest): (series: Series) => LabelsKey | null {
	const memo = new Map<number, LabelsKey | null>();
	return (series) => {
		const known = memo.get(series.id);
		if (known !== undefined) return known;
		const key = test(series.labels) ? groupKey(by, series) : null;
		memo.set(series.id, key);
		return key;
	};
}

function groupKey(by: GroupBy, series: Series): LabelsKey {
	if (by.kind === "all") return "[]";
	if (by.kind === "series") return series.key;
	return labelsKey(Object.fromEntries(by.names.map((name) => [name, labelValue(series.labels, name)])));
}
