/**
 * From a group's standing to a message: what its alerts have in common, in which order they stand, and how many fit. Pure.
 * Alerts come one after the other and only those that may fit are kept, however many a group has.
 */
import type { Labels } from "../../model/labels.ts";
import { MESSAGE_ALERTS_MAX, MESSAGE_CHARS_MAX } from "../../model/limits.ts";
import type { Message, MessageAlert, MessageCause } from "../../model/message.ts";

export type MessageParts = {
	readonly receiver: string;
	readonly groupKey: string;
	readonly groupLabels: Labels;
	readonly alerts: Gathered;
	readonly externalUrl: string;
	readonly cause: MessageCause;
	readonly nowMs: number;
};

/** Alerts of one message: those that stand in it, and what is to be said of all. */
export type Gathered = {
	/** As Alertmanager sorts them. */
	readonly alerts: readonly MessageAlert[];
	/** How many there are in all. */
	readonly total: number;
	readonly isFiring: boolean;
	readonly commonLabels: Labels;
	readonly commonAnnotations: Readonly<Record<string, string>>;
};

/** Goes through alerts once, keeping no more than twice what a message may have. */
export function gather(alerts: Iterable<MessageAlert>): Gathered {
	let first: MessageAlert[] = [];
	let total = 0;
	let isFiring = false;
	const labels = new Common();
	const annotations = new Common();
	for (const alert of alerts) {
		total++;
		isFiring ||= alert.status === "firing";
		labels.add(alert.labels);
		annotations.add(alert.annotations);
		first.push(alert);
		if (first.length >= 2 * MESSAGE_ALERTS_MAX) first = first.sort(compareAlerts).slice(0, MESSAGE_ALERTS_MAX);
	}
	const fit = fitting(first.sort(compareAlerts));
	return { alerts: fit, total, isFiring, commonLabels: labels.pairs, commonAnnotations: annotations.pairs };
}

/** The message of a group. Alerts beyond the bounds are counted. */
export function messageOf(parts: MessageParts): Message {
	const { alerts, total, isFiring, commonLabels, commonAnnotations } = parts.alerts;
	return {
		receiver: parts.receiver,
		status: isFiring ? "firing" : "resolved",
		groupKey: parts.groupKey,
		groupLabels: parts.groupLabels,
		commonLabels,
		commonAnnotations,
		alerts,
		truncatedAlerts: total - alerts.length,
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

function common(sets: readonly Readonly<Record<string, string>>[]): Readonly<Record<string, string>> {
	const found = new Common();
	for (const set of sets) found.add(set);
	return found.pairs;
}

/** Pairs that all of the sets have. */
class Common {
	#pairs: [name: string, value: string][] | null = null;

	add(set: Readonly<Record<string, string>>): void {
		if (this.#pairs === null) this.#pairs = Object.entries(set);
		else if (this.#pairs.some(([name, value]) => !has(set, name, value)))
			this.#pairs = this.#pairs.filter(([name, value]) => has(set, name, value));
	}

	get pairs(): Readonly<Record<string, string>> {
		return Object.fromEntries(this.#pairs ?? []);
	}
}

function has(set: Readonly<Record<string, string>>, name: string, value: string): boolean {
	return Object.hasOwn(set, name) && set[name] === value;
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
