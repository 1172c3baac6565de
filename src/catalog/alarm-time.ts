/** When the catalog's alarm has to wake it: for the next tick of a group below a minute, else to see whether cron still comes. Pure. */
import { MINUTE_MS, WATCHDOG_AFTER_MS } from "../model/limits.ts";
import { tickOf } from "./tick-state.ts";

/** Milliseconds from now, at least 1. `lastMs`: the last tick, or since when this deployment serves. */
export function alarmInMs(intervalsMs: Iterable<number>, lastMs: number, nowMs: number): number {
	let wakeMs = lastMs + WATCHDOG_AFTER_MS;
	// Overdue: the tick is run now, and the next look is due when that one could be missing its successor.
	if (wakeMs <= nowMs) wakeMs = nowMs + WATCHDOG_AFTER_MS;
	for (const intervalMs of intervalsMs) {
		if (intervalMs < MINUTE_MS) wakeMs = Math.min(wakeMs, tickOf(nowMs, intervalMs) + intervalMs);
	}
	return Math.max(1, wakeMs - nowMs);
}

/** Whether the alarm has to run a tick itself rather than leave it to cron. */
export function isTickOfAlarm(intervalsMs: Iterable<number>, lastMs: number, nowMs: number): boolean {
	if (nowMs - lastMs >= WATCHDOG_AFTER_MS) return true;
	for (const intervalMs of intervalsMs) if (intervalMs < MINUTE_MS) return true;
	return false;
}
