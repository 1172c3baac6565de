/** What is asked of a metric and what it answers: windows, groups, points over time. Times are Unix milliseconds. */
import type { Labels } from "./labels.ts";
import type { Matcher } from "./matcher.ts";
import type { MetricKind } from "./metric.ts";

/** How series are put together: one answer for all, one for each series, or one for each value of some labels. */
export type GroupBy =
	| { readonly kind: "all" }
	| { readonly kind: "series" }
	| { readonly kind: "labels"; readonly names: readonly string[] };

export type SummaryRequest = {
	readonly windowMs: number;
	readonly quantiles: readonly number[];
	readonly by: GroupBy;
	readonly matchers: readonly Matcher[];
	/** Ask for encoded sketches with each group, so that shards can be merged. */
	readonly sketches: boolean;
};

/** One group over one window. `quantiles` is parallel to the request's; NaN where nothing was recorded. */
export type GroupSummary = {
	readonly labels: Labels;
	readonly count: number;
	readonly sum: number;
	readonly min: number;
	readonly max: number;
	/** Counters: increase a second. Others: samples a second. */
	readonly ratePerS: number;
	/** Gauges and sampled: the latest value, and when. */
	readonly last: number;
	readonly lastMs: number;
	readonly quantiles: readonly number[];
	readonly sketch: Uint8Array | null;
};

export type Summary = {
	readonly name: string;
	readonly kind: MetricKind;
	readonly unit: string | null;
	/** The interval that was really summed: [fromMs, toMs), beginning on a slot edge. */
	readonly fromMs: number;
	readonly toMs: number;
	readonly groups: readonly GroupSummary[];
	/** Objects that did not answer; empty when the answer is whole. */
	readonly missing: readonly string[];
};

export type RangeRequest = Omit<SummaryRequest, "windowMs"> & {
	readonly startMs: number;
	readonly endMs: number;
	readonly stepMs: number;
};

/** One group over time: arrays are parallel to `timesMs` (ends of the steps); NaN where nothing was recorded. */
export type RangeGroup = {
	readonly labels: Labels;
	readonly counts: Float64Array;
	readonly sums: Float64Array;
	readonly mins: Float64Array;
	readonly maxs: Float64Array;
	/** One array a requested quantile. */
	readonly quantiles: readonly Float64Array[];
	/** One encoded sketch a step, when asked for. */
	readonly sketches: readonly (Uint8Array | null)[] | null;
};

export type Range = {
	readonly name: string;
	readonly kind: MetricKind;
	readonly unit: string | null;
	readonly timesMs: Float64Array;
	readonly groups: readonly RangeGroup[];
	readonly missing: readonly string[];
};

/** One series as `series` lists it. */
export type SeriesInfo = {
	readonly labels: Labels;
	readonly firstSeenMs: number;
	readonly lastSeenMs: number;
	/** Since birth. */
	readonly count: number;
	readonly sum: number;
};

/** One raw sample of `recent`, newest first. */
export type RecentSample = { readonly timestampMs: number; readonly value: number; readonly labels: Labels };
