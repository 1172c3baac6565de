/** Series as a querier gives them. Plain data, never written to. */
import type { Labels } from "../model/labels.ts";

/** One series. Times are Unix milliseconds, whole, strictly ascending; arrays are parallel and never written to. */
export type SeriesData = {
	/** With `__name__`. */
	readonly labels: Labels;
	readonly timestampsMs: Float64Array;
	/** May hold stale markers (stale.ts). Where `histograms` is given only these markers are read. */
	readonly values: Float64Array;
	/** Given when the series is a native distribution: one entry a timestamp, cumulative since birth. */
	readonly histograms?: readonly NativeHistogram[] | null;
};

/**
 * A distribution: how many observations fell into each bin. Bins ascend and do not overlap; those without observations are
 * left out. A bin of negative values has a negative upper edge, the bin of zeros has both edges 0.
 */
export type NativeHistogram = {
	readonly count: number;
	readonly sum: number;
	readonly lowers: Float64Array;
	readonly uppers: Float64Array;
	readonly counts: Float64Array;
};
