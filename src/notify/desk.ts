/** Answers about alerts and groups as they stand: what fires, who mutes it, who was told. It reads; it changes nothing. */
import { err, ok, type Result } from "../lib/result.ts";
import type { AlertsQuery, AlertView, GroupView, Listed } from "../model/alerting-rpc.ts";
import { type Failure, invalid } from "../model/errors.ts";
import { ALERTS_PER_ANSWER_MAX } from "../model/limits.ts";
import { compileMatchers, compileRegex } from "../model/matcher.ts";
import type { MuteReason } from "../model/notification.ts";
import type { AlertBody, KeptAlert } from "./group/alert-rows.ts";
import type { Dispatcher } from "./group/dispatcher.ts";
import type { Group } from "./group/group.ts";
import { isResolved } from "./group/merge-alert.ts";
import type { Mutes } from "./mutes.ts";

type Parts = { readonly dispatcher: Dispatcher; readonly mutes: Mutes };
/** `inGroup`: receiver and mutes are those of this group; null: any of the alert's receivers, and what mutes it in all groups. */
type Wanted = (alert: KeptAlert, body: AlertBody, inGroup: Group | null) => AlertView | null;

/** Alerts that fire, by their id, so that an answer is the same as long as nothing changes. What has no place in it is counted. */
export function listAlerts(parts: Parts, query: AlertsQuery, nowMs: number): Result<Listed<AlertView>, Failure> {
	const wanted = compile(parts, query, nowMs);
	if (!wanted.ok) return wanted;
	const byId = new Map([...parts.dispatcher.alerts.values()].map((alert) => [alert.id, alert]));
	const items: AlertView[] = [];
	let total = 0;
	for (const [id, body] of parts.dispatcher.rows.bodies()) {
		const alert = byId.get(id);
		const view = alert === undefined ? null : wanted.value(alert, body, null);
		if (view === null) continue;
		total++;
		if (items.length < ALERTS_PER_ANSWER_MAX) items.push(view);
	}
	return ok({ items, shown: items.length, total });
}

/** Groups that have alerts which fire, by route and labels. Where the answer is full, a group has the alerts that found a place. */
export function listGroups(parts: Parts, query: AlertsQuery, nowMs: number): Result<Listed<GroupView>, Failure> {
	const wanted = compile(parts, query, nowMs);
	if (!wanted.ok) return wanted;
	const { dispatcher } = parts;
	const items: GroupView[] = [];
	let shown = 0;
	let total = 0;
	for (const group of dispatcher.groups.byId.values()) {
		const views: AlertView[] = [];
		for (const key of group.members) {
			const alert = dispatcher.alerts.get(key);
			const body = alert === undefined ? null : dispatcher.rows.body(alert.id);
			const view = alert === undefined || body === null ? null : wanted.value(alert, body, group);
			if (view === null) continue;
			total++;
			if (shown + views.length < ALERTS_PER_ANSWER_MAX) views.push(view);
		}
		if (views.length === 0) continue;
		shown += views.length;
		items.push(groupView(group, views, dispatcher.groups.looks.timeOf(group.row.id)));
	}
	items.sort((a, b) => (a.key < b.key ? -1 : 1));
	return ok({ items, shown, total });
}

function groupView(group: Group, alerts: readonly AlertView[], nextLookMs: number | null): GroupView {
	const { key, labels, acknowledged, escalated } = group.row;
	return {
		key,
		labels,
		receiver: group.route.receiver,
		alerts,
		acknowledged:
			acknowledged === null ? null : { by: acknowledged.by, comment: acknowledged.comment, atMs: acknowledged.atMs },
		escalated,
		nextLookMs,
	};
}

function compile({ dispatcher, mutes }: Parts, query: AlertsQuery, nowMs: number): Result<Wanted, Failure> {
	const test = compileMatchers(query.matchers);
	if (!test.ok) return err(invalid("filter", test.failure));
	const receiver = query.receiver === null ? null : compileRegex(query.receiver);
	if (receiver !== null && !receiver.ok) return err(invalid("receiver", receiver.failure));
	const byFingerprint = nameInhibitors(dispatcher);
	return ok((alert, body, inGroup) => {
		if (isResolved(alert, nowMs) || !test.value(body.labels)) return null;
		const groups = alert.groups.flatMap((id) => dispatcher.groups.byId.get(id) ?? []);
		const receivers = [...new Set(groups.map(({ route }) => route.receiver))];
		const asked = inGroup === null ? receivers : [inGroup.route.receiver];
		if (receiver !== null && !asked.some((name) => receiver.value.matches(name))) return null;
		const muted = [
			...mutes.of(body.labels, nowMs).map(byFingerprint),
			...groupMutes(inGroup === null ? groups : [inGroup], mutes, nowMs),
		];
		const isUnprocessed = muted.length === 0 && !groups.some(({ hasFlushed }) => hasFlushed);
		const state = muted.length > 0 ? "suppressed" : isUnprocessed ? "unprocessed" : "active";
		if (!query.active && state === "active") return null;
		if (!query.unprocessed && state === "unprocessed") return null;
		if (!query.silenced && muted.some(({ kind }) => kind === "silence")) return null;
		if (!query.inhibited && muted.some(({ kind }) => kind === "inhibition")) return null;
		// In a group that was asked for by its receiver, Alertmanager names no other.
		const named = receivers.filter((name) => inGroup === null || receiver === null || receiver.value.matches(name));
		return view(alert, body, state, muted, named);
	});
}

/** Who inhibits is named by the fingerprint that the alert shows, which is not the key of one of our own. */
function nameInhibitors({ alerts, rows }: Dispatcher): (reason: MuteReason) => MuteReason {
	const names = new Map<string, string>();
	return (reason) => {
		if (reason.kind !== "inhibition") return reason;
		const alert = alerts.get(reason.by);
		const known = names.get(reason.by) ?? (alert === undefined ? undefined : rows.body(alert.id)?.fingerprint);
		if (known === undefined) return reason;
		names.set(reason.by, known);
		return { kind: reason.kind, by: known };
	};
}

/** What mutes an alert in all of its groups. */
function groupMutes(groups: readonly Group[], mutes: Mutes, nowMs: number): MuteReason[] {
	const each = groups.map(({ route, row }): readonly MuteReason[] => {
		const { acknowledged } = row;
		if (acknowledged !== null) return [{ kind: "acknowledged", by: acknowledged.by }];
		return mutes.ofRoute(route, nowMs);
	});
	return each.some((reasons) => reasons.length === 0) ? [] : each.flat();
}

function view(
	alert: KeptAlert,
	body: AlertBody,
	state: AlertView["state"],
	mutedBy: readonly MuteReason[],
	receivers: readonly string[],
): AlertView {
	return {
		fingerprint: body.fingerprint,
		labels: body.labels,
		annotations: body.annotations,
		startsAtMs: alert.startsAtMs,
		endsAtMs: alert.endsAtMs,
		updatedAtMs: alert.updatedAtMs,
		generatorUrl: body.generatorUrl,
		state,
		mutedBy,
		receivers,
	};
}
