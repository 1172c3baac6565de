/**
 * What Alertmanager's API v2 answers, member by member as version 0.25 has it, so that its clients read it. Pure. Reasons that
 * it does not know (acknowledged, a time interval, flapping) are in Perdure's own answers only.
 */
import { stringify } from "yaml";
import { formatDuration } from "../lib/duration.ts";
import { formatRfc3339 } from "../lib/rfc3339.ts";
import type { AlertsQuery, AlertView, ConfigView, GroupView } from "../model/alerting-rpc.ts";
import type { Labels } from "../model/labels.ts";
import { RESOLVE_TIMEOUT_MS } from "../model/limits.ts";
import type { Route, Silence } from "../model/routing.ts";
import { compareTexts, matcherText } from "../routing/matcher-text.ts";
import { type SilenceState, silenceState } from "../routing/silence-match.ts";

/** The version of the API that is spoken: clients choose their requests by it. */
const API_VERSION = "0.25.0";
const STATE_ORDER: Readonly<Record<SilenceState, number>> = { active: 1, pending: 2, expired: 3 };

/** `GET /status`. `release`: what this build calls itself; `sinceMs`: when it began to answer. */
export function statusBody(config: ConfigView, release: string, sinceMs: number) {
	return {
		cluster: { status: "disabled", peers: [] },
		versionInfo: {
			version: API_VERSION,
			revision: release,
			branch: "perdure",
			buildUser: "",
			buildDate: "",
			goVersion: "",
		},
		config: { original: config.text ?? defaultText(config) },
		uptime: formatRfc3339(sinceMs),
	};
}

export function receiversBody(names: readonly string[]) {
	return names.map((name) => ({ name }));
}

/** Alerts by their fingerprints. */
export function alertsBody(alerts: readonly AlertView[], query: AlertsQuery, nowMs: number) {
	const bodies = alerts.map((alert) => alertBody(alert, nowMs));
	// What is held for a reason of ours alone counts as active here, in the filter too.
	const shown = query.active ? bodies : bodies.filter(({ status }) => status.state !== "active");
	return shown.sort((a, b) => compareTexts(a.fingerprint, b.fingerprint));
}

/** Groups by their labels, then by receiver. */
export function groupsBody(groups: readonly GroupView[], query: AlertsQuery, nowMs: number) {
	return [...groups]
		.sort((a, b) => compareLabels(a.labels, b.labels) || compareTexts(a.receiver, b.receiver))
		.map(({ labels, receiver, alerts }) => {
			return { alerts: alertsBody(alerts, query, nowMs), labels, receiver: { name: receiver } };
		})
		.filter(({ alerts }) => alerts.length > 0);
}

function alertBody(alert: AlertView, nowMs: number) {
	const mutedBy = (kind: string): string[] => alert.mutedBy.filter((one) => one.kind === kind).map(({ by }) => by);
	const silencedBy = mutedBy("silence");
	const inhibitedBy = mutedBy("inhibition");
	const isSuppressed = silencedBy.length + inhibitedBy.length > 0;
	const state = isSuppressed ? "suppressed" : alert.state === "unprocessed" ? "unprocessed" : "active";
	return {
		annotations: alert.annotations,
		// A rule of our own says when it is over, not before; clients want a time, and take one that is past for an end.
		endsAt: formatRfc3339(alert.endsAtMs ?? nowMs + RESOLVE_TIMEOUT_MS),
		fingerprint: alert.fingerprint,
		receivers: receiversBody(alert.receivers),
		startsAt: formatRfc3339(alert.startsAtMs),
		status: { inhibitedBy, silencedBy, state },
		updatedAt: formatRfc3339(alert.updatedAtMs),
		...(alert.generatorUrl !== "" && { generatorURL: alert.generatorUrl }),
		labels: alert.labels,
	};
}

/** Silences as Alertmanager sorts them: what ends next, what begins next, what ended last. */
export function silencesBody(silences: readonly Silence[], nowMs: number) {
	return [...silences].sort((a, b) => compareSilences(a, b, nowMs)).map((silence) => silenceBody(silence, nowMs));
}

export function silenceBody(silence: Silence, nowMs: number) {
	return {
		id: silence.id,
		status: { state: silenceState(silence, nowMs) },
		updatedAt: formatRfc3339(silence.updatedAtMs),
		comment: silence.comment,
		createdBy: silence.createdBy,
		endsAt: formatRfc3339(silence.endsAtMs),
		matchers: silence.matchers.map(({ name, op, value }) => {
			return { isEqual: op === "=" || op === "=~", isRegex: op === "=~" || op === "!~", name, value };
		}),
		startsAt: formatRfc3339(silence.startsAtMs),
	};
}

/** For `sort`: active ones first, then pending, then expired. */
export function compareSilences(a: Silence, b: Silence, nowMs: number): number {
	const state = silenceState(a, nowMs);
	const order = STATE_ORDER[state] - STATE_ORDER[silenceState(b, nowMs)];
	if (order !== 0) return order;
	if (state === "pending") return a.startsAtMs - b.startsAtMs;
	return state === "active" ? a.endsAtMs - b.endsAtMs : b.endsAtMs - a.endsAtMs;
}

/** As model.LabelSet.Before: fewer labels first, then the first name or value that differs. */
function compareLabels(a: Labels, b: Labels): number {
	const names = [Object.keys(a).sort(compareTexts), Object.keys(b).sort(compareTexts)] as const;
	if (names[0].length !== names[1].length) return names[0].length - names[1].length;
	for (const [i, name] of names[0].entries()) {
		const order = compareTexts(name, names[1][i] as string) || compareTexts(a[name] ?? "", b[name] ?? "");
		if (order !== 0) return order;
	}
	return 0;
}

/** The default as a file that Alertmanager's tools can read: routes and the names of receivers. */
function defaultText({ route, receivers }: ConfigView): string {
	const file = { route: routeWords(route), receivers: receivers.map((name) => ({ name })) };
	return `# nothing was uploaded: the default by severity; what its receivers send to is in the deployment's variables\n${stringify(file)}`;
}

function routeWords(route: Route): Readonly<Record<string, unknown>> {
	return {
		receiver: route.receiver,
		...(route.matchers.length > 0 && { matchers: route.matchers.map(matcherText) }),
		...(route.continue && { continue: true }),
		group_by: route.groupBy === "..." ? ["..."] : route.groupBy,
		group_wait: formatDuration(route.groupWaitMs),
		group_interval: formatDuration(route.groupIntervalMs),
		repeat_interval: formatDuration(route.repeatIntervalMs),
		...(route.routes.length > 0 && { routes: route.routes.map(routeWords) }),
	};
}
