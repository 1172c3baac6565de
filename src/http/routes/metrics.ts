/** What was recorded, as JSON: all metrics, one metric, its series, its course and its latest samples. */
import * as v from "valibot";
import { DIRECTORY_CACHE_MS, FINE_SLOT_MS, HOUR_KEPT_MS, RECENT_SAMPLES_MAX, SHARDS_MAX } from "../../model/limits.ts";
import { invalidateDirectory } from "../../peers/directory.ts";
import { forget, range, recent, series, summary } from "../../peers/read.ts";
import { ask, catalogStub } from "../../peers/stubs.ts";
import { allMetrics } from "../../query/all-metrics.ts";
import { iso, rangeBody, recentBody, seriesBody, summaryBody } from "../../query/metric-body.ts";
import {
	DEFAULT_WINDOW,
	parseCount,
	parseDuration,
	parseJsonBody,
	parseMatchers,
	parseRange,
	parseSummary,
} from "../parse.ts";
import { json, problem } from "../reply.ts";
import type { Call, Route } from "../route.ts";

const Shards = v.strictObject({ count: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(SHARDS_MAX)) });

export const METRIC_ROUTES: readonly Route[] = [
	{ method: "GET", path: "/api/metrics", access: "observe", about: "all metrics in short; ?window=5m", answer: getAll },
	{
		method: "GET",
		path: "/api/metrics/:name",
		access: "observe",
		about: "one metric; ?window=&quantiles=&by=&match=",
		answer: getOne,
	},
	{
		method: "DELETE",
		path: "/api/metrics/:name",
		access: "admin",
		about: "forgets a metric, or series; ?match=",
		answer: remove,
	},
	{
		method: "PUT",
		path: "/api/metrics/:name/shards",
		access: "admin",
		about: 'spreads a hot metric over objects; {"count": 4}',
		answer: putShards,
	},
	{
		method: "GET",
		path: "/api/metrics/:name/series",
		access: "observe",
		about: "its series; ?match=",
		answer: getSeries,
	},
	{
		method: "GET",
		path: "/api/metrics/:name/range",
		access: "observe",
		about: "its course; ?window=24h&step=5m",
		answer: getRange,
	},
	{
		method: "GET",
		path: "/api/metrics/:name/recent",
		access: "observe",
		about: "its latest raw samples; ?limit=",
		answer: getRecent,
	},
];

async function getAll({ url, env, nowMs }: Call): Promise<Response> {
	const window = parseDuration(url, "window", DEFAULT_WINDOW, FINE_SLOT_MS, HOUR_KEPT_MS);
	if (!window.ok) return problem(window.failure);
	const all = await allMetrics(env, window.value, url.searchParams.get("prefix") ?? "", nowMs);
	if (!all.ok) return problem(all.failure);
	return json(all.value.metrics, 200, all.value.leftOut > 0 ? { "perdure-left-out": String(all.value.leftOut) } : {});
}

async function getOne({ url, env, params, nowMs }: Call): Promise<Response> {
	const request = parseSummary(url);
	if (!request.ok) return problem(request.failure);
	const answer = await summary(env, params["name"] ?? "", request.value, nowMs);
	return answer.ok ? json(summaryBody(answer.value, request.value)) : problem(answer.failure);
}

async function getSeries({ url, env, params, nowMs }: Call): Promise<Response> {
	const matchers = parseMatchers(url);
	if (!matchers.ok) return problem(matchers.failure);
	const answer = await series(env, params["name"] ?? "", matchers.value, nowMs);
	return answer.ok ? json(seriesBody(params["name"] ?? "", answer.value)) : problem(answer.failure);
}

async function getRange({ url, env, params, nowMs }: Call): Promise<Response> {
	const request = parseRange(url, nowMs);
	if (!request.ok) return problem(request.failure);
	const answer = await range(env, params["name"] ?? "", request.value, nowMs);
	return answer.ok ? json(rangeBody(answer.value, request.value)) : problem(answer.failure);
}

async function getRecent({ url, env, params, nowMs }: Call): Promise<Response> {
	const limit = parseCount(url, "limit", 100, RECENT_SAMPLES_MAX);
	if (!limit.ok) return problem(limit.failure);
	const answer = await recent(env, params["name"] ?? "", limit.value, nowMs);
	return answer.ok ? json(recentBody(params["name"] ?? "", answer.value)) : problem(answer.failure);
}

async function putShards({ request, env, params, nowMs }: Call): Promise<Response> {
	const body = await parseJsonBody(request, Shards);
	if (!body.ok) return problem(body.failure);
	// Two cache lifetimes and some: every isolate knows of it before it holds.
	const fromMs = nowMs + 3 * DIRECTORY_CACHE_MS;
	const name = params["name"] ?? "";
	const answer = await ask("catalog", () => catalogStub(env).scheduleShards(name, body.value.count, fromMs));
	if (!answer.ok) return problem(answer.failure);
	if (!answer.value.ok) return problem(answer.value.failure);
	invalidateDirectory();
	return json({
		name,
		shards: answer.value.value.shards.map((step) => ({ from: iso(step.fromMs), count: step.count })),
	});
}

async function remove({ url, env, params, nowMs }: Call): Promise<Response> {
	const matchers = parseMatchers(url);
	if (!matchers.ok) return problem(matchers.failure);
	const answer = await forget(env, params["name"] ?? "", matchers.value, nowMs);
	invalidateDirectory();
	return answer.ok ? json({ name: params["name"], seriesForgotten: answer.value }) : problem(answer.failure);
}
