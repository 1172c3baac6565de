/** Our own mail in plain text, for clients that show no HTML and for search. Pure. */
import { EMAIL_PART_BYTES_MAX, MAIL_ALERTS_MAX } from "../../model/limits.ts";
import { utf8Bytes } from "./clip.ts";
import type { Story } from "./story.ts";
import { fitStory, type View } from "./view.ts";

/** The text of a mail. */
export function emailText(story: Story): string {
	return fitStory(story, MAIL_ALERTS_MAX, render, (text) => utf8Bytes(text) <= EMAIL_PART_BYTES_MAX);
}

function render(view: View): string {
	const { words } = view;
	const parts = [
		[view.title, ...view.notes].join("\n"),
		[...pairLines(view.labels), ...(view.moreLabels > 0 ? [words.moreLabels(view.moreLabels)] : [])].join("\n"),
		...view.alerts.map((alert) => alertText(alert, view)),
		view.omitted > 0 ? words.more(view.omitted) : "",
		`-- \n${words.sentBy(view.receiver)}${view.home === null ? "" : `\n${view.home}`}`,
	];
	return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function alertText(alert: View["alerts"][number], { words }: View): string {
	const lines = [
		`* ${alert.status === "firing" ? words.firing : words.resolved}: ${alert.heading}`,
		...alert.description.split("\n").map((line) => (line === "" ? "" : `  ${line}`)),
		...pairLines(alert.labels).map((line) => `  ${line}`),
		alert.moreLabels > 0 ? `  ${words.moreLabels(alert.moreLabels)}` : "",
		alert.value === "" ? "" : `  ${words.value}: ${alert.value}`,
		`  ${alert.when}`,
		alert.reason === "" ? "" : `  ${words.reason}: ${alert.reason}`,
		...alert.links.map(({ text, url }) => `  ${text}: ${url}`),
	];
	return lines.filter((line) => line !== "").join("\n");
}

function pairLines(pairs: View["labels"]): readonly string[] {
	return pairs.map(([name, value]) => `${name} = ${value}`);
}
