/** An event of one of Perdure's own rules as a report: what the notifier keeps of it. Pure. */
import type { AlertEvent } from "../../model/alert.ts";
import { fingerprint } from "../../model/fingerprint.ts";
import { fitEvent } from "../fit-event.ts";
import { alertKey } from "./alert-key.ts";
import type { Report } from "./dispatcher.ts";

/** Own alerts end when their rule says so, and never by silence. An end is never in the future, whatever the clocks say. */
export function ownReport(given: AlertEvent, nowMs: number): Report {
	const event = fitEvent(given);
	const { labels, annotations, ruleId, reason, startsAtMs, endsAtMs } = event;
	return {
		key: alertKey(labels, ruleId),
		isOwn: true,
		body: {
			labels,
			annotations,
			generatorUrl: "",
			value: String(event.value),
			reason,
			fingerprint: fingerprint(labels),
			ruleId,
			home: event.home ?? null,
		},
		span: {
			startsAtMs,
			endsAtMs: event.kind === "firing" ? null : Math.min(endsAtMs ?? nowMs, nowMs),
			updatedAtMs: nowMs,
			isTimeout: false,
		},
	};
}
