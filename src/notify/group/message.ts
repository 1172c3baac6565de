/** From a group's standing to a message: what its alerts have in common, in which order they stand, and how many fit. Pure. */
import type { Labels } from "../../model/labels.ts";
import { MESSAGE_ALERTS_MAX, MESSAGE_CHARS_MAX } from "../../model/limits.ts";
import type { Message, MessageAlert, MessageCause } from "../../model/message.ts";

export type MessageParts = {
	readonly receiver: string;
	readonly groupKey: string;
	readonly groupLabels: Labels;
	readonly alerts: readonly MessageAlert[];
	readonly externalUrl: string;
	readonly cause: MessageCause;
	readonly nowMs: number;
};

/** The message of a group. Alerts stand as Alertmanager sorts them; those beyond the bounds are counted. */
export function messageOf(parts: MessageParts): Message {
	const sorted = [...parts.alerts].sort(compareAlerts);
	const alerts = fitting(sorted);
	return {
		receiver: parts.receiver,
		status: sorted.some(({ status }) => status === "firing") ? "firing" : "resolved",
		groupKey: parts.groupKey,
		groupLabels: parts.groupLabels,
		commonLabels: common(sorted.map(({ labels }) => labels)),
		commonAnnotations: common(sorted.map(({ annotations }) => annotations)),
		alerts,
		truncatedAlerts: sorted.length - alerts.length,
		externalUrl: parts.externalUrl,
		cause: parts.cause,
		coalesced: 1,
		createdMs: parts.nowMs,
	};
}

/**
 * Two messages of one lane as one: the newer standing, and of the older one what the newer does not speak of any more. The
 * end of an alert stays beside its next beginning. Where there is no place for all, the newer standing goes first.
 */
export function coalesce(older: Message, newer: Message): Message {
	const said = new Set(newer.alerts.map(identity));
	const all = [...newer.alerts, ...older.alerts.filter((alert) => !said.has(identity(alert)))];
	const fit = fitting(all);
	return {
		...newer,
		commonLabels: common(all.map(({ labels }) => labels)),
		commonAnnotations: common(all.map(({ annotations }) => annotations)),
		alerts: fit.sort(compareAlerts),
		// What had no place in the older one has mostly none in the newer one either.
		truncatedAlerts: Math.max(older.truncatedAlerts, newer.truncatedAlerts) + all.length - fit.length,
		coalesced: older.coalesced + newer.coalesced,
	};
}

function identity({ fingerprint, startsAtMs }: MessageAlert): string {
	return `${fingerprint} ${startsAtMs}`;
}

/** Pairs that all of them have. */
function common(sets: readonly Readonly<Record<string, string>>[]): Record<string, string> {
	const [first = {}, ...others] = sets;
	return Object.fromEntries(
		Object.entries(first).filter(([name, value]) =>
			others.every((set) => Object.hasOwn(set, name) && set[name] === value),
		),
	);
}

/** As types.AlertSlice sorts: by job, by instance (who has none comes last), then label by label; what is equal by its start. */
function compareAlerts(a: MessageAlert, b: MessageAlert): number {
	for (const name of ["job", "instance"]) {
		const [hasA, hasB] = [Object.hasOwn(a.labels, name), Object.hasOwn(b.labels, name)];
		if (hasA !== hasB) return hasA ? -1 : 1;
		const order = compareText(a.labels[name] ?? "", b.labels[name] ?? "");
		if (order !== 0) return order;
	}
	return compareLabels(a.labels, b.labels) || a.startsAtMs - b.startsAtMs;
}

/** As model.LabelSet.Before: fewer labels first, then the first name or value that differs. */
function compareLabels(a: Labels, b: Labels): number {
	const [namesA, namesB] = [Object.keys(a).sort(), Object.keys(b).sort()];
	if (namesA.length !== namesB.length) return namesA.length - namesB.length;
	for (const name of [...new Set([...namesA, ...namesB])].sort()) {
		if (!Object.hasOwn(a, name)) return 1;
		if (!Object.hasOwn(b, name)) return -1;
		const order = compareText(a[name] as string, b[name] as string);
		if (order !== 0) return order;
	}
	return 0;
}

function compareText(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}

function fitting(alerts: readonly MessageAlert[]): MessageAlert[] {
	const fit: MessageAlert[] = [];
	let chars = 0;
	for (const alert of alerts.slice(0, MESSAGE_ALERTS_MAX)) {
		chars += JSON.stringify(alert).length;
		if (chars > MESSAGE_CHARS_MAX && fit.length > 0) break;
		fit.push(alert);
	}
	return fit;
}
