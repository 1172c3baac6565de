/** The views of a distribution that need its bins: a native histogram a point, or one cumulative series a bucket bound. */
import type { SelectedHistogram, SelectedSeries, SelectRequest } from "../model/metric-rpc.ts";
import { binsOf } from "../sketch/bin-list.ts";
import { countAtMost, cumulativeBuckets } from "../sketch/buckets.ts";
import { Sketch } from "../sketch/sketch.ts";
import type { Cell } from "./cell.ts";
import { type Deltas, edgesOf, edgeTimeMs, type Grid } from "./select-grid.ts";
import { SketchCell } from "./sketch-cell.ts";

/** One cumulative histogram an edge; edges between which nothing happened share one object. */
export function cumulativeHistograms(request: SelectRequest, grid: Grid, deltas: Deltas, total: Cell): SelectedSeries {
	const edges = edgesOf(request, grid, deltas.series);
	const histograms: SelectedHistogram[] = [];
	let latest: SelectedHistogram | null = null;
	walk(edges, deltas, total, (sketch, hasChanged) => {
		if (latest === null || hasChanged) latest = histogramOf(sketch);
		histograms.push(latest);
	});
	const timestampsMs = Float64Array.from(edges, (edge) => edgeTimeMs(grid, edge));
	return { labels: deltas.series.labels, timestampsMs, values: new Float64Array(edges.length), histograms };
}

/** One series a bound of the ladder that lies within the data since birth: a set that never shrinks. */
export function cumulativeBucketSeries(
	request: SelectRequest,
	grid: Grid,
	deltas: Deltas,
	total: Cell,
): SelectedSeries[] {
	const edges = edgesOf(request, grid, deltas.series);
	const sketch = total instanceof SketchCell ? total.sketch : new Sketch();
	const bounds = cumulativeBuckets(sketch).map((bucket) => bucket.le);
	const columns = bounds.map(() => new Float64Array(edges.length));
	let point = 0;
	walk(edges, deltas, total, (cumulative, hasChanged) => {
		for (let i = 0; i < bounds.length; i++) {
			const column = columns[i] as Float64Array;
			const isSame = !hasChanged && point > 0;
			column[point] = isSame ? (column[point - 1] as number) : countAtMost(cumulative, bounds[i] as number);
		}
		point++;
	});
	const timestampsMs = Float64Array.from(edges, (edge) => edgeTimeMs(grid, edge));
	return bounds.map((le, i) => ({
		labels: { ...deltas.series.labels, le: formatBound(le) },
		timestampsMs,
		values: columns[i] as Float64Array,
		histograms: null,
	}));
}

/** A bucket's bound as Prometheus writes it. */
export function formatBound(le: number): string {
	return le === Number.POSITIVE_INFINITY ? "+Inf" : String(le);
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
