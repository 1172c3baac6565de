/**
 * One group in memory: its members, what its targets were told, and when it has to be looked at next. A copy of the
 * notifier's tables and rebuilt from them; it never writes.
 */
import { FLAP_WINDOW_MS } from "../../model/limits.ts";
import type { Route } from "../../model/routing.ts";
import type { KeptAlert } from "./alert-rows.ts";
import type { GroupRow, Looked, ToldRow } from "./group-rows.ts";
import { isResolved } from "./merge-alert.ts";
import { tickAfter, tickAt } from "./ticks.ts";

export type Group = {
	row: GroupRow;
	readonly route: Route;
	/** Keys of its alerts. */
	readonly members: Set<string>;
	/** By target (`receiver/0`). */
	readonly told: Map<string, ToldRow>;
	/** It has been looked at since its anchor: from now on only at whole intervals. */
	hasFlushed: boolean;
	/** When it was looked at last, and to whom it spoke; null: not since it was read from the tables. */
	looked: { readonly atMs: number; readonly targets: ReadonlySet<string> } | null;
	/** What the log knows of muted members, by key; after a restart it is told again, under the same key. */
	readonly said: Map<string, string>;
};

/** How far the looks had come when a group was read from the tables, and whom it tells now. */
export type Read = Looked & { readonly targets: readonly string[] };

/** Whether nobody has to be told anything of this group any more, and it has not just been flapping: it may be forgotten. */
export function isOver(group: Group, nowMs: number): boolean {
	if (group.members.size > 0) return false;
	const lastMs = group.row.changesMs.at(-1);
	if (group.route.flapHoldMs !== null && lastMs !== undefined && nowMs - lastMs < FLAP_WINDOW_MS) return false;
	for (const told of group.told.values()) if (told.firing.size > 0) return false;
	return true;
}

/**
 * When this group has to be looked at next; null: when something happens to it. After a look `seen` are the members that said
 * nothing in it, since they were muted. For a group that was read from the tables it is how far the looks had come: what was
 * missed since is due in the past, and what was looked at in vain is due on the next tick.
 */
export function nextLookMs(
	group: Group,
	alerts: ReadonlyMap<string, KeptAlert>,
	seen: ReadonlySet<string> | Read,
	nowMs: number,
): number | null {
	const { anchorMs } = group.row;
	const { groupIntervalMs } = group.route;
	const muted = "untilMs" in seen ? null : seen;
	const read = "untilMs" in seen ? seen : null;
	// The first tick from now on that was not looked at.
	const openMs = tickAt(anchorMs, groupIntervalMs, Math.max((read?.untilMs ?? 0) + 1, nowMs));
	let next = Number.POSITIVE_INFINITY;
	let isFiring = false;
	for (const key of group.members) {
		const alert = alerts.get(key);
		if (alert === undefined) continue;
		const hasEnded = isResolved(alert, nowMs);
		if (!hasEnded && muted?.has(key) !== true) isFiring = true;
		if (alert.endsAtMs !== null && alert.endsAtMs > nowMs)
			next = Math.min(next, tickAt(anchorMs, groupIntervalMs, alert.endsAtMs));
		if (read === null || (!hasEnded && isTold(group, key, read.targets))) continue;
		next = Math.min(
			next,
			wasLookedAt(group, alert, hasEnded, read) ? openMs : tickOfChange(group, alert, hasEnded, read),
		);
	}
	const dueMs = isFiring ? dueAt(group) : Number.POSITIVE_INFINITY;
	// A repeat that was missed is no news: it keeps to the ticks.
	next = Math.min(next, read !== null && dueMs <= nowMs ? openMs : dueMs);
	return Number.isFinite(next) ? next : null;
}

/** Whether a member that says nothing was looked at since it last changed: then it is muted. */
function wasLookedAt(
	{ row, route }: Group,
	{ id, updatedAtMs, endsAtMs }: KeptAlert,
	hasEnded: boolean,
	read: Read,
): boolean {
	const changedMs = Math.max(updatedAtMs, hasEnded ? (endsAtMs ?? 0) : 0);
	return id < read.nextAlertId && tickAt(row.anchorMs, route.groupIntervalMs, changedMs) <= read.untilMs;
}

/** The tick on which a member may have something to say. What came with a tick waits for the next, but for the first flush. */
function tickOfChange(group: Group, { updatedAtMs, endsAtMs }: KeptAlert, hasEnded: boolean, read: Read): number {
	const { anchorMs } = group.row;
	const isFirst = group.told.size === 0 && anchorMs > read.untilMs;
	const changedMs = isFirst ? updatedAtMs : Math.max(updatedAtMs + 1, hasEnded ? (endsAtMs ?? 0) : 0);
	return tickAt(anchorMs, group.route.groupIntervalMs, changedMs);
}

/** The tick of the next repeat, or of the next step of the escalation; infinite: there is none. */
function dueAt({ row, route, told, looked }: Group): number {
	const { anchorMs, firstToldMs, escalated, acknowledged } = row;
	const { groupIntervalMs, repeatIntervalMs, escalation } = route;
	let next = Number.POSITIVE_INFINITY;
	if (acknowledged !== null) return next;
	for (const { target, firing, atMs } of told.values()) {
		// Who was told once and is no target any more waits for nothing.
		if (firing.size === 0 || looked?.targets.has(target) === false) continue;
		next = Math.min(next, tickAfter(anchorMs, groupIntervalMs, atMs + repeatIntervalMs));
	}
	const step = escalation[escalated];
	if (step !== undefined && firstToldMs !== null) {
		next = Math.min(next, tickAt(anchorMs, groupIntervalMs, firstToldMs + step.afterMs));
	}
	return next;
}

function isTold({ told }: Group, key: string, targets: readonly string[]): boolean {
	return targets.every((target) => told.get(target)?.firing.has(key) === true);
}
