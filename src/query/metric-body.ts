/** What the JSON answers about a metric look like. Pure. Times are ISO 8601; what was never recorded is null. */

import type {
	GroupSummary,
	Range,
	RangeRequest,
	RecentSample,
	SeriesInfo,
	Summary,
	SummaryRequest,
} from "../model/summary.ts";
import type { Gathered } from "../peers/read.ts";

/** One metric over one window: its figures, or those of each group when groups were asked for. */
export function summaryBody(summary: Summary, request: SummaryRequest): Record<string, unknown> {
	const figures = summary.groups.map((group) => ({ labels: group.labels, ...groupBody(group, request.quantiles) }));
	const isOne = request.by.kind === "all" && figures.length === 1;
	return {
		name: summary.name,
		kind: summary.kind,
		unit: summary.unit,
		window: windowText(request.windowMs),
		from: iso(summary.fromMs),
		to: iso(summary.toMs),
		...(isOne ? { ...figures[0], labels: undefined } : { groups: figures }),
		missing: summary.missing,
	};
}

/** The figures of a group; `quantiles` are named by their numbers. */
function groupBody(group: GroupSummary, quantiles: readonly number[]): Record<string, unknown> {
	return {
		count: group.count,
		sum: group.sum,
		mean: mean(group),
		min: number(group.min),
		max: number(group.max),
		rate: number(group.ratePerS),
		last: number(group.last),
		lastSeen: group.lastMs > 0 ? iso(group.lastMs) : null,
		quantiles: Object.fromEntries(quantiles.map((quantile, i) => [String(quantile), number(group.quantiles[i])])),
	};
}

export function rangeBody(range: Range, request: RangeRequest): Record<string, unknown> {
	return {
		name: range.name,
		kind: range.kind,
		unit: range.unit,
		step: windowText(request.stepMs),
		times: [...range.timesMs].map(iso),
		groups: range.groups.map((group) => ({
			labels: group.labels,
			count: [...group.counts],
			sum: list(group.sums),
			min: list(group.mins),
			max: list(group.maxs),
			quantiles: Object.fromEntries(
				request.quantiles.map((quantile, i) => [String(quantile), list(group.quantiles[i] ?? new Float64Array())]),
			),
		})),
		missing: range.missing,
	};
}

export function seriesBody(name: string, series: Gathered<readonly SeriesInfo[]>): Record<string, unknown> {
	return {
		name,
		series: series.value.map(({ labels, firstSeenMs, lastSeenMs, count, sum }) => {
			return { labels, firstSeen: iso(firstSeenMs), lastSeen: iso(lastSeenMs), count, sum };
		}),
		missing: series.missing,
	};
}

export function recentBody(name: string, recent: Gathered<readonly RecentSample[]>): Record<string, unknown> {
	const samples = recent.value.map(({ timestampMs, value, labels }) => ({
		timestamp: iso(timestampMs),
		value,
		labels,
	}));
	return { name, samples, missing: recent.missing };
}

/** NaN, infinity and absence have no number in JSON. */
export function number(value: number | undefined): number | null {
	return value !== undefined && Number.isFinite(value) ? value : null;
}

export function mean({ count, sum }: Pick<GroupSummary, "count" | "sum">): number | null {
	return count > 0 ? number(sum / count) : null;
}

/** A duration as it is written in a query: `5m`, `24h`. */
export function windowText(ms: number): string {
	for (const [unit, size] of [
		["d", 86_400_000],
		["h", 3_600_000],
		["m", 60_000],
		["s", 1_000],
	] as const) {
		if (ms % size === 0 && (unit !== "d" || ms > size)) return `${ms / size}${unit}`;
	}
	return `${ms}ms`;
}

export function iso(ms: number): string | null {
	return Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : null;
}

function list(values: Float64Array): (number | null)[] {
	return [...values].map(number);
}
