/**
 * What a message says, in the words of a language but in no medium's markup: title, notes, alerts. Pure. Nothing is cut
 * and nothing is escaped yet, except the title: view.ts cuts to what a medium can show, and the medium escapes.
 */
import type { Labels } from "../../model/labels.ts";
import { TITLE_CHARS_MAX } from "../../model/limits.ts";
import type { Message, MessageAlert } from "../../model/message.ts";
import { oneLine } from "./clip.ts";
import { safeLink } from "./escape.ts";
import type { Language } from "./integration.ts";
import { formatLasted, formatTime, formatValue } from "./plain-values.ts";
import { URGENCIES, type Urgency, urgencyOf } from "./urgency.ts";
import { type Words, wordsOf } from "./words.ts";

export type Pair = readonly [name: string, value: string];
export type Link = { readonly text: string; readonly url: string };

export type AlertStory = {
	readonly status: Message["status"];
	/** Its summary, or its name. */
	readonly heading: string;
	/** "": there is none. The same holds for `value`. */
	readonly description: string;
	/** Those in which it differs from the others of the group. */
	readonly labels: readonly Pair[];
	readonly value: string;
	readonly when: string;
	/** Why it ended, if that is known. */
	readonly reason: string;
	readonly links: readonly Link[];
};

export type Story = {
	readonly status: Message["status"];
	readonly urgency: Urgency | "resolved";
	/** One line of at most TITLE_CHARS_MAX characters. */
	readonly title: string;
	readonly notes: readonly string[];
	/** Those that all alerts of the group have. */
	readonly labels: readonly Pair[];
	readonly alerts: readonly AlertStory[];
	/** Alerts of the group that are not in `alerts`. */
	readonly omitted: number;
	readonly receiver: string;
	/** Perdure's own address; null: not known. */
	readonly home: string | null;
	readonly words: Words;
	readonly language: Language;
};

/** Labels that the title already says. */
const IN_TITLE = new Set(["alertname", "severity"]);

/** The story of a message. `problem`: why the receiver's own templates could not be used; null: they were not needed. */
export function tellStory(message: Message, language: Language, problem: string | null): Story {
	const words = wordsOf(language);
	return {
		status: message.status,
		urgency: message.status === "resolved" ? "resolved" : worstOf(message),
		title: titleOf(message, words),
		notes: [
			words.cause(message.cause),
			message.coalesced > 1 ? words.coalesced(message.coalesced) : null,
			problem === null ? null : words.problem(problem),
		].filter((note) => note !== null),
		labels: pairsOf(message.commonLabels, (name) => !IN_TITLE.has(name)),
		alerts: message.alerts.map((alert) => tellAlert(alert, message, words)),
		omitted: message.truncatedAlerts,
		receiver: message.receiver,
		home: safeLink(message.externalUrl),
		words,
		language,
	};
}

/** The built-in title of a message, without the rest of its story. */
export function titleOf(message: Message, words: Words): string {
	const firing = message.alerts.filter((alert) => alert.status === "firing").length;
	const severity = message.commonLabels["severity"];
	const name = nameOf(message, words) + (severity === undefined || severity === "" ? "" : ` · ${severity}`);
	return oneLine(words.title(firing, message.alerts.length - firing, message.cause, name), TITLE_CHARS_MAX);
}

/** The alert's name if all have the same, else what the group was made of, else how many there are. */
function nameOf(message: Message, words: Words): string {
	const alertname = message.commonLabels["alertname"];
	if (alertname !== undefined && alertname !== "") return alertname;
	const group = Object.keys(message.groupLabels).sort();
	if (group.length > 0) return group.map((name) => message.groupLabels[name]).join(" · ");
	return words.alerts(message.alerts.length + message.truncatedAlerts);
}

function worstOf(message: Message): Urgency {
	const firing = message.alerts.filter((alert) => alert.status === "firing");
	const urgencies = new Set(firing.map((alert) => urgencyOf(alert.labels["severity"])));
	return URGENCIES.find((urgency) => urgencies.has(urgency)) ?? "error";
}

function tellAlert(alert: MessageAlert, message: Message, words: Words): AlertStory {
	const { annotations } = alert;
	const endMs = alert.endsAtMs;
	const start = formatTime(alert.startsAtMs);
	const lasted = formatLasted((endMs ?? message.createdMs) - alert.startsAtMs, words.units);
	return {
		status: alert.status,
		heading: annotations["summary"] || annotations["title"] || alert.labels["alertname"] || alert.fingerprint,
		description: annotations["description"] || annotations["message"] || "",
		labels: pairsOf(alert.labels, (name) => message.commonLabels[name] !== alert.labels[name]),
		value: alert.value === null ? "" : formatValue(alert.value),
		when: endMs === null ? words.since(start, lasted) : words.until(start, formatTime(endMs), lasted),
		reason: alert.reason === null ? "" : (words.reasons[alert.reason] ?? alert.reason),
		links: linksOf(alert, words),
	};
}

function linksOf(alert: MessageAlert, words: Words): readonly Link[] {
	const { annotations } = alert;
	const dashboard = annotations["dashboard_url"] ?? annotations["dashboardURL"] ?? annotations["panelURL"];
	const found = [
		{ text: words.runbook, url: safeLink(annotations["runbook_url"] ?? annotations["runbook"]) },
		{ text: words.dashboard, url: safeLink(dashboard) },
		{ text: words.source, url: safeLink(alert.generatorUrl) },
	];
	return found.flatMap(({ text, url }) => (url === null ? [] : [{ text, url }]));
}

function pairsOf(labels: Labels, wanted: (name: string) => boolean): readonly Pair[] {
	return Object.keys(labels)
		.filter(wanted)
		.sort()
		.map((name) => [name, labels[name] as string]);
}
