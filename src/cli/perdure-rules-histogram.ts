/**
 * Native histograms as tests of rules write them: `schema:0 sum:5 count:4 z_bucket:1 z_bucket_w:0.1 offset:0 buckets:[1 2]
 * n_offset:0 n_buckets:[1] custom_values:[1 5]`. They become bins with their two edges, which is all that the evaluator knows of a
 * distribution. Pure.
 */
import { err, ok, type Result } from "../lib/result.ts";
import type { NativeHistogram } from "../promql/series-data.ts";

const FIELD = /^(\w+):(\[[^\]]*\]|\S+)$/;
const FIELDS = new Set([
	"schema",
	"sum",
	"count",
	"z_bucket",
	"z_bucket_w",
	"offset",
	"buckets",
	"n_offset",
	"n_buckets",
	"custom_values",
	"counter_reset_hint",
]);
const SCHEMA_MIN = -4;
const SCHEMA_MAX = 8;
/** Buckets between bounds of one's own. */
const CUSTOM = -53;
const BUCKETS_MAX = 1_000;

type Bin = { readonly lower: number; readonly upper: number; readonly count: number };

/** The text between the braces. The failure names the field. */
export function readHistogram(text: string): Result<NativeHistogram, string> {
	const fields = new Map<string, string>();
	for (const part of text.trim().match(/\w+:\[[^\]]*\]|\S+/g) ?? []) {
		const found = FIELD.exec(part);
		if (found === null || !FIELDS.has(found[1] as string))
			return err(`'${part.slice(0, 40)}' is no field of a histogram`);
		fields.set(found[1] as string, found[2] as string);
	}
	const number = (name: string): number => Number(fields.get(name) ?? 0);
	const list = (name: string): number[] =>
		(fields.get(name)?.slice(1, -1).trim().split(/\s+/) ?? []).filter((one) => one !== "").map(Number);
	const schema = number("schema");
	if (schema !== CUSTOM && !(Number.isInteger(schema) && schema >= SCHEMA_MIN && schema <= SCHEMA_MAX)) {
		return err(`schema must be a whole number from ${SCHEMA_MIN} to ${SCHEMA_MAX}, or ${CUSTOM}`);
	}
	const positive = list("buckets");
	const negative = list("n_buckets");
	if (positive.length + negative.length > BUCKETS_MAX) return err(`more than ${BUCKETS_MAX} buckets`);
	const bins =
		schema === CUSTOM
			? customBins(positive, number("offset"), list("custom_values"))
			: [
					...exponentialBins(negative, number("n_offset"), schema).map(mirrored).reverse(),
					...zeroBin(number("z_bucket"), number("z_bucket_w"), positive.length > 0, negative.length > 0),
					...exponentialBins(positive, number("offset"), schema),
				];
	const numbers = [number("sum"), number("count"), ...bins.flatMap(({ lower, upper, count }) => [lower, upper, count])];
	if (numbers.some(Number.isNaN)) return err("a histogram holds what is no number");
	return ok(histogramOf(number("count"), number("sum"), bins));
}

/** Both together; bins that only one of them has stay as they are. */
export function addHistograms(a: NativeHistogram, b: NativeHistogram): NativeHistogram {
	const bins = new Map<string, Bin>();
	for (const one of [a, b]) {
		for (const [i, count] of one.counts.entries()) {
			const lower = one.lowers[i] as number;
			const upper = one.uppers[i] as number;
			const key = `${lower} ${upper}`;
			bins.set(key, { lower, upper, count: count + (bins.get(key)?.count ?? 0) });
		}
	}
	const sorted = [...bins.values()].sort((left, right) => left.lower - right.lower || left.upper - right.upper);
	return histogramOf(a.count + b.count, a.sum + b.sum, sorted);
}

/** With every number turned round: adding it takes away. */
export function negated({ count, sum, lowers, uppers, counts }: NativeHistogram): NativeHistogram {
	return { count: -count, sum: -sum, lowers, uppers, counts: counts.map((one) => -one) };
}

/** Bucket `i` reaches from `base^(i-1)` to `base^i`, `base` being the 2^schema-th root of 2. */
function exponentialBins(counts: readonly number[], offset: number, schema: number): Bin[] {
	const edge = (index: number): number => 2 ** (index * 2 ** -schema);
	return counts.map((count, i) => ({ lower: edge(offset + i - 1), upper: edge(offset + i), count }));
}

function mirrored({ lower, upper, count }: Bin): Bin {
	return { lower: -upper, upper: -lower, count };
}

/** The bucket around zero; one side alone has no observations on the other. */
function zeroBin(count: number, width: number, hasPositive: boolean, hasNegative: boolean): Bin[] {
	if (count === 0) return [];
	if (hasPositive && !hasNegative) return [{ lower: 0, upper: width, count }];
	if (hasNegative && !hasPositive) return [{ lower: -width, upper: 0, count }];
	return [{ lower: -width, upper: width, count }];
}

function customBins(counts: readonly number[], offset: number, bounds: readonly number[]): Bin[] {
	return counts.map((count, i) => ({
		lower: bounds[offset + i - 1] ?? Number.NEGATIVE_INFINITY,
		upper: bounds[offset + i] ?? Number.POSITIVE_INFINITY,
		count,
	}));
}

function histogramOf(count: number, sum: number, bins: readonly Bin[]): NativeHistogram {
	const filled = bins.filter((bin) => bin.count !== 0);
	return {
		count,
		sum,
		lowers: Float64Array.from(filled, (bin) => bin.lower),
		uppers: Float64Array.from(filled, (bin) => bin.upper),
		counts: Float64Array.from(filled, (bin) => bin.count),
	};
}
