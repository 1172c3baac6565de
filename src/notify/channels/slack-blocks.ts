/** Our own message for Slack: a header, and the alerts in a coloured attachment. Pure; everything foreign is escaped. */
import { CHAT_ALERTS_MAX, SLACK_BLOCKS_MAX, SLACK_SECTION_CHARS_MAX, TITLE_CHARS_MAX } from "../../model/limits.ts";
import { clip } from "./clip.ts";
import { escapeAngles, escapeCode } from "./escape.ts";
import type { Pair, Story } from "./story.ts";
import { fitStory, type View } from "./view.ts";

export type SlackBlock = { readonly type: string; readonly [key: string]: unknown };
export type SlackMessage = {
	/** What a notification shows, and clients that know no blocks. */
	readonly text: string;
	readonly blocks: readonly SlackBlock[];
	readonly attachments: readonly {
		readonly color: string;
		readonly fallback: string;
		readonly blocks: readonly SlackBlock[];
	}[];
};

export const SLACK_COLORS: Readonly<Record<Story["urgency"], string>> = {
	critical: "#d0021b",
	error: "#e8590c",
	warning: "#f2a900",
	info: "#2684ff",
	resolved: "#2eb67d",
};
/** Blocks of an attachment that are not alerts: notes, labels, what is left out, the foot, actions. */
const OTHER_BLOCKS = 6;

/** The message; `color` and `actions` are the settings' own, if they have some. */
export function slackMessage(story: Story, color: string | null, actions: readonly SlackBlock[]): SlackMessage {
	const alertsMax = Math.min(CHAT_ALERTS_MAX, SLACK_BLOCKS_MAX - OTHER_BLOCKS);
	return fitStory(story, alertsMax, (view) => render(view, color ?? SLACK_COLORS[story.urgency], actions), fits);
}

function render(view: View, color: string, actions: readonly SlackBlock[]): SlackMessage {
	const { words } = view;
	const blocks: SlackBlock[] = [
		...view.notes.map((note) => section(`_${escapeAngles(note)}_`)),
		...(view.labels.length > 0 ? [section(labelLine(view.labels, view.moreLabels, view))] : []),
		...view.alerts.map((alert) => section(alertText(alert, view))),
		...(view.omitted > 0 ? [section(`*${escapeAngles(words.more(view.omitted))}*`)] : []),
		...(actions.length > 0 ? [{ type: "actions", elements: actions }] : []),
		context(view),
	];
	const title = clip(view.title, TITLE_CHARS_MAX);
	return {
		text: escapeAngles(title),
		blocks: [{ type: "header", text: { type: "plain_text", text: withoutAngles(title), emoji: false } }],
		attachments: [{ color, fallback: escapeAngles(title), blocks }],
	};
}

function alertText(alert: View["alerts"][number], view: View): string {
	const { words } = view;
	const links = alert.links.map(({ text, url }) => `<${escapeAngles(url)}|${escapeAngles(text)}>`);
	const lines = [
		`${alert.status === "firing" ? "🔴" : "🟢"} *${escapeAngles(alert.heading.replace(/\s+/g, " "))}*`,
		escapeAngles(alert.description),
		alert.labels.length === 0 ? "" : labelLine(alert.labels, alert.moreLabels, view),
		alert.value === "" ? "" : `${words.value}: *${escapeAngles(alert.value)}*`,
		alert.when,
		alert.reason === "" ? "" : `${words.reason}: ${escapeAngles(alert.reason)}`,
		links.join(" · "),
	];
	return lines.filter((line) => line !== "").join("\n");
}

function labelLine(labels: readonly Pair[], more: number, { words }: View): string {
	const shown = labels.map(([name, value]) => `\`${escapeCode(name)}=${escapeCode(value)}\``).join(" ");
	return more > 0 ? `${shown} ${words.moreLabels(more)}` : shown;
}

function context({ words, receiver, home }: View): SlackBlock {
	const link = home === null ? "" : ` · <${escapeAngles(home)}|${words.open}>`;
	return { type: "context", elements: [{ type: "mrkdwn", text: escapeAngles(words.sentBy(receiver)) + link }] };
}

/** A header is plain text, which is not escaped: what looks like a mention or a link there is made to look otherwise. */
function withoutAngles(text: string): string {
	return text.replace(/</g, "‹").replace(/>/g, "›");
}

function section(text: string): SlackBlock {
	return { type: "section", text: { type: "mrkdwn", text } };
}

function fits({ attachments }: SlackMessage): boolean {
	const blocks = attachments[0]?.blocks ?? [];
	return blocks.every((block) => {
		const { text } = (block["text"] ?? {}) as { readonly text?: string };
		return (text ?? "").length <= SLACK_SECTION_CHARS_MAX;
	});
}
