/** Our own message for Telegram, in its HTML, and what becomes of HTML when it has to be plain text. Pure. */
import { CHAT_ALERTS_MAX, TELEGRAM_TEXT_CHARS_MAX } from "../../model/limits.ts";
import { escapeAngles, escapeHtml } from "./escape.ts";
import type { Pair, Story } from "./story.ts";
import { fitStory, type View } from "./view.ts";

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', "#39": "'", "#34": '"' };

/** HTML whose text, without markup, has at most 4,096 characters (UTF-16 units, so that it holds however they are counted). */
export function telegramHtml(story: Story): string {
	const fits = (html: string) => plainText(html).length <= TELEGRAM_TEXT_CHARS_MAX;
	return fitStory(story, CHAT_ALERTS_MAX, render, fits);
}

/** The text of HTML in Telegram's few tags and entities. */
export function plainText(html: string): string {
	return html
		.replace(/<\/?[a-zA-Z][^<>]*>/g, "")
		.replace(/&(lt|gt|amp|quot|#34|#39);/g, (_, name: string) => ENTITIES[name] as string);
}

function render(view: View): string {
	const { words } = view;
	const parts = [
		`<b>${escapeAngles(view.title)}</b>`,
		...view.notes.map((note) => `<i>${escapeAngles(note)}</i>`),
		view.labels.length === 0 ? "" : labelLine(view.labels, view.moreLabels, view),
		...view.alerts.map((alert) => `\n${alertText(alert, view)}`),
		view.omitted > 0 ? `\n<b>${escapeAngles(words.more(view.omitted))}</b>` : "",
		view.home === null ? "" : `\n${linkOf(words.open, view.home)}`,
	];
	return parts.filter((part) => part !== "").join("\n");
}

function alertText(alert: View["alerts"][number], view: View): string {
	const { words } = view;
	const lines = [
		`${alert.status === "firing" ? "🔴" : "🟢"} <b>${escapeAngles(alert.heading)}</b>`,
		escapeAngles(alert.description),
		alert.labels.length === 0 ? "" : labelLine(alert.labels, alert.moreLabels, view),
		alert.value === "" ? "" : `${words.value}: <b>${escapeAngles(alert.value)}</b>`,
		alert.when,
		alert.reason === "" ? "" : `${words.reason}: ${escapeAngles(alert.reason)}`,
		alert.links.map(({ text, url }) => linkOf(text, url)).join(" · "),
	];
	return lines.filter((line) => line !== "").join("\n");
}

function labelLine(labels: readonly Pair[], more: number, { words }: View): string {
	const shown = labels.map(([name, value]) => `<code>${escapeAngles(`${name}=${value}`)}</code>`).join(" ");
	return more > 0 ? `${shown} ${words.moreLabels(more)}` : shown;
}

function linkOf(text: string, url: string): string {
	return `<a href="${escapeHtml(url)}">${escapeAngles(text)}</a>`;
}
