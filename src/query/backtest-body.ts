/** A backtest as JSON: times as RFC 3339, so that people can read what programs do. Pure. */
import { formatDuration } from "../lib/duration.ts";
import { type MetricInfo, prometheusName } from "../model/metric.ts";
import type { Backtest, BacktestRange } from "./backtest.ts";

/** `metrics`: all that are known; of those that were read, the ones of kind `sampled` kept every point. */
export function backtestBody(
	backtest: Backtest,
	{ fromMs, toMs }: BacktestRange,
	metrics: readonly MetricInfo[],
): unknown {
	const sampled = new Set(metrics.filter(({ kind }) => kind === "sampled").map(({ name }) => prometheusName(name)));
	return {
		from: timeText(fromMs),
		to: timeText(toMs),
		ticks: backtest.ticks,
		evaluations: backtest.evaluations,
		transitions: backtest.transitions.map(({ atMs, ...transition }) => ({ time: timeText(atMs), ...transition })),
		errors: backtest.errors.map(({ firstMs, ...error }) => ({ ...error, first: timeText(firstMs) })),
		// What the slots of a time are wide. Series that are kept point by point are named apart.
		resolution: backtest.resolution.map((part) => ({
			from: timeText(part.fromMs),
			to: timeText(part.toMs),
			slots: formatDuration(part.slotMs),
		})),
		points: backtest.read.filter((name) => sampled.has(name)),
	};
}

function timeText(ms: number): string {
	return new Date(ms).toISOString();
}
