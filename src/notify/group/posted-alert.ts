/**
 * An alert that a sender outside posted (Alertmanager's API v2), checked: times filled in as Alertmanager's postAlerts does.
 * Pure. Empty labels are dropped; an alert without labels, or one that ends before it starts or has too long labels, is refused by itself.
 */
import { err, ok, type Result } from "../../lib/result.ts";
import type { PostedAlert } from "../../model/alerting-rpc.ts";
import { fingerprint } from "../../model/fingerprint.ts";
import { EVENT_CHARS_MAX } from "../../model/limits.ts";
import { fitEvent } from "../fit-event.ts";
import { RULE_LABEL } from "./alert-key.ts";
import type { Report } from "./dispatcher.ts";

/** The report, or what is wrong. Without an end it counts as ended when nothing is heard of it for `resolveTimeoutMs`. */
export function postedReport(alert: PostedAlert, resolveTimeoutMs: number, nowMs: number): Result<Report, string> {
	const labels = withoutEmpty(alert.labels);
	if (Object.keys(labels).length === 0) return err("at least one label pair required");
	// With it a sender could speak for an alert of our own.
	if (Object.hasOwn(labels, RULE_LABEL)) return err(`the label ${RULE_LABEL} is reserved`);
	const startsAtMs = alert.startsAtMs ?? alert.endsAtMs ?? nowMs;
	const endsAtMs = alert.endsAtMs ?? nowMs + resolveTimeoutMs;
	if (endsAtMs < startsAtMs) return err("start time must be before end time");
	// A row has an end, and one alert that is too large must not take the others of its call down.
	const { annotations, generatorUrl } = fitEvent({
		labels,
		annotations: alert.annotations,
		generatorUrl: alert.generatorUrl,
	});
	const chars = JSON.stringify({ labels, generatorUrl }).length;
	if (chars > EVENT_CHARS_MAX)
		return err(`its labels have ${chars} characters as JSON; the limit is ${EVENT_CHARS_MAX}`);
	const name = fingerprint(labels);
	return ok({
		// alertKey without a rule is the fingerprint.
		key: name,
		isOwn: false,
		body: {
			labels,
			annotations,
			generatorUrl,
			value: null,
			reason: null,
			fingerprint: name,
			ruleId: null,
			home: null,
		},
		span: { startsAtMs, endsAtMs, updatedAtMs: nowMs, isTimeout: alert.endsAtMs === null },
	});
}

function withoutEmpty(pairs: Readonly<Record<string, string>>): Record<string, string> {
	return Object.fromEntries(Object.entries(pairs).filter(([, value]) => value !== ""));
}
