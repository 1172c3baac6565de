/**
 * What is asked of one metric, over all its shards: one question each, side by side, and one answer. Shards that do not answer are
 * named in it; when none does, that is a failure.
 */
import { err, ok, type Result } from "../lib/result.ts";
import type { Failure } from "../model/errors.ts";
import type { Matcher } from "../model/matcher.ts";
import type { MetricInfo } from "../model/metric.ts";
import type { Description } from "../model/metric-rpc.ts";
import type { Range, RangeRequest, RecentSample, SeriesInfo, Summary, SummaryRequest } from "../model/summary.ts";
import { directoryWith } from "./directory.ts";
import { fanOut } from "./fan-out.ts";
import { mergeDescriptions, mergeRecent, mergeSeriesInfos } from "./merge-lists.ts";
import { mergeRanges, mergeSummaries } from "./merge-summaries.ts";
import { shardObjects } from "./shards.ts";
import { ask, catalogStub, metricStub, type ObjectEnv } from "./stubs.ts";

/** An answer and the names of the objects that are not in it. */
export type Gathered<T> = { readonly value: T; readonly missing: readonly string[] };

/** What the catalog knows of a metric, or `not_found`. */
export async function metricInfo(env: ObjectEnv, name: string, nowMs: number): Promise<Result<MetricInfo, Failure>> {
	const directory = await directoryWith(env, nowMs, (known) => known.metric(name) !== null);
	if (!directory.ok) return directory;
	const info = directory.value.metric(name);
	return info === null ? err({ code: "not_found", what: `metric '${name}'` }) : ok(info);
}

export async function summary(
	env: ObjectEnv,
	name: string,
	request: SummaryRequest,
	nowMs: number,
): Promise<Result<Summary, Failure>> {
	const shards = await shardsOf(env, name, nowMs);
	if (!shards.ok) return shards;
	const several = shards.value.length > 1;
	const asked = several ? { ...request, sketches: true } : request;
	const answers = await askEach(shards.value, (object) => metricStub(env, object).summary(asked));
	if (!answers.ok || !several) return answers.ok ? ok(answers.value.values[0] as Summary) : answers;
	return ok(mergeSummaries(answers.value.values, request.quantiles, answers.value.missing));
}

export async function range(
	env: ObjectEnv,
	name: string,
	request: RangeRequest,
	nowMs: number,
): Promise<Result<Range, Failure>> {
	const shards = await shardsOf(env, name, nowMs);
	if (!shards.ok) return shards;
	const several = shards.value.length > 1;
	const asked = several ? { ...request, sketches: true } : request;
	const answers = await askEach(shards.value, (object) => metricStub(env, object).range(asked));
	if (!answers.ok || !several) return answers.ok ? ok(answers.value.values[0] as Range) : answers;
	return ok(mergeRanges(answers.value.values, request.quantiles, answers.value.missing));
}

/** All series that match, by label set. */
export async function series(
	env: ObjectEnv,
	name: string,
	matchers: readonly Matcher[],
	nowMs: number,
): Promise<Result<Gathered<readonly SeriesInfo[]>, Failure>> {
	const shards = await shardsOf(env, name, nowMs);
	if (!shards.ok) return shards;
	const answers = await askPlain(shards.value, (object) => metricStub(env, object).series(matchers));
	if (!answers.ok) return answers;
	return ok({ value: mergeSeriesInfos(answers.value.values), missing: answers.value.missing });
}

/** The latest raw samples, newest first, at most `limit`. */
export async function recent(
	env: ObjectEnv,
	name: string,
	limit: number,
	nowMs: number,
): Promise<Result<Gathered<readonly RecentSample[]>, Failure>> {
	const shards = await shardsOf(env, name, nowMs);
	if (!shards.ok) return shards;
	const answers = await askPlain(shards.value, (object) => metricStub(env, object).recent(limit));
	if (!answers.ok) return answers;
	return ok({ value: mergeRecent(answers.value.values, limit), missing: answers.value.missing });
}

/** How the metric's objects fare, added up. */
export async function describe(
	env: ObjectEnv,
	name: string,
	nowMs: number,
): Promise<Result<Gathered<Description>, Failure>> {
	const shards = await shardsOf(env, name, nowMs);
	if (!shards.ok) return shards;
	const answers = await askPlain(shards.value, (object) => metricStub(env, object).describe());
	if (!answers.ok) return answers;
	return ok({ value: mergeDescriptions(name, answers.value.values), missing: answers.value.missing });
}

/**
 * Deletes the series that match, or all when `matchers` is empty, and then the metric in the catalog too. Answers how many series
 * went. Fails if any shard did not answer: nothing but calling it again makes sure then, and that is harmless.
 */
export async function forget(
	env: ObjectEnv,
	name: string,
	matchers: readonly Matcher[],
	nowMs: number,
): Promise<Result<number, Failure>> {
	const info = await metricInfo(env, name, nowMs);
	if (!info.ok) return info;
	const objects = shardObjects(name, info.value.shards, nowMs);
	const answers = await fanOut(objects, (object) => metricStub(env, object).forget(matchers));
	const missing = answers.missing[0];
	if (missing !== undefined) return err({ code: "unavailable", what: missing, retryAfterS: 1 });
	if (matchers.length === 0) {
		// Named by its birth: samples that came in between made a new metric of the same name, which stays.
		const gone = await ask("catalog", () => catalogStub(env).forget(name, info.value.firstSeenMs));
		if (!gone.ok) return gone;
	}
	return ok(answers.answers.reduce((sum, answer) => sum + answer.value, 0));
}

async function shardsOf(env: ObjectEnv, name: string, nowMs: number): Promise<Result<readonly string[], Failure>> {
	const info = await metricInfo(env, name, nowMs);
	return info.ok ? ok(shardObjects(name, info.value.shards, nowMs)) : info;
}

type Answers<T> = { readonly values: readonly T[]; readonly missing: readonly string[] };

/** Asks all shards a question that each may refuse. One that never saw a sample has nothing to add. */
async function askEach<T>(
	objects: readonly string[],
	call: (object: string) => Promise<Result<T, Failure>>,
): Promise<Result<Answers<T>, Failure>> {
	const answers = await askPlain(objects, call);
	if (!answers.ok) return answers;
	const values: T[] = [];
	let refused: Failure | null = null;
	for (const answer of answers.value.values) {
		if (answer.ok) values.push(answer.value);
		// Not found is the weakest reason: another refusal says more.
		else if (refused === null || answer.failure.code !== "not_found") refused = answer.failure;
	}
	if (refused !== null && (values.length === 0 || refused.code !== "not_found")) return err(refused);
	return ok({ values, missing: answers.value.missing });
}

async function askPlain<T>(
	objects: readonly string[],
	call: (object: string) => Promise<T>,
): Promise<Result<Answers<T>, Failure>> {
	const { answers, missing } = await fanOut(objects, call);
	if (answers.length === 0) return err({ code: "unavailable", what: objects[0] ?? "metric", retryAfterS: 1 });
	return ok({ values: answers.map((answer) => answer.value), missing });
}
