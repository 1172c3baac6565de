/**
 * All metrics as Prometheus has them, read from their objects: counters and distributions since their birth, gauges as
 * they are now. A metric that does not answer is left out and named; the scrape goes on.
 */
import { mapBounded } from "../lib/async.ts";
import { ok, type Result } from "../lib/result.ts";
import type { Failure } from "../model/errors.ts";
import type { Labels } from "../model/labels.ts";
import { FANOUT_CONCURRENCY_MAX, FINE_SLOT_MS, LOOKBACK_MS, METRICS_PER_ANSWER_MAX } from "../model/limits.ts";
import { type MetricInfo, prometheusName } from "../model/metric.ts";
import { directoryWith } from "../peers/directory.ts";
import { querierOf } from "../peers/querier.ts";
import type { ObjectEnv } from "../peers/stubs.ts";
import type { NativeHistogram, SeriesData } from "../promql/querier.ts";
import { BUCKET_BOUNDS, type Bucket } from "../sketch/buckets.ts";
import type { Family, Point } from "./exposition.ts";

export type Families = {
	readonly families: readonly Family[];
	/** Objects that did not answer. */
	readonly missing: readonly string[];
	/** Metrics beyond METRICS_PER_ANSWER_MAX. */
	readonly leftOut: number;
};

/** The families of all metrics at `nowMs`, sorted by name. Fails only when the catalog does not answer. */
export async function allFamilies(env: ObjectEnv, nowMs: number): Promise<Result<Families, Failure>> {
	// Who looks at the list wants the metric that was born a moment ago, too: at most a second old.
	const directory = await directoryWith(env, nowMs, () => false);
	if (!directory.ok) return directory;
	const byName = new Map<string, MetricInfo>();
	// Metrics whose names read the same are one to Prometheus: the first one says what it is.
	for (const info of [...directory.value.metrics].sort((a, b) => (a.name < b.name ? -1 : 1))) {
		const name = familyName(info);
		if (!byName.has(name)) byName.set(name, info);
	}
	const shown = [...byName].slice(0, METRICS_PER_ANSWER_MAX);
	const querier = querierOf(env, nowMs);
	const families = await mapBounded(shown, FANOUT_CONCURRENCY_MAX, async ([name, info]) => {
		const selected = prometheusName(info.name);
		const matcher = { name: "__name__", op: "=" as const, value: selected };
		// Points stand at the ends of slots: the slot that is open ends a little later than now.
		const series = await querier.select([matcher], nowMs - LOOKBACK_MS, nowMs + FINE_SLOT_MS);
		return { name, type: typeOf(info), help: helpOf(info), points: pointsOf(series, info) };
	});
	return ok({
		families: families.filter((family) => family.points.length > 0),
		missing: querier.missing?.() ?? [],
		leftOut: byName.size - shown.length,
	});
}

/** The name of a family: a counter's stands without `_total`, which its samples carry. */
function familyName(info: MetricInfo): string {
	const name = prometheusName(info.name);
	return info.kind === "counter" ? name.replace(/_total$/, "") : name;
}

function typeOf({ kind }: MetricInfo): Family["type"] {
	if (kind === "distribution") return "histogram";
	return kind === "sampled" ? "unknown" : kind;
}

/** Every family has a help text: linters of Prometheus ask for one. */
function helpOf({ name, kind, unit, help }: MetricInfo): string {
	if (help !== null && help !== "") return help;
	return unit === null || unit === "" ? `${name} (${kind})` : `${name} (${kind}, ${unit})`;
}

function pointsOf(series: readonly SeriesData[], info: MetricInfo): Point[] {
	return series.flatMap((one): Point[] => {
		const last = one.timestampsMs.length - 1;
		const value = one.values[last];
		if (last < 0 || value === undefined) return [];
		const labels = withoutName(one.labels);
		const histogram = one.histograms?.[last];
		if (info.kind !== "distribution") return Number.isNaN(value) ? [] : [{ kind: "value", labels, value }];
		if (histogram === undefined) return [];
		return [{ kind: "histogram", labels, buckets: bucketsOf(histogram), sum: histogram.sum }];
	});
}

/** From the bound below the lowest observation to the first one not below the highest, and +Inf: exact at each bound. */
export function bucketsOf({ count, lowers, uppers, counts }: NativeHistogram): Bucket[] {
	const buckets: Bucket[] = [];
	let bin = 0;
	let seen = 0;
	for (let i = 0; i < BUCKET_BOUNDS.length - 1 && bin < uppers.length; i++) {
		const le = BUCKET_BOUNDS[i] as number;
		while (bin < uppers.length && (uppers[bin] as number) <= le) seen += counts[bin++] as number;
		const next = BUCKET_BOUNDS[i + 1] as number;
		if (seen > 0 || (bin < uppers.length && (lowers[bin] as number) < next)) buckets.push({ le, count: seen });
	}
	buckets.push({ le: Number.POSITIVE_INFINITY, count });
	return buckets;
}

function withoutName(labels: Labels): Labels {
	const { __name__: _, ...rest } = labels;
	return rest;
}
