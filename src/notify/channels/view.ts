/**
 * Cuts a story to what a medium can show: alerts are left out from the end and counted, texts are shortened in three
 * steps, so that many alerts in few words win over one in full. Pure. What is cut is cut before it is escaped.
 */
import { clip, largestCount, oneLine } from "./clip.ts";
import type { AlertStory, Pair, Story } from "./story.ts";

/** A story within bounds: what a renderer may show, all of it. */
export type View = Omit<Story, "labels" | "alerts"> & {
	readonly labels: readonly Pair[];
	readonly moreLabels: number;
	readonly alerts: readonly (AlertStory & { readonly moreLabels: number })[];
};

/** How much of each text is shown. */
type Detail = {
	readonly heading: number;
	readonly text: number;
	readonly labels: number;
	readonly name: number;
	readonly value: number;
};

const DETAILS: readonly [Detail, Detail, Detail] = [
	{ heading: 300, text: 2_000, labels: 20, name: 100, value: 200 },
	{ heading: 200, text: 300, labels: 8, name: 40, value: 60 },
	{ heading: 80, text: 80, labels: 3, name: 30, value: 30 },
];
/** With so many alerts shown in full (or all there are), texts are not shortened to show more of them. */
const ALERTS_WANTED = 5;

/** The fullest rendering that fits. Without any alert, in the fewest words, a story must fit its medium: it has 1,000 characters. */
export function fitStory<T>(story: Story, alertsMax: number, render: (view: View) => T, fits: (out: T) => boolean): T {
	const all = Math.min(story.alerts.length, alertsMax);
	for (const detail of DETAILS) {
		const count = largestCount(all, (some) => fits(render(viewOf(story, some, detail))));
		if (count >= Math.min(all, ALERTS_WANTED) || detail === DETAILS[2]) return render(viewOf(story, count, detail));
	}
	return render(viewOf(story, 0, DETAILS[2]));
}

function viewOf(story: Story, count: number, detail: Detail): View {
	return {
		...story,
		notes: story.notes.map((note) => clip(note, detail.heading)),
		receiver: oneLine(story.receiver, detail.name),
		labels: clipPairs(story.labels, detail),
		moreLabels: Math.max(0, story.labels.length - detail.labels),
		alerts: story.alerts.slice(0, count).map((alert) => ({
			...alert,
			heading: oneLine(alert.heading, detail.heading),
			description: clip(alert.description, detail.text),
			labels: clipPairs(alert.labels, detail),
			moreLabels: Math.max(0, alert.labels.length - detail.labels),
			reason: clip(alert.reason, detail.value),
			links: detail === DETAILS[2] ? [] : alert.links,
		})),
		omitted: story.omitted + story.alerts.length - count,
	};
}

/** On one line each: with a line feed in its value, a label could look like a line of our own. */
function clipPairs(pairs: readonly Pair[], detail: Detail): readonly Pair[] {
	return pairs
		.slice(0, detail.labels)
		.map(([name, value]) => [oneLine(name, detail.name), oneLine(value, detail.value)]);
}
