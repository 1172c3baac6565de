/** What the clock does: every job that cron runs. A new job is one file and one line here; one that fails never stops another. */
import { clockOffsetMs, nowMs } from "../lib/clock.ts";
import { flushSelf, selfCount } from "../peers/self-meter.ts";
import { installDefaults } from "./defaults.ts";
import { evaluate } from "./evaluate.ts";
import { fold } from "./fold.ts";
import { type JobRun, saveJobRuns } from "./history.ts";
import type { JobOutcome } from "./outcome.ts";
import { sweep } from "./sweep.ts";

type Job = { readonly name: string; readonly run: (env: Env, scheduledMs: number) => Promise<JobOutcome> };

const JOBS: readonly Job[] = [
	{ name: "defaults", run: installDefaults },
	{ name: "evaluate", run: evaluate },
	{ name: "sweep", run: sweep },
	{ name: "fold", run: fold },
];

/**
 * Runs all jobs side by side and waits for them; what one throws is logged and counted (`perdure.jobs_failed`). Then those that did
 * something, or failed, get a row in D1; if it does not take them, that is counted too (`perdure.history_failed`), and no more.
 */
export async function runJobs(
	scheduledMs: number,
	env: Env,
	waitUntil: (promise: Promise<unknown>) => void,
): Promise<void> {
	const runs = await Promise.all(JOBS.map((job) => run(job, env, scheduledMs)));
	if (!(await saveJobRuns(env.DB, scheduledMs + clockOffsetMs(), runs))) {
		selfCount("history_failed", 1, { table: "task_execution_records" });
		log("D1 did not take the log of jobs");
	}
	flushSelf(env, nowMs(), waitUntil);
}

async function run({ name, run: start }: Job, env: Env, scheduledMs: number): Promise<JobRun> {
	const startedMs = nowMs();
	let outcome: JobOutcome;
	try {
		outcome = await start(env, scheduledMs);
	} catch (error) {
		selfCount("jobs_failed", 1, { job: name });
		log(`job ${name} failed`, String(error));
		outcome = { kind: "failed", result: null, error: String(error) };
	}
	return { job: name, durationMs: nowMs() - startedMs, outcome };
}

function log(message: string, error?: string): void {
	console.error(JSON.stringify({ level: "error", message, error }));
}
