/** Where a cumulative view of PromQL has its points: the edges of the slots that are kept of a time. Pure. */
import { FINE_KEPT_MS, FINE_SLOT_MS, HOUR_MS, MINUTE_MS, SERIES_IDLE_MS } from "../model/limits.ts";
import type { SelectRequest } from "../model/metric-rpc.ts";
import type { Cell } from "./cell.ts";
import { oldestKeptMs } from "./plan.ts";
import type { Series } from "./series-table.ts";
import { oldestMinute } from "./storage.ts";
import { floorTo } from "./timeline.ts";

/**
 * The edges at which a cumulative view has its points: `firstMs + i * widthMs`, and after the last of them the end of `tail`: what
 * was recorded since then must not wait for the end of a wide slot to be seen.
 */
export type Grid = {
	readonly firstMs: number;
	readonly widthMs: number;
	readonly edges: number;
	readonly tail: Tail | null;
};
type Tail = { readonly fromMs: number; readonly toMs: number; readonly widthMs: number };

/** What happened in each slot of one series. */
export type Deltas = { readonly series: Series; readonly slots: Map<number, Cell> };

/** The width of the slots that are still kept of a time. */
export function widthAt(timeMs: number, nowMs: number): number {
	// One slot more than an hour: a window of an hour that ends a moment ago is still fine.
	if (timeMs >= nowMs - FINE_KEPT_MS - MINUTE_MS) return FINE_SLOT_MS;
	return timeMs >= oldestMinute(nowMs) * MINUTE_MS ? MINUTE_MS : HOUR_MS;
}

/** The grid of a request: as fine as what is kept of its beginning. */
export function gridOf(request: SelectRequest, nowMs: number): Grid {
	// What was before the oldest slot is in the total alone: a point there could not say when.
	const startMs = Math.max(request.startMs, oldestKeptMs(nowMs));
	const widthMs = widthAt(startMs, nowMs);
	const firstMs = floorTo(startMs, widthMs);
	const endMs = Math.min(request.endMs, floorTo(nowMs, widthMs) + widthMs);
	const edges = Math.max(0, Math.floor((endMs - firstMs) / widthMs) + 1);
	const tail = {
		fromMs: firstMs + (edges - 1) * widthMs,
		toMs: floorTo(Math.min(endMs, nowMs), widthMs === HOUR_MS ? MINUTE_MS : FINE_SLOT_MS),
		widthMs: widthMs === HOUR_MS ? MINUTE_MS : FINE_SLOT_MS,
	};
	const hasTail = tail.toMs > tail.fromMs && tail.fromMs >= Math.max(firstMs, oldestMinute(nowMs) * MINUTE_MS);
	return { firstMs, widthMs, edges, tail: hasTail ? tail : null };
}

/** The slot of the grid that a stored slot counts for. */
export function slotOf(grid: Grid, slotMs: number): number {
	if (grid.tail !== null && slotMs >= grid.tail.toMs) return grid.edges;
	return Math.min(grid.edges, Math.floor((slotMs - grid.firstMs) / grid.widthMs));
}

/** The time of an edge. */
export function edgeTimeMs(grid: Grid, edge: number): number {
	return edge === grid.edges && grid.tail !== null ? grid.tail.toMs : grid.firstMs + edge * grid.widthMs;
}

/** As `edgesOf`, by index into the times of all edges: of the first, and of the one behind the last. */
export function spanOf(
	request: SelectRequest,
	grid: Grid,
	series: Series,
	timesMs: Float64Array,
): readonly [from: number, to: number] {
	const bornMs = floorTo(series.firstMs, grid.widthMs);
	let from = 0;
	while (
		from < timesMs.length &&
		!((timesMs[from] as number) > request.startMs && (timesMs[from] as number) >= bornMs)
	) {
		from++;
	}
	let to = timesMs.length;
	const endMs = Math.min(request.endMs, series.lastMs + SERIES_IDLE_MS - 1);
	while (to > from && (timesMs[to - 1] as number) > endMs) to--;
	return [from, to];
}

/** The edges within (startMs, endMs] at which a series has a point: from its birth until it expires. */
export function edgesOf(request: SelectRequest, grid: Grid, series: Series): number[] {
	const bornMs = floorTo(series.firstMs, grid.widthMs);
	const edges: number[] = [];
	for (let edge = 0; edge < grid.edges + (grid.tail === null ? 0 : 1); edge++) {
		const timeMs = edgeTimeMs(grid, edge);
		const isMeant = timeMs > request.startMs && timeMs <= request.endMs;
		if (isMeant && timeMs >= bornMs && timeMs < series.lastMs + SERIES_IDLE_MS) edges.push(edge);
	}
	return edges;
}
