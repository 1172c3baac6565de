/** From the news of one step to the event that is stored in the outbox and told. Its id names the fact, not the attempt. */
import type { AlertEvent } from "../model/alert.ts";
import { fingerprint, fingerprintOfText } from "../model/fingerprint.ts";
import type { Labels } from "../model/labels.ts";
import type { Rule } from "../model/rule.ts";
import { expandAll } from "./annotate.ts";
import type { News } from "./step.ts";

/**
 * The id of an event: the same for the same rule, label set, start and sequence, so that whoever gets it twice can see
 * it. Letters, digits and hyphens only, 60 characters or so: fit for a header.
 */
export function eventId(ruleId: string, labels: Labels, startsAtMs: number, sequence: number): string {
	return `${fingerprintOfText(ruleId)}-${fingerprint(labels)}-${startsAtMs}-${sequence}`;
}

/** What an event says of its rule; an object keeps it beside the states, to tell the end of a rule that is gone. */
export type RuleFace = Pick<Rule, "id" | "group" | "alert" | "annotations">;

/** The event of one alert. `labels` are those of the alert, with `alertname`; annotations are expanded with them. */
export function alertEvent(rule: RuleFace, labels: Labels, news: News): AlertEvent {
	return {
		id: eventId(rule.id, labels, news.startsAtMs, news.sequence),
		kind: news.kind,
		ruleId: rule.id,
		group: rule.group,
		alertname: rule.alert,
		labels,
		annotations: expandAll(rule.annotations, { labels, value: news.value }),
		value: news.value,
		startsAtMs: news.startsAtMs,
		endsAtMs: news.kind === "resolved" ? news.atMs : null,
		reason: news.reason,
		atMs: news.atMs,
	};
}
