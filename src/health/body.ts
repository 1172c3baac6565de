/**
 * What the health answers look like: the shapes of the two seed documents, and application/health+json
 * (draft-inadarei-api-health-check-06). Pure. What is public holds no details.
 */
import { type Config, RELEASE } from "../config.ts";
import type { CheckResult, Health } from "./check.ts";
import type { Figures } from "./figures.ts";
import type { Verdict } from "./verdict.ts";

export const HEALTH_JSON = "application/health+json";

const STATUS: Readonly<Record<Health, string>> = { healthy: "pass", degraded: "warn", unhealthy: "fail" };

/** `GET /api/health`. */
export function basicBody({ status, atMs }: Verdict, config: Config): Record<string, unknown> {
	return { status, timestamp: new Date(atMs).toISOString(), version: RELEASE, environment: config.environment };
}

/** `GET /api/health/detailed`. */
export function detailedBody(verdict: Verdict, figures: Figures): Record<string, unknown> {
	return {
		status: verdict.status,
		timestamp: new Date(verdict.atMs).toISOString(),
		checks: Object.fromEntries(verdict.checks.map((check) => [check.name, checkBody(check)])),
		metrics: {
			uptime: figures.uptimeS,
			requestsProcessed: figures.requestsTotal,
			averageResponseTime: figures.averageResponseTimeMs,
		},
	};
}

/** `GET /health`. Without a token (`figures` is null) the figures and the names of tables are left out. */
export function serviceBody(verdict: Verdict, figures: Figures | null): Record<string, unknown> {
	const database = verdict.checks.find((check) => check.name === "database");
	const isConnected = database?.status === "healthy";
	const status = isConnected ? "connected" : "disconnected";
	const body = { status: verdict.status, timestamp: verdict.atMs, version: RELEASE };
	if (figures === null) return { ...body, database: { status } };
	return {
		...body,
		uptime: figures.uptimeS,
		metrics: {
			requests_total: figures.requestsTotal,
			requests_per_second: figures.requestsPerSecond,
			average_response_time: figures.averageResponseTimeMs,
			error_rate: figures.errorRate,
			cache_hit_rate: figures.cacheHitRate,
			active_api_keys: figures.activeTokens,
			healthy_api_keys: figures.activeTokens,
		},
		database: { status, tables: database?.figures?.["tables"] ?? [] },
	};
}

/** The same verdict as health+json; checks only for those who may see them. */
export function healthJsonBody(verdict: Verdict, config: Config, withChecks: boolean): Record<string, unknown> {
	const time = new Date(verdict.atMs).toISOString();
	const body = {
		status: STATUS[verdict.status],
		version: RELEASE.split(".")[0],
		releaseId: config.versionId ?? RELEASE,
		serviceId: config.serviceName,
		description: `${config.serviceName} (${config.environment})`,
	};
	if (!withChecks) return body;
	const checks = verdict.checks.map((check) => [
		`${check.name}:responseTime`,
		[
			{
				componentId: check.name,
				componentType: check.componentType,
				observedValue: check.responseTimeMs,
				observedUnit: "ms",
				status: STATUS[check.status],
				time,
				...(check.status === "healthy" ? {} : { output: check.details }),
			},
		],
	]);
	return { ...body, checks: Object.fromEntries(checks) };
}

/** Whether the caller prefers health+json. */
export function prefersHealthJson(accept: string | null): boolean {
	return accept?.toLowerCase().includes(HEALTH_JSON) === true;
}

function checkBody({ status, responseTimeMs, details, figures, parts }: CheckResult): Record<string, unknown> {
	// The receivers stand side by side, as in the seed's `adapters`.
	if (parts !== undefined && Object.keys(parts).length > 0) {
		return Object.fromEntries(
			Object.entries(parts).map(([name, part]) => [name, { ...part, responseTime: responseTimeMs }]),
		);
	}
	return { status, responseTime: responseTimeMs, ...figures, details };
}
