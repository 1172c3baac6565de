/** Whether the time intervals of a route mute it at a moment. Pure; knows no alerts. */
import type { Route, RoutingConfig } from "../model/routing.ts";
import { holdsAny, nextChangeMs } from "./time-interval.ts";

/** Why a route is muted: it lies in a mute interval, or in none of its active ones. `names` are those of the file. */
export type TimeMute = { readonly kind: "mute" | "inactive"; readonly names: readonly string[] };
type Timed = Pick<Route, "muteTimeIntervals" | "activeTimeIntervals">;
type Intervals = RoutingConfig["timeIntervals"];

/** Null: not muted by time. */
export function timeMuteOf(route: Timed, intervals: Intervals, nowMs: number): TimeMute | null {
	const isIn = (name: string): boolean => holdsAny(intervalsOf(intervals, name), nowMs);
	const mutes = route.muteTimeIntervals.filter(isIn);
	if (mutes.length > 0) return { kind: "mute", names: mutes };
	const { activeTimeIntervals: actives } = route;
	return actives.length === 0 || actives.some(isIn) ? null : { kind: "inactive", names: actives };
}

/** When `timeMuteOf` may answer otherwise, at most about a day ahead; null: never. */
export function nextTimeMuteMs(route: Timed, intervals: Intervals, nowMs: number): number | null {
	const names = [...route.muteTimeIntervals, ...route.activeTimeIntervals];
	return nextChangeMs(
		names.flatMap((name) => intervalsOf(intervals, name)),
		nowMs,
	);
}

function intervalsOf(intervals: Intervals, name: string): Intervals[string] {
	return Object.hasOwn(intervals, name) ? (intervals[name] ?? []) : [];
}
