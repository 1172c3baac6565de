/**
 * Which tick was the last, and which were begun and have not ended. Tick times only ever grow, over all groups: a tick that comes
 * late is refused, and nothing here waits for one whose Worker died. Pure.
 */
import type { TickReport } from "../model/catalog-rpc.ts";
import { FUTURE_MAX_MS, MINUTE_MS, TICK_LOST_AFTER_MS, UNREACHABLE_NAMED_MAX } from "../model/limits.ts";

/** A tick that was begun: its time, when it was begun, and the rules it was begun with. Unix milliseconds. */
export type OpenTick = { readonly tickMs: number; readonly begunMs: number; readonly rulesVersion: number };

export type TickState = {
	/** Time of the last tick that was begun; null: none yet. */
	readonly lastMs: number | null;
	readonly open: readonly OpenTick[];
	/** The report of the latest tick that ended. */
	readonly report: TickReport | null;
};

export const NO_TICKS: TickState = { lastMs: null, open: [], report: null };

/**
 * The state as it counts at `nowMs`. A last tick that lies ahead of the clock was made under a moved clock, which died with its
 * isolate: nothing is known then, or every tick would be refused until that time comes.
 */
export function asOf(state: TickState, nowMs: number): TickState {
	return state.lastMs !== null && state.lastMs > nowMs + FUTURE_MAX_MS ? NO_TICKS : state;
}

/**
 * The oldest tick time that is due by `nowMs`: for each interval the latest of its multiples, if that is newer than the last tick.
 * A minute is always among the intervals, so that the heart beats without any rules. Null: nothing is due.
 */
export function nextTickMs(state: TickState, intervalsMs: Iterable<number>, nowMs: number): number | null {
	// The first tick of all looks one minute back: what was due before this deployment is nobody's loss.
	const lastMs = state.lastMs ?? nowMs - MINUTE_MS;
	let next: number | null = null;
	for (const intervalMs of [MINUTE_MS, ...intervalsMs]) {
		const dueMs = tickOf(nowMs, intervalMs);
		if (dueMs > lastMs && (next === null || dueMs < next)) next = dueMs;
	}
	return next;
}

/** A time rounded down to a group's interval. */
export function tickOf(nowMs: number, intervalMs: number): number {
	return Math.floor(nowMs / intervalMs) * intervalMs;
}

/** Whether a group is due at a tick that `nextTickMs` gave for `nowMs`. */
export function isDue(intervalMs: number, tickMs: number, nowMs: number): boolean {
	return tickOf(nowMs, intervalMs) === tickMs;
}

/** The state once a tick is begun, and whether one before it was lost: then all homes must be asked for their events. */
export function begin(state: TickState, tick: OpenTick): { readonly state: TickState; readonly lost: boolean } {
	const open = state.open.filter((one) => !isLost(one, tick.begunMs));
	const lost = open.length < state.open.length;
	return { state: { ...state, lastMs: tick.tickMs, open: [...open, tick] }, lost };
}

/** The state once a tick has ended. A report that comes after a later one closes its tick and is not shown. */
export function end(state: TickState, report: TickReport): TickState {
	const open = state.open.filter((one) => one.tickMs !== report.tickMs);
	if (state.report !== null && state.report.tickMs > report.tickMs) return { ...state, open };
	const { unsettled: _, ...shown } = report;
	return { ...state, open, report: { ...shown, unreachable: report.unreachable.slice(0, UNREACHABLE_NAMED_MAX) } };
}

function isLost(tick: OpenTick, nowMs: number): boolean {
	return nowMs - tick.begunMs >= TICK_LOST_AFTER_MS;
}
