/**
 * From the checks to one word. Unhealthy only when the objects do not answer, since recording and alerting need nothing
 * else: D1 is for looking back, KV for others, R2 for the archive, and the queue only executes what the notifier keeps.
 */
import type { Config } from "../config.ts";
import { HEALTH_CACHE_MS } from "../model/limits.ts";
import { type Check, type CheckResult, type Health, runCheck } from "./check.ts";
import { adapters } from "./checks/adapters.ts";
import { database } from "./checks/d1.ts";
import { kv } from "./checks/kv.ts";
import { objects } from "./checks/objects.ts";
import { queue } from "./checks/queue.ts";
import { archive } from "./checks/r2.ts";
import { settings } from "./checks/settings.ts";

/** All checks. A new one is one file and one line here. */
export const CHECKS: readonly Check[] = [database, kv, queue, archive, objects, adapters, settings];

export type Verdict = { readonly status: Health; readonly checks: readonly CheckResult[]; readonly atMs: number };

/** One word for all results. */
export function judge(results: readonly Pick<CheckResult, "status" | "isVital">[]): Health {
	if (results.some(({ status, isVital }) => isVital && status === "unhealthy")) return "unhealthy";
	return results.every(({ status }) => status === "healthy") ? "healthy" : "degraded";
}

/** Healthy and degraded serve: 200. Unhealthy: 503, so that a probe that reads nothing but the status knows. */
export function statusCodeOf(health: Health): number {
	return health === "unhealthy" ? 503 : 200;
}

/** Runs checks side by side. */
export async function examine(checks: readonly Check[], env: Env, config: Config, nowMs: number): Promise<Verdict> {
	const results = await Promise.all(checks.map((check) => runCheck(check, env, config, nowMs)));
	return { status: judge(results), checks: results, atMs: nowMs };
}

/** This isolate's last verdict: probes cannot be used to hammer D1, KV or the objects. */
let last: Verdict | null = null;
let isRunning = false;

/** The verdict, at most HEALTH_CACHE_MS old; while one request examines, others get the one before. */
export async function currentVerdict(env: Env, config: Config, nowMs: number): Promise<Verdict> {
	if (last !== null && (isRunning || (nowMs >= last.atMs && nowMs - last.atMs < HEALTH_CACHE_MS))) return last;
	isRunning = true;
	try {
		last = await examine(CHECKS, env, config, nowMs);
		return last;
	} finally {
		isRunning = false;
	}
}
