/** A metric over time, for plots: one cell a group and step, from the widest slots that still fit into a step. */
import { err, ok, type Result } from "../lib/result.ts";
import type { Failure } from "../model/errors.ts";
import { type LabelsKey, labelsOfKey } from "../model/labels.ts";
import { FINE_SLOT_MS, HOUR_MS, MINUTE_MS, POINTS_PER_SERIES_MAX, RANGE_CELLS_MAX } from "../model/limits.ts";
import type { Range, RangeGroup, RangeRequest } from "../model/summary.ts";
import { absorb, type Cell } from "./cell.ts";
import { newCell } from "./cell-kinds.ts";
import type { History } from "./history.ts";
import { SketchCell } from "./sketch-cell.ts";
import { encodedSketch, groupingOf, keyOfId } from "./summarise.ts";
import { floorTo } from "./timeline.ts";

/**
 * A slot counts for the step in which it begins; the first step begins on an edge of the slots that fit into a step, so that no
 * sample counts for a step that ended before it. Only where wider slots are all that is left of that time it may.
 */
export function overTime(history: History, name: string, request: RangeRequest, nowMs: number): Result<Range, Failure> {
	const { endMs, stepMs } = request;
	const widthMs = [HOUR_MS, MINUTE_MS].find((width) => stepMs % width === 0) ?? FINE_SLOT_MS;
	const startMs = floorTo(request.startMs, widthMs);
	const steps = Math.ceil((endMs - startMs) / stepMs);
	if (!(steps >= 1 && steps <= POINTS_PER_SERIES_MAX)) {
		return err({ code: "too_large", what: "points of one series", limit: POINTS_PER_SERIES_MAX, got: steps });
	}
	const grouping = groupingOf(history, request.by, request.matchers, startMs);
	if (!grouping.ok) return grouping;
	const groups = new Map<LabelsKey, (Cell | null)[]>();
	let cells = 0;
	history.timeline.scan(grouping.value.scope, startMs, endMs, widthMs, nowMs, (slotMs, _width, id, source) => {
		const key = grouping.value.scope === "total" ? "[]" : keyOfId(history, grouping.value, id);
		// The first slot of a run may begin before the interval, when only hours are left of that time.
		const step = Math.floor((Math.max(slotMs, startMs) - startMs) / stepMs);
		if (key === null || step >= steps || cells > RANGE_CELLS_MAX) return false;
		const row = rowOf(groups, key, steps);
		let cell = row[step] ?? null;
		if (cell === null) {
			cell = newCell(history.kind);
			row[step] = cell;
			cells++;
		}
		absorb(cell, source);
		return true;
	});
	if (cells > RANGE_CELLS_MAX)
		return err({ code: "too_large", what: "points of all series", limit: RANGE_CELLS_MAX, got: cells });
	const timesMs = Float64Array.from({ length: steps }, (_, i) => Math.min(endMs, startMs + (i + 1) * stepMs));
	return ok({
		name,
		kind: history.kind,
		unit: history.metric.unit,
		timesMs,
		groups: [...groups].map(([key, row]) => rangeGroup(key, row, request)),
		missing: [],
	});
}

function rowOf(groups: Map<LabelsKey, (Cell | null)[]>, key: LabelsKey, steps: number): (Cell | null)[] {
	let row = groups.get(key);
	if (row === undefined) {
		row = new Array<Cell | null>(steps).fill(null);
		groups.set(key, row);
	}
	return row;
}

function rangeGroup(key: LabelsKey, row: readonly (Cell | null)[], request: RangeRequest): RangeGroup {
	const column = (read: (cell: Cell) => number) =>
		Float64Array.from(row, (cell) => (cell === null ? Number.NaN : read(cell)));
	const atStep = row.map((cell) => (cell instanceof SketchCell ? cell.sketch.quantiles(request.quantiles) : null));
	return {
		labels: labelsOfKey(key),
		counts: Float64Array.from(row, (cell) => cell?.count ?? 0),
		sums: column((cell) => cell.sum),
		mins: column((cell) => cell.min),
		maxs: column((cell) => cell.max),
		quantiles: request.quantiles.map((_, i) => Float64Array.from(atStep, (found) => found?.[i] ?? Number.NaN)),
		sketches: request.sketches ? row.map((cell) => (cell === null ? null : encodedSketch(cell))) : null,
	};
}
