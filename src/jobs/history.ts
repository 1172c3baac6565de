/** What of a run of cron goes to D1. The jobs have ended by then: when D1 is down, nothing but their rows is missing. */
import { saveTaskExecutions, type TaskExecution } from "../db/task-executions.ts";
import { settleWithin } from "../lib/async.ts";
import { HISTORY_TIMEOUT_MS } from "../model/limits.ts";
import type { JobOutcome } from "./outcome.ts";

/** One run of one job. */
export type JobRun = { readonly job: string; readonly durationMs: number; readonly outcome: JobOutcome };

/** The group under which the rows of all jobs stand. */
const GROUP = "cron";

/** Writes a row for each run that is not quiet, none at all on most minutes. False: D1 did not take them. */
export async function saveJobRuns(db: D1Database, scheduledMs: number, runs: readonly JobRun[]): Promise<boolean> {
	const rows = runs.flatMap((run) => rowOf(run, scheduledMs) ?? []);
	if (rows.length === 0) return true;
	const settled = await settleWithin(() => saveTaskExecutions(db, rows), HISTORY_TIMEOUT_MS);
	return settled.kind === "value" && settled.value.ok;
}

function rowOf({ job, durationMs, outcome }: JobRun, scheduledMs: number): TaskExecution | null {
	if (outcome.kind === "quiet") return null;
	const row = { scheduledMs, group: GROUP, task: job, durationMs, result: outcome.result };
	return outcome.kind === "failed"
		? { ...row, status: "failed", error: outcome.error }
		: { ...row, status: "success", error: null };
}
