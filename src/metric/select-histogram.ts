/** The views of a distribution that need its bins: a native histogram a point, or one cumulative series a bucket bound. */
import { assert } from "../lib/assert.ts";
import type { SelectedHistogram, SelectedSeries, SelectRequest } from "../model/metric-rpc.ts";
import { binsOf } from "../sketch/bin-list.ts";
import { addCounts, BUCKET_BOUNDS, boundsOf, formatBound, ladderOf, markSketch, noMarks } from "../sketch/buckets.ts";
import { Sketch } from "../sketch/sketch.ts";
import type { Cell } from "./cell.ts";
import { type Deltas, edgesOf, edgeTimeMs, type Grid } from "./select-grid.ts";
import { SketchCell } from "./sketch-cell.ts";

/**
 * The bounds (buckets.ts) that all series of the metric have, whichever are asked for: what any of them needs since birth. So
 * they can be added up bound by bound, and none goes before its series is forgotten.
 */
export function ladderOfAll(born: ReadonlyMap<number, Cell>): Int32Array {
	const marks = noMarks();
	for (const cell of born.values()) if (cell instanceof SketchCell) markSketch(marks, cell.sketch);
	return ladderOf(marks);
}

/** The bounds alone, without any point: what an object says of a metric none of whose series are meant. */
export function boundsWithoutSeries(born: ReadonlyMap<number, Cell>): SelectedSeries {
	const none = new Float64Array(0);
	return { labels: {}, timestampsMs: none, values: none, histograms: null, bounds: boundsOf(ladderOfAll(born)) };
}

/** One cumulative histogram an edge; edges between which nothing happened share one object. `bounds` are the metric's. */
export function cumulativeHistograms(
	request: SelectRequest,
	grid: Grid,
	deltas: Deltas,
	total: Cell,
	bounds: Float64Array,
): SelectedSeries {
	const edges = edgesOf(request, grid, deltas.series);
	const histograms: SelectedHistogram[] = [];
	let latest: SelectedHistogram | null = null;
	walk(edges, deltas, total, (sketch, hasChanged) => {
		if (latest === null || hasChanged) latest = histogramOf(sketch);
		histograms.push(latest);
	});
	const timestampsMs = Float64Array.from(edges, (edge) => edgeTimeMs(grid, edge));
	return { labels: deltas.series.labels, timestampsMs, values: new Float64Array(edges.length), histograms, bounds };
}

/** One series a bound of the metric's ladder, ascending; all of them share times and memory. */
export function cumulativeBucketSeries(
	grid: Grid,
	edges: readonly number[],
	deltas: Deltas,
	total: Cell,
	ladder: Int32Array,
): SelectedSeries[] {
	const counts = new Float64Array(ladder.length);
	if (total instanceof SketchCell) addCounts(total.sketch, ladder, counts, 1);
	for (const cell of deltas.slots.values()) {
		if (cell instanceof SketchCell) addCounts(cell.sketch, ladder, counts, -1);
	}
	assert(
		counts.every((count) => count >= 0),
		"everything since birth has what the slots have",
	);
	const columns = new Float64Array(ladder.length * edges.length);
	let slot = 0;
	for (const [point, edge] of edges.entries()) {
		for (; slot < edge; slot++) {
			const cell = deltas.slots.get(slot);
			if (cell instanceof SketchCell) addCounts(cell.sketch, ladder, counts, 1);
		}
		for (let i = 0; i < ladder.length; i++) columns[i * edges.length + point] = counts[i] as number;
	}
	const timestampsMs = Float64Array.from(edges, (edge) => edgeTimeMs(grid, edge));
	return Array.from(ladder, (bound, i) => ({
		labels: { ...deltas.series.labels, le: formatBound(BUCKET_BOUNDS[bound] as number) },
		timestampsMs,
		values: columns.subarray(i * edges.length, (i + 1) * edges.length),
		histograms: null,
	}));
}

/** Calls `visit` at each edge with everything counted up to it. */
function walk(
	edges: readonly number[],
	deltas: Deltas,
	total: Cell,
	visit: (sketch: Sketch, hasChanged: boolean) => void,
): void {
	const cumulative = total instanceof SketchCell ? total.sketch.clone() : new Sketch();
	for (const cell of deltas.slots.values()) if (cell instanceof SketchCell) cumulative.subtractBins(cell.sketch);
	let slot = 0;
	for (const edge of edges) {
		let hasChanged = false;
		for (; slot < edge; slot++) {
			const cell = deltas.slots.get(slot);
			if (!(cell instanceof SketchCell)) continue;
			cumulative.merge(cell.sketch);
			hasChanged = true;
		}
		visit(cumulative, hasChanged);
	}
}

function histogramOf(sketch: Sketch): SelectedHistogram {
	const lowers: number[] = [];
	const uppers: number[] = [];
	const counts: number[] = [];
	for (const bin of binsOf(sketch)) {
		lowers.push(bin.lower);
		uppers.push(bin.upper);
		counts.push(bin.count);
	}
	return {
		count: sketch.count,
		sum: sketch.sum,
		lowers: Float64Array.from(lowers),
		uppers: Float64Array.from(uppers),
		counts: Float64Array.from(counts),
	};
}
