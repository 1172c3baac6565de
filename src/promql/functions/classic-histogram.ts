/** histogram_quantile over `le` buckets, as Prometheus 3 counts: coalesced, forced monotonic, linear within a bucket. */
import type { Labels } from "../../model/labels.ts";
import { labelsKey } from "../../model/labels.ts";
import { labelValue } from "../../model/matcher.ts";
import { type Column, FLOAT } from "../column.ts";
import { dropName, without } from "../labels.ts";

/** Observations of at most `le`. */
export type Bucket = { readonly le: number; count: number };

/** The bucket series of one histogram: equal labels but for `le`. */
export type BucketGroup = {
	readonly labels: Labels;
	readonly buckets: { readonly le: number; readonly column: Column }[];
};

/** Differences below this part of the counts are rounding, not a broken histogram. */
const SMALL_DELTA = 1e-12;

/** Puts the bucket series of each histogram together. Series without a readable `le` are passed to `skipped`. */
export function groupBuckets(columns: readonly Column[], skipped: (column: Column) => void): readonly BucketGroup[] {
	const groups = new Map<string, BucketGroup>();
	for (const column of columns) {
		if (!column.present.includes(FLOAT)) continue;
		const le = parseBound(labelValue(column.labels, "le"));
		if (le === null) {
			skipped(column);
			continue;
		}
		const labels = without(dropName(column.labels), ["le"]);
		const key = labelsKey(labels);
		const group = groups.get(key) ?? { labels, buckets: [] };
		group.buckets.push({ le, column });
		groups.set(key, group);
	}
	for (const { buckets } of groups.values()) buckets.sort((a, b) => a.le - b.le);
	return [...groups.values()];
}

/** The buckets of one step, ascending; empty when none is present. */
export function bucketsAt(group: BucketGroup, step: number): Bucket[] {
	const buckets: Bucket[] = [];
	for (const { le, column } of group.buckets) {
		if (column.present[step] !== FLOAT) continue;
		const count = column.values[step] as number;
		const last = buckets.at(-1);
		// "1" and "1.0" are the same bound.
		if (last !== undefined && last.le === le) last.count += count;
		else buckets.push({ le, count });
	}
	return buckets;
}

/** The quantile, and whether the counts had to be bent to ascend. `buckets` are changed. */
export function bucketQuantile(q: number, buckets: Bucket[]): { readonly value: number; readonly forced: boolean } {
	const nothing = { value: Number.NaN, forced: false };
	const highest = buckets.at(-1);
	if (Number.isNaN(q)) return nothing;
	if (q < 0) return { value: Number.NEGATIVE_INFINITY, forced: false };
	if (q > 1) return { value: Number.POSITIVE_INFINITY, forced: false };
	if (highest === undefined || highest.le !== Number.POSITIVE_INFINITY || buckets.length < 2) return nothing;
	const forced = makeMonotonic(buckets);
	const total = highest.count;
	if (total === 0 || Number.isNaN(total)) return { value: Number.NaN, forced };
	const rank = q * total;
	let at = buckets.findIndex(({ count }) => count >= rank);
	if (at < 0) at = buckets.length - 1;
	const bucket = buckets[at] as Bucket;
	const below = at === 0 ? { le: 0, count: 0 } : (buckets[at - 1] as Bucket);
	// Above the last finite bound nothing is known but that bound; below a first bound of zero or less, neither.
	if (at === buckets.length - 1) return { value: below.le, forced };
	if (at === 0 && bucket.le <= 0) return { value: bucket.le, forced };
	const share = (rank - below.count) / (bucket.count - below.count);
	return { value: below.le + (bucket.le - below.le) * share, forced };
}

/** The share of observations within [lower, upper], linear within a bucket. */
export function bucketFraction(lower: number, upper: number, buckets: Bucket[]): number {
	const highest = buckets.at(-1);
	if (highest === undefined || highest.le !== Number.POSITIVE_INFINITY) return Number.NaN;
	if (highest.count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return Number.NaN;
	if (lower >= upper) return 0;
	const rank = (bound: number) => Math.min(rankOf(bound, buckets), highest.count);
	return (rank(upper) - rank(lower)) / highest.count;
}

/** How many observations are at most `bound`. */
function rankOf(bound: number, buckets: readonly Bucket[]): number {
	let below: Bucket = { le: (buckets[0] as Bucket).le > 0 ? 0 : Number.NEGATIVE_INFINITY, count: 0 };
	for (const bucket of buckets) {
		if (bound < bucket.le) {
			if (bound <= below.le || !Number.isFinite(bucket.le)) return below.count;
			// Where a bucket has no lower end nothing can be shared out: all of it counts, as in Prometheus.
			if (!Number.isFinite(below.le)) return bucket.count;
			return below.count + ((bound - below.le) / (bucket.le - below.le)) * (bucket.count - below.count);
		}
		below = bucket;
	}
	return below.count;
}

function makeMonotonic(buckets: readonly Bucket[]): boolean {
	let forced = false;
	let before = (buckets[0] as Bucket).count;
	for (const bucket of buckets) {
		const small = Math.abs(bucket.count - before) <= SMALL_DELTA * Math.abs(bucket.count + before);
		if (bucket.count !== before && small) bucket.count = before;
		else if (bucket.count < before) {
			bucket.count = before;
			forced = true;
		} else before = bucket.count;
	}
	return forced;
}

function parseBound(text: string): number | null {
	const trimmed = text.trim();
	if (/^\+?inf(inity)?$/i.test(trimmed)) return Number.POSITIVE_INFINITY;
	if (/^-inf(inity)?$/i.test(trimmed)) return Number.NEGATIVE_INFINITY;
	return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(trimmed) ? Number(trimmed) : null;
}
