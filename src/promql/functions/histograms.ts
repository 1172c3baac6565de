/** The histogram_* functions, over native distributions and over classic `le` buckets alike. */
import { quote } from "../../lib/go-string.ts";
import type { Labels } from "../../model/labels.ts";
import { labelValue } from "../../model/matcher.ts";
import type { Call } from "../ast.ts";
import { ABSENT, type Column, HISTOGRAM, newColumn, setFloat } from "../column.ts";
import { type Notes, warnOfQuantile } from "../context.ts";
import { fractionOf, quantileOf, varianceOf } from "../histogram.ts";
import { dropName, NAME } from "../labels.ts";
import type { NativeHistogram } from "../series-data.ts";
import { type Bucket, bucketFraction, bucketQuantile, bucketsAt, groupBuckets } from "./classic-histogram.ts";

const NOT_MONOTONIC =
	"input to histogram_quantile needed to be fixed for monotonicity " +
	"(see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)";

/** Functions that read one number off a native distribution. */
export const OF_HISTOGRAM: ReadonlyMap<string, (histogram: NativeHistogram) => number> = new Map([
	["histogram_count", ({ count }: NativeHistogram) => count],
	["histogram_sum", ({ sum }: NativeHistogram) => sum],
	["histogram_avg", ({ count, sum }: NativeHistogram) => sum / count],
	["histogram_stdvar", varianceOf],
	["histogram_stddev", (histogram: NativeHistogram) => Math.sqrt(varianceOf(histogram))],
]);

/** Applies a function to the distributions of every column; floats are left out. */
export function mapHistograms(
	columns: readonly Column[],
	run: (histogram: NativeHistogram, step: number) => number,
): Column[] {
	return columns
		.filter((column) => column.histograms !== null)
		.map((column) => {
			const mapped = newColumn(dropName(column.labels), column.values.length);
			for (let step = 0; step < column.values.length; step++) {
				const histogram = column.histograms?.[step] ?? null;
				if (column.present[step] === HISTOGRAM && histogram !== null) setFloat(mapped, step, run(histogram, step));
			}
			return mapped;
		});
}

/** histogram_quantile, with a quantile for each step. */
export function histogramQuantile(
	call: Call,
	quantiles: Float64Array,
	columns: readonly Column[],
	notes: Notes,
): Column[] {
	const odd = quantiles.find((q) => !(q >= 0 && q <= 1));
	if (odd !== undefined) warnOfQuantile(call.args[0] ?? call, odd, notes);
	const ofBuckets = (buckets: Bucket[], step: number) => {
		const { value, forced } = bucketQuantile(quantiles[step] as number, buckets);
		if (forced) notes.inform(call.args[1] ?? call, NOT_MONOTONIC);
		return value;
	};
	const native = mapHistograms(columns, (histogram, step) => quantileOf(histogram, quantiles[step] as number));
	return [...native, ...mapBuckets(call, columns, notes, ofBuckets)];
}

/** histogram_fraction: the share of observations between two bounds. */
export function histogramFraction(
	call: Call,
	lowers: Float64Array,
	uppers: Float64Array,
	columns: readonly Column[],
	notes: Notes,
): Column[] {
	const native = mapHistograms(columns, (one, step) => fractionOf(one, lowers[step] as number, uppers[step] as number));
	const classic = mapBuckets(call, columns, notes, (buckets, step) =>
		bucketFraction(lowers[step] as number, uppers[step] as number, buckets),
	);
	return [...native, ...classic];
}

function malformedBound(labels: Labels): string {
	const metric = labelValue(labels, NAME);
	const bound = quote(labelValue(labels, "le"));
	return `bucket label "le" is missing or has a malformed value of ${bound}${metric && ` for metric name ${quote(metric)}`}`;
}

function mapBuckets(
	call: Call,
	columns: readonly Column[],
	notes: Notes,
	run: (buckets: Bucket[], step: number) => number,
): Column[] {
	const groups = groupBuckets(columns, (column) => notes.warn(call.args.at(-1) ?? call, malformedBound(column.labels)));
	return groups.map((group) => {
		const steps = group.buckets[0]?.column.values.length ?? 0;
		const column = newColumn(group.labels, steps);
		for (let step = 0; step < steps; step++) {
			const present = group.buckets.some((bucket) => bucket.column.present[step] !== ABSENT);
			if (present) setFloat(column, step, run(bucketsAt(group, step), step));
		}
		return column;
	});
}
