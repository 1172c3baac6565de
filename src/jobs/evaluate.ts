/**
 * The minute's tick, run by cron. Its time is when cron should have come, not when it came. It may die anywhere: events that no home
 * heard acknowledged come again with the next tick, and if cron stays away the catalog's alarm ticks.
 */
import { clockOffsetMs, nowMs } from "../lib/clock.ts";
import type { TickReport } from "../model/catalog-rpc.ts";
import { runTick } from "../peers/tick.ts";

/** Runs every tick that is due by `scheduledMs`, the real time for which cron was asked (a moved clock is added here). */
export function evaluate(env: Env, scheduledMs: number): Promise<readonly TickReport[]> {
	return runTick(env, scheduledMs + clockOffsetMs(), { by: "cron", clock: nowMs });
}
