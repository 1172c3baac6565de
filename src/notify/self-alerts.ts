/** What the notifier has to say of itself: a message that could not be delivered, a silence that is about to end. Pure. */
import { fingerprint } from "../model/fingerprint.ts";
import type { Labels } from "../model/labels.ts";
import { HOUR_MS } from "../model/limits.ts";
import type { Message } from "../model/message.ts";
import type { Silence } from "../model/routing.ts";
import { alertKey } from "./group/alert-key.ts";
import type { Report } from "./group/dispatcher.ts";

const DEAD = "PerdureDeliveryDead";
const SILENCE_ENDS = "PerdureSilenceEnds";

/**
 * Fires for an hour after the last delivery to a target died; null for a message that is about nothing else than that, however it
 * is grouped, or it would go round.
 */
export function deadLetterReport(
	target: string,
	{ groupKey, alerts }: Pick<Message, "groupKey" | "alerts">,
	error: string,
	nowMs: number,
): Report | null {
	if (alerts.every(({ labels }) => labels["alertname"] === DEAD)) return null;
	const annotations = {
		summary: `A notification to ${target} could not be delivered`,
		description: `It was given up: ${error}. What it said: ${groupKey}. GET /api/v1/deliveries?state=dead lists it; it can be replayed.`,
	};
	return report({ alertname: DEAD, severity: "critical", target }, annotations, nowMs, nowMs + HOUR_MS);
}

/** Fires until the silence ends. */
export function silenceEndReport(silence: Silence, nowMs: number): Report {
	const matchers = silence.matchers.map(({ name, op, value }) => `${name}${op}${JSON.stringify(value)}`).join(", ");
	const annotations = {
		summary: `The silence of ${silence.createdBy} ends at ${new Date(silence.endsAtMs).toISOString()}`,
		description: `It silences {${matchers}}: ${silence.comment}`,
	};
	return report(
		{ alertname: SILENCE_ENDS, severity: "info", silence: silence.id },
		annotations,
		nowMs,
		silence.endsAtMs,
	);
}

function report(
	labels: Labels,
	annotations: Readonly<Record<string, string>>,
	startsAtMs: number,
	endsAtMs: number,
): Report {
	return {
		key: alertKey(labels, null),
		isOwn: false,
		body: {
			labels,
			annotations,
			generatorUrl: "",
			value: null,
			reason: null,
			fingerprint: fingerprint(labels),
			ruleId: null,
			home: null,
		},
		span: { startsAtMs, endsAtMs, updatedAtMs: startsAtMs, isTimeout: true },
	};
}
