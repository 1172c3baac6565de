/** Series of several shards as one: increases stay what they were. */
import { describe, expect, it } from "vitest";
import type { SelectedHistogram, SelectedSeries } from "../../src/model/metric-rpc.ts";
import { addCumulative, addHistogram, joinPoints, withAllBounds } from "../../src/peers/merge-series.ts";
import { isStale, markStale } from "../../src/promql/stale.ts";

function series(times: number[], values: number[], histograms: SelectedHistogram[] | null = null): SelectedSeries {
	return { labels: {}, timestampsMs: Float64Array.from(times), values: Float64Array.from(values), histograms };
}

function histogram(bins: readonly (readonly [lower: number, upper: number, count: number])[]): SelectedHistogram {
	return {
		count: bins.reduce((sum, bin) => sum + bin[2], 0),
		sum: bins.reduce((sum, bin) => sum + bin[1] * bin[2], 0),
		lowers: Float64Array.from(bins, (bin) => bin[0]),
		uppers: Float64Array.from(bins, (bin) => bin[1]),
		counts: Float64Array.from(bins, (bin) => bin[2]),
	};
}

describe("counters of several shards", () => {
	it("are added point by point", () => {
		const merged = addCumulative([series([10, 20, 30], [1, 2, 3]), series([10, 20, 30], [10, 20, 30])]);
		expect([...merged.values]).toEqual([11, 22, 33]);
	});

	it("never fall where one shard lacks a point, is born later, or ends earlier", () => {
		const merged = addCumulative([series([10, 20, 40], [5, 6, 8]), series([20, 30], [0, 7])]);
		expect([...merged.timestampsMs]).toEqual([10, 20, 30, 40]);
		expect([...merged.values]).toEqual([5, 6, 13, 15]);
	});

	it("do not leap where the first point of a shard comes a little later than that of another", () => {
		const merged = addCumulative([series([10, 20, 30], [100, 100, 100]), series([30], [1_000])]);
		expect([...merged.values]).toEqual([1_100, 1_100, 1_100]);
	});

	it("go on where one shard was reset: the other's count is no increase", () => {
		const merged = addCumulative([series([10, 20, 30], [50, 2, 4]), series([10, 20, 30], [1_000, 1_000, 1_000])]);
		expect([...merged.values]).toEqual([1_050, 1_052, 1_054]);
	});
});

describe("distributions of several shards", () => {
	it("are added bin by bin, zero and negative bins too", () => {
		const a = histogram([
			[-2, -1, 3],
			[0, 0, 1],
			[1, 2, 4],
		]);
		const b = histogram([
			[0, 0, 2],
			[2, 3, 5],
		]);
		const merged = addHistogram(a, b);
		expect([...merged.uppers]).toEqual([-1, 0, 2, 3]);
		expect([...merged.counts]).toEqual([3, 3, 4, 5]);
		expect(merged.count).toBe(15);
		expect(addHistogram(b, a)).toEqual(merged);
	});

	it("stay cumulative over a missing point and a reset", () => {
		const one = series(
			[10, 20, 30],
			[0, 0, 0],
			[histogram([[1, 2, 5]]), histogram([[1, 2, 1]]), histogram([[1, 2, 2]])],
		);
		const other = series([20], [0], [histogram([[2, 3, 7]])]);
		const merged = addCumulative([one, other]);
		expect(merged.histograms?.map((point) => point.count)).toEqual([12, 13, 14]);
	});
});

describe("buckets of several shards", () => {
	const bucket = (path: string, le: string, values: number[]): SelectedSeries => ({
		...series([10, 20], values),
		labels: { path, le },
	});
	const asText = (shard: readonly SelectedSeries[] | undefined) =>
		(shard ?? []).map(({ labels, values }) => `${labels["path"]} ${labels["le"]} ${values.join(" ")}`);

	it("are completed: nothing below what a shard has, the same in a gap, and everything above it", () => {
		const fast = [bucket("/a", "1", [0, 0]), bucket("/a", "2", [1, 2]), bucket("/a", "8", [1, 3])];
		const own = [...fast, bucket("/a", "+Inf", [1, 3])];
		const other = [
			...["0.5", "4", "16"].map((le) => bucket("/b", le, [5, 6])),
			bucket("/b", "+Inf", [5, 7]),
			bucket("/a", "4", [9, 9]),
			bucket("/a", "+Inf", [9, 9]),
		];
		const [first, second] = withAllBounds([own, other]);
		expect(asText(first)).toEqual([
			"/a 0.5 0 0",
			"/a 1 0 0",
			"/a 2 1 2",
			"/a 4 1 2",
			"/a 8 1 3",
			"/a 16 1 3",
			"/a +Inf 1 3",
		]);
		expect(asText(second).slice(0, 7)).toEqual([
			"/b 0.5 5 6",
			"/b 1 5 6",
			"/b 2 5 6",
			"/b 4 5 6",
			"/b 8 5 6",
			"/b 16 5 6",
			"/b +Inf 5 7",
		]);
		expect(asText(second).slice(7)).toEqual([
			...["0.5", "1", "2"].map((le) => `/a ${le} 0 0`),
			...["4", "8", "16", "+Inf"].map((le) => `/a ${le} 9 9`),
		]);
	});

	it("have the bounds of a shard that has none of the series, too, and are left as they are when they have all", () => {
		const own = [bucket("/a", "1", [0, 0]), bucket("/a", "2", [1, 2]), bucket("/a", "+Inf", [1, 2])];
		const silent = { ...series([], []), bounds: Float64Array.of(2, 4, Number.POSITIVE_INFINITY) };
		const [completed, none] = withAllBounds([own, [silent]]);
		expect(asText(completed)).toEqual(["/a 1 0 0", "/a 2 1 2", "/a 4 1 2", "/a +Inf 1 2"]);
		expect(none).toEqual([]);
		expect(withAllBounds([own, own])).toEqual([own, own]);
	});
});

describe("gauges of several shards", () => {
	it("keep all points, and a stale marker its bits", () => {
		const stale = series([20], [0]);
		markStale(stale.values, 0);
		const merged = joinPoints([series([10, 30], [1, 3]), stale]);
		expect([...merged.timestampsMs]).toEqual([10, 20, 30]);
		expect(isStale(merged.values, 1)).toBe(true);
		expect(merged.values[2]).toBe(3);
	});
});
