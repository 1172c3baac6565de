/**
 * Figures that health shows, taken from what applications recorded (`api.requests`, `api.response_time`, `api.errors`,
 * `cache.hits`, `cache.misses`). What was never recorded is 0. Nothing here is measured by health itself.
 */
import { MINUTE_MS } from "../model/limits.ts";
import { directoryOf } from "../peers/directory.ts";
import { series, summary } from "../peers/read.ts";
import { catalogStub, type ObjectEnv } from "../peers/stubs.ts";

/** The figures of the last minutes are of this window. */
const WINDOW_MS = 5 * MINUTE_MS;

export type Figures = {
	readonly uptimeS: number;
	readonly requestsTotal: number;
	readonly requestsPerSecond: number;
	readonly averageResponseTimeMs: number;
	/** 0 to 1. */
	readonly errorRate: number;
	/** 0 to 1. */
	readonly cacheHitRate: number;
	readonly activeTokens: number;
};

/** Reads the figures. What does not answer counts as not recorded: health never fails for its figures. */
export async function readFigures(env: ObjectEnv, nowMs: number): Promise<Figures> {
	const [uptimeS, requestsTotal, requests, times, errors, hits, misses, activeTokens] = await Promise.all([
		uptimeSeconds(env, nowMs),
		total(env, "api.requests", nowMs),
		recently(env, "api.requests", nowMs),
		recently(env, "api.response_time", nowMs),
		recently(env, "api.errors", nowMs),
		recently(env, "cache.hits", nowMs),
		recently(env, "cache.misses", nowMs),
		validTokens(env, nowMs),
	]);
	return {
		uptimeS,
		requestsTotal,
		requestsPerSecond: round(requests.ratePerS),
		averageResponseTimeMs: round(times.count === 0 ? 0 : times.sum / times.count),
		errorRate: round(ratio(errors.sum, requests.sum)),
		cacheHitRate: round(ratio(hits.sum, hits.sum + misses.sum)),
		activeTokens,
	};
}

async function uptimeSeconds(env: ObjectEnv, nowMs: number): Promise<number> {
	try {
		const { servingSinceMs } = await catalogStub(env).heartbeat();
		return Math.max(0, Math.floor((nowMs - servingSinceMs) / 1_000));
	} catch {
		return 0;
	}
}

/** Sum over all series, since birth. */
async function total(env: ObjectEnv, name: string, nowMs: number): Promise<number> {
	const found = await series(env, name, [], nowMs);
	return found.ok ? found.value.value.reduce((sum, one) => sum + one.sum, 0) : 0;
}

async function recently(env: ObjectEnv, name: string, nowMs: number) {
	const request = { windowMs: WINDOW_MS, quantiles: [], by: { kind: "all" as const }, matchers: [], sketches: false };
	const found = await summary(env, name, request, nowMs);
	return (found.ok ? found.value.groups[0] : undefined) ?? { count: 0, sum: 0, ratePerS: 0 };
}

async function validTokens(env: ObjectEnv, nowMs: number): Promise<number> {
	const directory = await directoryOf(env, nowMs);
	if (!directory.ok) return 0;
	return directory.value.tokens.filter(({ expiresMs }) => expiresMs === null || expiresMs > nowMs).length;
}

function ratio(part: number, whole: number): number {
	return whole > 0 ? part / whole : 0;
}

function round(value: number): number {
	return Number.isFinite(value) ? Math.round(value * 10_000) / 10_000 : 0;
}
