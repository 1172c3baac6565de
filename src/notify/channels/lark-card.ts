/**
 * Our own message for Lark and Feishu: an interactive card. Pure. Foreign text stands in plain_text elements only, where
 * nothing has a meaning: in lark_md an `<at id=all></at>` out of a label would call everyone.
 */
import { CHAT_ALERTS_MAX, LARK_BODY_BYTES_MAX, LARK_SIGNATURE_BYTES } from "../../model/limits.ts";
import { clipBytes, utf8Bytes } from "./clip.ts";
import type { Link, Pair, Story } from "./story.ts";
import { fitStory, type View } from "./view.ts";

type Element = { readonly tag: string; readonly [key: string]: unknown };

/** Colours of a card's header. */
const TEMPLATES: Readonly<Record<Story["urgency"], string>> = {
	critical: "red",
	error: "carmine",
	warning: "orange",
	info: "blue",
	resolved: "green",
};
const BYTES_MAX = LARK_BODY_BYTES_MAX - LARK_SIGNATURE_BYTES;

/** The body of a card, within 20 kB. */
export function larkMessage(story: Story): string {
	return fitStory(
		story,
		CHAT_ALERTS_MAX,
		(view) => card(view.title, story.urgency, elementsOf(view)),
		(body) => utf8Bytes(body) <= BYTES_MAX,
	);
}

/** The body of a card whose title and Markdown a receiver's templates made, cut to 20 kB. */
export function larkMarkdown(story: Story, title: string, markdown: string): string {
	const make = (text: string) => card(title, story.urgency, [{ tag: "markdown", content: text }]);
	let bytes = BYTES_MAX;
	let body = make(markdown);
	// JSON may write a byte as six; each round cuts by what is too much, and at least by half when that is not enough.
	while (utf8Bytes(body) > BYTES_MAX && bytes > 0) {
		bytes = Math.min(Math.floor(bytes / 2), bytes - (utf8Bytes(body) - BYTES_MAX));
		body = make(clipBytes(markdown, Math.max(0, bytes)));
	}
	return body;
}

function card(title: string, urgency: Story["urgency"], elements: readonly Element[]): string {
	return JSON.stringify({
		msg_type: "interactive",
		card: {
			config: { wide_screen_mode: true },
			header: { template: TEMPLATES[urgency], title: plain(title) },
			elements,
		},
	});
}

function elementsOf(view: View): readonly Element[] {
	const { words } = view;
	const alerts = view.alerts.flatMap((alert, at) => [
		...(at === 0 ? [] : [{ tag: "hr" }]),
		...alertElements(alert, view),
	]);
	const foot = {
		tag: "note",
		elements: [
			plain(words.sentBy(view.receiver)),
			...(view.home === null ? [] : [link({ text: words.open, url: view.home })]),
		],
	};
	return [
		...view.notes.map((note) => div(`ℹ️ ${note}`)),
		...(view.labels.length === 0 ? [] : [div(labelText(view.labels, view.moreLabels, view)), { tag: "hr" }]),
		...alerts,
		...(view.omitted > 0 ? [div(words.more(view.omitted))] : []),
		foot,
	];
}

function alertElements(alert: View["alerts"][number], view: View): readonly Element[] {
	const { words } = view;
	const facts: Pair[] = [
		...(alert.value === "" ? [] : [[words.value, alert.value] as const]),
		...(alert.reason === "" ? [] : [[words.reason, alert.reason] as const]),
	];
	const texts = [
		alert.description,
		alert.labels.length === 0 ? "" : labelText(alert.labels, alert.moreLabels, view),
		facts.map(([name, value]) => `${name}: ${value}`).join(" · "),
		alert.when,
	];
	return [
		div(`${alert.status === "firing" ? "🔴" : "🟢"} ${alert.heading}`),
		div(texts.filter((text) => text !== "").join("\n")),
		...(alert.links.length === 0 ? [] : [{ tag: "div", text: joined(alert.links) }]),
	];
}

function labelText(labels: readonly Pair[], more: number, { words }: View): string {
	const shown = labels.map(([name, value]) => `${name}=${value}`).join("  ");
	return more > 0 ? `${shown}  (${words.moreLabels(more)})` : shown;
}

/** Words of ours and addresses without brackets: the only Markdown of the card. */
function joined(links: readonly Link[]): Element {
	return { tag: "lark_md", content: links.map(({ text, url }) => `[${text}](${url})`).join(" · ") };
}

function link(one: Link): Element {
	return joined([one]);
}

function div(content: string): Element {
	return { tag: "div", text: plain(content) };
}

function plain(content: string): Element {
	return { tag: "plain_text", content };
}
