/** All metrics in short, over one window: the first thing one looks at. An object that does not answer costs its entry alone. */
import { mapBounded } from "../lib/async.ts";
import { ok, type Result } from "../lib/result.ts";
import type { Failure } from "../model/errors.ts";
import { FANOUT_CONCURRENCY_MAX, METRICS_PER_ANSWER_MAX } from "../model/limits.ts";
import type { MetricInfo } from "../model/metric.ts";
import type { Summary } from "../model/summary.ts";
import { directoryWith } from "../peers/directory.ts";
import { summary } from "../peers/read.ts";
import type { ObjectEnv } from "../peers/stubs.ts";
import { iso, mean, number, windowText } from "./metric-body.ts";

const QUANTILES = [0.5, 0.9, 0.95, 0.99];

export type AllMetrics = {
	/** By name, sorted. */
	readonly metrics: Readonly<Record<string, unknown>>;
	/** Metrics beyond METRICS_PER_ANSWER_MAX; a prefix finds them. */
	readonly leftOut: number;
};

/** The metrics whose names begin with `prefix`. Fails only when the catalog does not answer. */
export async function allMetrics(
	env: ObjectEnv,
	windowMs: number,
	prefix: string,
	nowMs: number,
): Promise<Result<AllMetrics, Failure>> {
	// Who looks at the list wants the metric that was born a moment ago, too: at most a second old.
	const directory = await directoryWith(env, nowMs, () => false);
	if (!directory.ok) return directory;
	const meant = directory.value.metrics.filter((info) => info.name.startsWith(prefix));
	const shown = [...meant].sort((a, b) => (a.name < b.name ? -1 : 1)).slice(0, METRICS_PER_ANSWER_MAX);
	const request = { windowMs, quantiles: QUANTILES, by: { kind: "all" as const }, matchers: [], sketches: false };
	const entries = await mapBounded(shown, FANOUT_CONCURRENCY_MAX, async (info) => {
		const answer = await summary(env, info.name, request, nowMs);
		return [info.name, answer.ok ? entry(answer.value, windowMs) : unanswered(info, answer.failure, windowMs)] as const;
	});
	return ok({ metrics: Object.fromEntries(entries), leftOut: meant.length - shown.length });
}

function entry(answer: Summary, windowMs: number): Record<string, unknown> {
	const group = answer.groups[0];
	const [p50, p90, p95, p99] = group?.quantiles ?? [];
	return {
		count: group?.count ?? 0,
		mean: group === undefined ? null : mean(group),
		min: number(group?.min),
		max: number(group?.max),
		p50: number(p50),
		p90: number(p90),
		p95: number(p95),
		p99: number(p99),
		sum: group?.sum ?? 0,
		rate: number(group?.ratePerS) ?? 0,
		last: number(group?.last),
		window: windowText(windowMs),
		from: iso(answer.fromMs),
		to: iso(answer.toMs),
		kind: answer.kind,
		unit: answer.unit,
		...(answer.missing.length > 0 ? { missing: answer.missing } : {}),
	};
}

/** A metric that is known but did not answer: no figures, and it says so. */
function unanswered(info: MetricInfo, failure: Failure, windowMs: number): Record<string, unknown> {
	const missing = failure.code === "unavailable" ? [failure.what] : [info.name];
	return { count: null, window: windowText(windowMs), kind: info.kind, unit: info.unit, missing };
}
