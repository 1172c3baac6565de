/** The event that PagerDuty gets for a message, without the keys that are added when it is sent. Pure. */
import {
	PAGERDUTY_ALERTS_MAX,
	PAGERDUTY_BODY_BYTES_MAX,
	PAGERDUTY_FIELD_CHARS_MAX,
	PAGERDUTY_SUMMARY_CHARS_MAX,
} from "../../model/limits.ts";
import type { Message } from "../../model/message.ts";
import { oneLine, utf8Bytes } from "./clip.ts";
import { safeLink } from "./escape.ts";
import type { Story } from "./story.ts";
import { URGENCIES, urgencyOf } from "./urgency.ts";
import { fitStory, type View } from "./view.ts";

/** What the receiver's templates made, by place; empty when one of them failed. */
export type OwnFields = {
	readonly texts: Readonly<Record<string, string>>;
	readonly details: readonly string[];
	readonly images: number;
	readonly links: number;
};

/** The event's JSON, at most 500 kB. The details of the receiver's own are left out when they alone are too much. */
export function pagerdutyEvent(story: Story, message: Message, own: OwnFields): string {
	const fits = (body: string): boolean => utf8Bytes(body) <= PAGERDUTY_BODY_BYTES_MAX;
	const full = fitStory(story, PAGERDUTY_ALERTS_MAX, (view) => event(view, message, own), fits);
	if (fits(full)) return full;
	return fitStory(
		story,
		PAGERDUTY_ALERTS_MAX,
		(view) => event(view, message, { ...own, details: [], images: 0, links: 0 }),
		fits,
	);
}

function event(view: View, message: Message, own: OwnFields): string {
	const at = (place: string): string => own.texts[place] ?? "";
	/** PagerDuty shows these in a line of its own. */
	const short = (place: string): string => oneLine(at(place), PAGERDUTY_FIELD_CHARS_MAX);
	const client = short("client") || "Perdure";
	const clientUrl = safeLink(at("client_url")) ?? view.home;
	const links = times(own.links, (i) => ({ href: safeLink(at(`links[${i}].href`)), text: at(`links[${i}].text`) }));
	const images = times(own.images, (i) => ({
		src: safeLink(at(`images[${i}].src`)),
		alt: at(`images[${i}].alt`),
		href: safeLink(at(`images[${i}].href`)),
	}));
	return JSON.stringify({
		event_action: message.status === "firing" ? "trigger" : "resolve",
		client,
		...(clientUrl === null ? {} : { client_url: clientUrl }),
		payload: {
			summary: oneLine(at("description"), PAGERDUTY_SUMMARY_CHARS_MAX) || view.title,
			source: short("source") || sourceOf(message) || client,
			severity: severityOf(at("severity"), view),
			...Object.fromEntries(
				["class", "component", "group"].flatMap((key) => (short(key) === "" ? [] : [[key, short(key)]])),
			),
			custom_details: {
				...details(view, message),
				...Object.fromEntries(own.details.map((name) => [name, at(`details.${name}`)])),
			},
		},
		links: links.filter(({ href }) => href !== null),
		images: images
			.filter(({ src }) => src !== null)
			.map(({ href, ...rest }) => (href === null ? rest : { ...rest, href })),
	});
}

/** One of PagerDuty's four: the receiver's own word if it is one, or means one; else that of the alerts. */
function severityOf(own: string, { urgency }: View): string {
	if (own !== "") return urgencyOf(own);
	return URGENCIES.find((one) => one === urgency) ?? "info";
}

/** What the alerts have in common that names a place. */
function sourceOf({ commonLabels }: Message): string {
	const name = ["instance", "host", "service", "job"].find((label) => (commonLabels[label] ?? "") !== "");
	return name === undefined ? "" : oneLine(commonLabels[name] as string, PAGERDUTY_FIELD_CHARS_MAX);
}

/** Alertmanager's names for the details, so that rules made for them go on working. */
function details(view: View, message: Message): Readonly<Record<string, string>> {
	const firing = message.alerts.filter((alert) => alert.status === "firing").length;
	const of = (status: Message["status"]): string =>
		view.alerts
			.filter((alert) => alert.status === status)
			.map((alert) => alertText(alert, view))
			.join("\n\n");
	return {
		firing: of("firing"),
		resolved: of("resolved"),
		num_firing: String(firing),
		num_resolved: String(message.alerts.length - firing),
		...(view.labels.length === 0
			? {}
			: { labels: view.labels.map(([name, value]) => `${name} = ${value}`).join("\n") }),
		...(view.notes.length === 0 ? {} : { notes: view.notes.join("\n") }),
		...(view.omitted > 0 ? { more: view.words.more(view.omitted) } : {}),
	};
}

function alertText(alert: View["alerts"][number], { words }: View): string {
	const lines = [
		alert.heading,
		alert.description,
		...alert.labels.map(([name, value]) => ` - ${name} = ${value}`),
		alert.value === "" ? "" : `${words.value}: ${alert.value}`,
		alert.when,
		alert.reason === "" ? "" : `${words.reason}: ${alert.reason}`,
		...alert.links.map(({ text, url }) => `${text}: ${url}`),
	];
	return lines.filter((line) => line !== "").join("\n");
}

function times<T>(count: number, make: (index: number) => T): readonly T[] {
	return Array.from({ length: count }, (_, index) => make(index));
}
