/**
 * Objects have no alarm of their own: they fold their journal when they are written to or read. This reads those that nobody else
 * touches, each once a day, spread over its minutes so that no cron run meets the platform's bound on calls. A missed minute waits a
 * day, which is harmless: nothing is lost, only folded later.
 */
import { clockOffsetMs, nowMs } from "../lib/clock.ts";
import { DAY_MS, MINUTE_MS, UNREACHABLE_NAMED_MAX } from "../model/limits.ts";
import type { MetricInfo } from "../model/metric.ts";
import { directoryOf } from "../peers/directory.ts";
import { fanOut } from "../peers/fan-out.ts";
import { hashOf, shardObjects } from "../peers/shards.ts";
import { metricStub } from "../peers/stubs.ts";
import { CATALOG_SILENT, type JobOutcome } from "./outcome.ts";

/**
 * Touches all objects whose minute of the day it is at `scheduledMs` (real time; a moved clock is added), and says how many answered.
 * Success is told once a day, in its first minute (UTC): a row for every minute would say the same 1,440 times.
 */
export async function sweep(env: Env, scheduledMs: number): Promise<JobOutcome> {
	const directory = await directoryOf(env, nowMs());
	if (!directory.ok) return { kind: "failed", result: null, error: CATALOG_SILENT };
	const atMs = scheduledMs + clockOffsetMs();
	const due = directory.value.metrics.filter((info) => minuteOf(info.name) === minuteAt(atMs));
	const objects = due.flatMap((info: MetricInfo) => shardObjects(info.name, info.shards, atMs));
	const swept = await fanOut(objects, (object) => metricStub(env, object).recent(1));
	const { answers, missing } = swept;
	const result = { metrics: directory.value.metrics.length, swept: answers.length };
	if (missing.length > 0) {
		const named = missing.slice(0, UNREACHABLE_NAMED_MAX);
		return { kind: "failed", result: { ...result, missing: named }, error: `${missing.length} objects did not answer` };
	}
	return { kind: minuteAt(atMs) === 0 ? "done" : "quiet", result };
}

/** The minute of the day in which a metric is swept, 0 to 1439. */
export function minuteOf(name: string): number {
	return hashOf(name) % (DAY_MS / MINUTE_MS);
}

function minuteAt(atMs: number): number {
	return Math.floor((atMs % DAY_MS) / MINUTE_MS);
}
