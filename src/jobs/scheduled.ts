/** What the clock does: every job that cron runs. A new job is one file and one line here; one that fails never stops another. */
import { nowMs } from "../lib/clock.ts";
import { flushSelf, selfCount } from "../peers/self-meter.ts";
import { installDefaults } from "./defaults.ts";
import { evaluate } from "./evaluate.ts";
import { sweep } from "./sweep.ts";

type Job = { readonly name: string; readonly run: (env: Env, scheduledMs: number) => Promise<unknown> };

const JOBS: readonly Job[] = [
	{ name: "defaults", run: installDefaults },
	{ name: "evaluate", run: evaluate },
	{ name: "sweep", run: sweep },
];

/** Runs all jobs side by side and waits for them; what one throws is logged and counted (`perdure.jobs_failed`). */
export async function runJobs(
	scheduledMs: number,
	env: Env,
	waitUntil: (promise: Promise<unknown>) => void,
): Promise<void> {
	await Promise.all(
		JOBS.map(async (job) => {
			try {
				await job.run(env, scheduledMs);
			} catch (error) {
				selfCount("jobs_failed", 1, { job: job.name });
				console.error(JSON.stringify({ level: "error", message: `job ${job.name} failed`, error: String(error) }));
			}
		}),
	);
	flushSelf(env, nowMs(), waitUntil);
}
