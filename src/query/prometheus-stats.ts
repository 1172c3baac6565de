/**
 * What a query cost, as Prometheus' `stats` say it. The evaluator does not tell, so it is seen from outside: which samples its
 * querier brought, and when. In production time stands still while a Worker computes: what is measured there is waiting.
 */
import type { Result } from "../lib/result.ts";
import type { Matcher } from "../model/matcher.ts";
import type { QueryFailure } from "../promql/failure.ts";
import type { PartReply, PartRequest, Querier } from "../promql/querier.ts";
import type { SeriesData } from "../promql/series-data.ts";
import type { Value } from "../promql/value.ts";

/** Seconds, and numbers of samples, under the names of Prometheus (util/stats). */
export type StatsBody = {
	readonly timings: Readonly<Record<string, number>>;
	readonly samples: { readonly totalQueryableSamples: number; readonly peakSamples: number };
};

export type MeteredQuerier = Querier & {
	/** The figures of the evaluation that began at `startedMs` and gave `value` just now. */
	stats(startedMs: number, value: Value): StatsBody;
};

/** A querier that counts what another one brings. `now` is in Unix milliseconds. */
export function meteredQuerier(querier: Querier, now: () => number): MeteredQuerier {
	let samples = 0;
	let fetchedMs: number | null = null;

	async function select(matchers: readonly Matcher[], startMs: number, endMs: number): Promise<readonly SeriesData[]> {
		const series = await querier.select(matchers, startMs, endMs);
		for (const { timestampsMs } of series) samples += timestampsMs.length;
		fetchedMs = now();
		return series;
	}

	async function evaluate(request: PartRequest): Promise<Result<PartReply, QueryFailure> | null> {
		const reply = (await querier.evaluate?.(request)) ?? null;
		if (reply?.ok === true) samples += reply.value.samples;
		fetchedMs = now();
		return reply;
	}

	function stats(startedMs: number, value: Value): StatsBody {
		const totalS = Math.max(0, now() - startedMs) / 1_000;
		const preparationS = Math.min(totalS, Math.max(0, (fetchedMs ?? startedMs) - startedMs) / 1_000);
		return {
			timings: {
				evalTotalTime: totalS,
				resultSortTime: 0,
				queryPreparationTime: preparationS,
				innerEvalTime: Math.round((totalS - preparationS) * 1_000) / 1_000,
				execQueueTime: 0,
				execTotalTime: totalS,
			},
			samples: { totalQueryableSamples: samples, peakSamples: samples + pointsOf(value) },
		};
	}

	return { ...querier, select, evaluate, stats };
}

function pointsOf(value: Value): number {
	if (value.kind === "vector") return value.samples.length;
	return value.kind === "matrix" ? value.series.reduce((sum, { timestampsMs }) => sum + timestampsMs.length, 0) : 1;
}
