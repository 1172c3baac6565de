/**
 * Who is told of an event, and in which order: the default route by severity, and the lane that keeps the news of one
 * alert in order. Pure. Whether a receiver is configured is not known here.
 */
import type { AlertEvent } from "../model/alert.ts";
import { labelsKey } from "../model/labels.ts";
import type { Severity } from "../model/notification.ts";

/** The receiver that is always there: what nobody else can be told of is not lost in silence. */
export const LOG_RECEIVER = "log";

/** Audiences by severity. */
const ROUTE: Readonly<Record<Severity, readonly string[]>> = {
	critical: ["email", "slack", "lark", "webhook"],
	warning: ["email", "slack"],
	info: ["email"],
};

/** Every receiver that a route names, the log last. */
export const ROUTED_RECEIVERS: readonly string[] = [...ROUTE.critical, LOG_RECEIVER];

/** The receivers of an event, by its label `severity` (unknown or none: as info), the log last. */
export function routeOf(event: AlertEvent): readonly string[] {
	const severity = (event.labels["severity"] ?? "").toLowerCase();
	return [...(isSeverity(severity) ? ROUTE[severity] : ROUTE.info), LOG_RECEIVER];
}

/** What goes to one receiver one after the other: the news of one alert (a rule and a label set). */
export function laneOf(event: AlertEvent, receiver: string): string {
	return `${receiver} ${event.ruleId} ${labelsKey(event.labels)}`;
}

function isSeverity(text: string): text is Severity {
	return Object.hasOwn(ROUTE, text);
}
