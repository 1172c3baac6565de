/** A message in the shape of Alertmanager's webhook, version 4, so that receivers people already wrote keep working. Pure. */
import { quoteMeta } from "../../lib/quote-meta.ts";
import { WEBHOOK_BODY_BYTES_MAX } from "../../model/limits.ts";
import type { Message, MessageAlert } from "../../model/message.ts";
import { clip, largestCount, utf8Bytes } from "./clip.ts";
import { formatRfc3339 } from "./plain-values.ts";

/** What Alertmanager writes while an alert fires: the zero time of Go. */
const NO_END = "0001-01-01T00:00:00Z";
/** Characters of a value, when one alert alone is too much. */
const VALUE_CHARS = [Number.POSITIVE_INFINITY, 2_000, 200, 20] as const;

/** The payload with at most `maxAlerts` alerts (0: all) and WEBHOOK_BODY_BYTES_MAX bytes; the rest is counted. */
export function webhookPayload(message: Message, maxAlerts: number): string {
	const all = maxAlerts === 0 ? message.alerts.length : Math.min(maxAlerts, message.alerts.length);
	for (const chars of VALUE_CHARS) {
		const bodies = new Map<number, string>();
		const body = (count: number): string => {
			const made = bodies.get(count) ?? JSON.stringify(payload(message, count, chars));
			bodies.set(count, made);
			return made;
		};
		const count = largestCount(all, (some) => utf8Bytes(body(some)) <= WEBHOOK_BODY_BYTES_MAX);
		if (count > 0) return body(count);
	}
	return JSON.stringify(payload({ ...message, groupLabels: {}, commonLabels: {}, commonAnnotations: {} }, 0, 20));
}

function payload(message: Message, count: number, chars: number): object {
	return {
		version: "4",
		groupKey: message.groupKey,
		truncatedAlerts: message.truncatedAlerts + message.alerts.length - count,
		status: message.status,
		// Alertmanager writes it as its API wants it, as a regular expression.
		receiver: quoteMeta(message.receiver),
		groupLabels: shorten(message.groupLabels, chars),
		commonLabels: shorten(message.commonLabels, chars),
		commonAnnotations: shorten(message.commonAnnotations, chars),
		externalURL: message.externalUrl,
		alerts: message.alerts.slice(0, count).map((alert) => alertPayload(alert, chars)),
	};
}

function alertPayload(alert: MessageAlert, chars: number): object {
	return {
		status: alert.status,
		labels: shorten(alert.labels, chars),
		annotations: shorten(alert.annotations, chars),
		startsAt: formatRfc3339(alert.startsAtMs),
		endsAt: alert.endsAtMs === null ? NO_END : formatRfc3339(alert.endsAtMs),
		generatorURL: alert.generatorUrl,
		fingerprint: alert.fingerprint,
	};
}

function shorten(values: Readonly<Record<string, string>>, chars: number): Readonly<Record<string, string>> {
	if (chars === Number.POSITIVE_INFINITY) return values;
	return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, clip(value, chars)]));
}
