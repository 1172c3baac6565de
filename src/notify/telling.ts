/**
 * Looks at the groups whose time has come, and turns what has to be said into deliveries. Everything of one look is written in
 * one transaction: the delivery, what the target was told, and who left the group. Killed before it, the next look says the same
 * under another id and nobody has heard the first; killed after it, the delivery is there and will leave.
 */
import { FLAP_CHANGES_MAX, FLAP_WINDOW_MS, MUTED_LOGGED_PER_LOOK_MAX } from "../model/limits.ts";
import type { LogEntry, MuteReason } from "../model/notification.ts";
import type { RoutingConfig } from "../model/routing.ts";
import { targetName } from "./configuration.ts";
import type { KeptAlert } from "./group/alert-rows.ts";
import type { Dispatcher } from "./group/dispatcher.ts";
import type { Group } from "./group/group.ts";
import { type LookResult, lookAt, type Member, type Saying, type Target } from "./group/look.ts";
import { isResolved } from "./group/merge-alert.ts";
import { type Gathered, gather, messageOf } from "./group/message.ts";
import { tickOf } from "./group/ticks.ts";
import { Words } from "./group/words.ts";
import type { Open } from "./lane.ts";
import type { Ledger, Outgoing } from "./ledger.ts";
import type { Mutes } from "./mutes.ts";

export type Parts = {
	readonly dispatcher: Dispatcher;
	readonly ledger: Ledger;
	readonly mutes: Mutes;
	readonly routing: RoutingConfig;
	readonly externalUrl: string;
};

/** What a run of looks did: deliveries that are stored, and what the log has to know. */
export type Told = { readonly opened: readonly Open[]; readonly log: readonly LogEntry[] };

/** Looks at up to `limit` groups whose time has come. Runs within one transaction of the caller. */
export function tellDue(parts: Parts, nowMs: number, limit: number): Told {
	const opened: Open[] = [];
	const log: LogEntry[] = [];
	for (let looks = 0; looks < limit; looks++) {
		const id = parts.dispatcher.groups.looks.due(nowMs);
		if (id === null) break;
		const group = parts.dispatcher.groups.byId.get(id);
		if (group === undefined) {
			parts.dispatcher.groups.looks.delete(id);
			continue;
		}
		const said = tellGroup(parts, group, nowMs);
		opened.push(...said.opened);
		log.push(...said.log);
	}
	parts.dispatcher.noteLooks(nowMs);
	return { opened, log };
}

/** One look at one group. */
export function tellGroup(parts: Parts, group: Group, nowMs: number): Told {
	const { dispatcher, ledger, mutes } = parts;
	const tickMs = tickOf(group.row.anchorMs, group.route.groupIntervalMs, nowMs);
	group.hasFlushed = true;
	const words = new Words(dispatcher.rows, dispatcher.alerts, group.members);
	const members = membersOf(parts, group, words, nowMs);
	const targets = targetsOf(parts, group, nowMs);
	const result = lookAt({
		members,
		targets,
		told: group.told,
		acknowledged: group.row.acknowledged,
		mutedBy: mutes.ofRoute(group.route, nowMs),
		heldBy: flapping(group, nowMs),
		repeatIntervalMs: group.route.repeatIntervalMs,
		tickMs,
	});
	const outgoing = outgoingOf(parts, group, result.sayings, words, nowMs);
	const log = mutedEntries(group, result, words, parts, nowMs);
	const opened = ledger.add(outgoing, nowMs);
	saveLook(parts, group, members, targets, result, nowMs);
	dispatcher.removeMembers(group, result.gone, nowMs);
	const muted = new Set(result.muted.map(({ key }) => key));
	group.looked = { atMs: nowMs, targets: new Set(targets.map(({ name }) => name)) };
	const wakes = [mutes.routeChangesMs(group.route, nowMs), flapEndMs(group, nowMs)].filter((ms) => ms !== null);
	dispatcher.groups.reschedule(group, dispatcher.alerts, muted, nowMs);
	if (muted.size > 0) for (const ms of wakes) dispatcher.groups.wakeAt(group, ms, nowMs);
	return { opened, log };
}

/** Who stands how. What an alert says matters only where its labels may mute it. */
function membersOf({ dispatcher, mutes }: Parts, group: Group, words: Words, nowMs: number): Member[] {
	const stands = (alert: KeptAlert, mutedBy: Member["mutedBy"]) => {
		return { key: alert.key, isFiring: !isResolved(alert, nowMs), mutedBy };
	};
	if (mutes.asksForLabels) {
		return Array.from(words.of(group.members), ([alert, { labels }]) => stands(alert, mutes.of(labels, nowMs)));
	}
	return [...group.members].flatMap((key) => {
		const alert = dispatcher.alerts.get(key);
		return alert === undefined ? [] : stands(alert, []);
	});
}

/** The integrations of the group's receiver, and of those that its escalation has reached. */
function targetsOf({ routing }: Parts, group: Group, nowMs: number): Target[] {
	const { firstToldMs, escalated } = group.row;
	const { escalation, receiver } = group.route;
	const reached = escalation.filter(
		({ afterMs }, step) => step < escalated || (firstToldMs === null ? afterMs === 0 : firstToldMs + afterMs <= nowMs),
	);
	const names = [receiver, ...reached.map((step) => step.receiver).filter((name) => name !== receiver)];
	return [...new Set(names)].flatMap((name, at) => {
		const integrations = routing.receivers.find((one) => one.name === name)?.integrations ?? [];
		return integrations.map(({ sendResolved }, index) => {
			return { name: targetName(name, index), receiver: name, sendResolved, isEscalation: at > 0 };
		});
	});
}

function outgoingOf(
	{ routing, externalUrl }: Parts,
	{ row }: Group,
	sayings: readonly Saying[],
	words: Words,
	nowMs: number,
): Outgoing[] {
	/** The same alerts for every target that hears of them. */
	const gathered = new Map<Saying["hears"], Gathered>();
	return sayings.flatMap(({ target, cause, hears, told }) => {
		const receiver = routing.receivers.find(({ name }) => name === target.receiver);
		const channel = receiver?.integrations[Number(target.name.slice(target.receiver.length + 1))]?.channel;
		if (hears === "nobody" || channel === undefined) return [];
		const keys = hears === "all" ? [...told.firing, ...told.resolved] : told.firing;
		const alerts = gathered.get(hears) ?? gather(words.messageAlerts(keys, nowMs));
		gathered.set(hears, alerts);
		const message = messageOf({
			receiver: target.receiver,
			groupKey: row.key,
			groupLabels: row.labels,
			alerts,
			externalUrl,
			cause,
			nowMs,
		});
		return [{ target: target.name, channel, message }];
	});
}

function saveLook(
	{ dispatcher }: Parts,
	group: Group,
	members: readonly Member[],
	targets: readonly Target[],
	{ sayings, gone, acknowledged }: LookResult,
	nowMs: number,
): void {
	const isFiring = members.some(({ isFiring }) => isFiring);
	const isNews = sayings.some(({ hears, cause }) => hears !== "nobody" && cause !== "repeat");
	const { escalation } = group.route;
	// Only escalation counts from there; without it the group's row need not be written again.
	const isTold = escalation.length > 0 && (hasToldFiring(group) || sayings.some(({ told }) => told.firing.size > 0));
	const reached = escalation.filter((step) => targets.some(({ receiver }) => receiver === step.receiver)).length;
	const recent = group.row.changesMs.filter((ms) => nowMs - ms < FLAP_WINDOW_MS);
	const changesMs = isNews && group.route.flapHoldMs !== null ? [...recent, nowMs].slice(-FLAP_CHANGES_MAX) : recent;
	const row = {
		...group.row,
		acknowledged,
		firstToldMs: isFiring && isTold ? (group.row.firstToldMs ?? nowMs) : null,
		escalated: isFiring && isTold ? Math.max(group.row.escalated, reached) : 0,
		changesMs: isNews ? changesMs : group.row.changesMs,
	};
	dispatcher.groups.saveLook(
		group,
		row,
		sayings.map(({ target, told }) => ({ target: target.name, ...told })),
		isLastLook(group, sayings, gone),
	);
}

function hasToldFiring({ told }: Group): boolean {
	for (const { firing } of told.values()) if (firing.size > 0) return true;
	return false;
}

/** After this look the group is over (`isOver`), and its rows go: they need not be written before. */
function isLastLook(group: Group, sayings: LookResult["sayings"], gone: readonly string[]): boolean {
	if (gone.length < group.members.size || group.route.flapHoldMs !== null) return false;
	const said = new Map(sayings.map(({ target, told }) => [target.name, told]));
	for (const [target, told] of group.told) if ((said.get(target) ?? told).firing.size > 0) return false;
	return sayings.every(({ told }) => told.firing.size === 0);
}

/** A group that spoke too often within the hour keeps quiet for a while; then it says how it stands. */
function flapping(group: Group, nowMs: number): MuteReason | null {
	const endMs = flapEndMs(group, nowMs);
	return endMs === null ? null : { kind: "flapping", by: `until ${new Date(endMs).toISOString()}` };
}

function flapEndMs({ row, route }: Group, nowMs: number): number | null {
	if (route.flapHoldMs === null) return null;
	const recent = row.changesMs.filter((ms) => nowMs - ms < FLAP_WINDOW_MS);
	const endMs = (recent.at(-1) ?? 0) + route.flapHoldMs;
	return recent.length < FLAP_CHANGES_MAX || endMs <= nowMs ? null : endMs;
}

/**
 * What was muted although a target does not know of it: once for each alert and reason, as the log's key has it. A flood is
 * noted in portions, the next one with the next look.
 */
function mutedEntries(
	group: Group,
	{ muted }: LookResult,
	words: Words,
	{ dispatcher }: Parts,
	nowMs: number,
): LogEntry[] {
	const reasons = new Map<string, string>();
	for (const { key, mutedBy } of muted) {
		if (reasons.size >= MUTED_LOGGED_PER_LOOK_MAX) break;
		const alert = dispatcher.alerts.get(key);
		const why = mutedBy.map(reasonText).join("; ");
		if (alert === undefined || isResolved(alert, nowMs) || group.said.get(key) === why) continue;
		reasons.set(key, why);
	}
	return Array.from(words.of(reasons.keys()), ([{ key, startsAtMs }, { fingerprint }]): LogEntry => {
		const why = reasons.get(key) ?? "";
		group.said.set(key, why);
		const { receiver } = group.route;
		return { kind: "muted", groupKey: group.row.key, receiver, fingerprint, startsAtMs, why, atMs: nowMs };
	});
}

/** `silence 5a0c...`, `inhibition by 3f...`, in words for the log. */
export function reasonText({ kind, by }: MuteReason): string {
	return kind === "inhibition" ? `inhibited by ${by}` : `${kind} ${by}`;
}
