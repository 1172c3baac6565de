/**
 * Who is told as long as nobody uploaded a configuration: by severity, each alert by itself and at once, with the receivers that
 * the deployment's variables name. Pure. The log hears of everything, so that nothing is ever said to nobody.
 */

import type { Channel } from "../model/channel.ts";
import {
	DAY_MS,
	DEFAULT_GROUP_INTERVAL_MS,
	FLAP_HOLD_MS,
	HOUR_MS,
	MINUTE_MS,
	RESOLVE_TIMEOUT_MS,
} from "../model/limits.ts";
import type { Matcher } from "../model/matcher.ts";
import type { EscalationStep, IntegrationConfig, ReceiverConfig, Route, RoutingConfig } from "../model/routing.ts";
import { matchersText } from "../routing/matcher-text.ts";
import { CHANNEL_ENTRIES } from "./channels/integrations.ts";

type Variables = Readonly<Record<string, unknown>>;

/** The channels of each severity. */
const CHANNELS_BY_SEVERITY: Readonly<Record<string, readonly Channel[]>> = {
	critical: ["email", "slack", "lark", "telegram", "webhook", "pagerduty"],
	warning: ["email", "slack"],
	info: ["email"],
};

/**
 * Further audiences: `RECEIVER_EMERGENCY_SLACK_URL` and the like fill them in. Alerts with the label `audience` go to them besides
 * the receiver of their severity; `emergency` is who is called when an alert is critical.
 */
const AUDIENCES = ["ops", "emergency", "task-failure", "security", "compliance", "users"] as const;

/** A repeat is due on the first look after its time: a millisecond less makes it fall on the whole minute. */
const EVERY = { critical: 5 * MINUTE_MS - 1, warning: HOUR_MS - 1, info: 4 * HOUR_MS - 1 } as const;

/** The configuration that the variables and secrets of a deployment stand for. */
export function defaultConfig(variables: Variables): RoutingConfig {
	const severities = Object.entries(CHANNELS_BY_SEVERITY).map(([name, channels]) =>
		receiverOf(name, variables, (channel) => channels.includes(channel)),
	);
	const audiences = AUDIENCES.map((name) => receiverOf(name, forAudience(variables, name), () => true)).filter(
		({ integrations }) => integrations.length > 1,
	);
	return {
		route: defaultRoute(audiences.map(({ name }) => name)),
		receivers: [...severities, ...audiences],
		inhibitRules: [],
		timeIntervals: {},
		resolveTimeoutMs: RESOLVE_TIMEOUT_MS,
		global: {},
	};
}

/** Channels that the default routes use, in the order in which health shows them. */
export const ROUTED_CHANNELS: readonly Channel[] = [...(CHANNELS_BY_SEVERITY["critical"] ?? []), "log"];

function receiverOf(name: string, variables: Variables, has: (channel: Channel) => boolean): ReceiverConfig {
	const integrations: IntegrationConfig[] = [];
	for (const { channel, fromEnvironment } of CHANNEL_ENTRIES) {
		if (channel === "log" || !has(channel)) continue;
		const settings = fromEnvironment(variables);
		if (settings !== null) integrations.push({ channel, sendResolved: true, settings });
	}
	integrations.push({ channel: "log", sendResolved: true, settings: {} });
	return { name, integrations };
}

/** `RECEIVER_SECURITY_SLACK_URL` as `RECEIVER_SLACK_URL`. */
function forAudience(variables: Variables, audience: string): Variables {
	const prefix = `RECEIVER_${audience.toUpperCase().replaceAll("-", "_")}_`;
	const own: Record<string, unknown> = {};
	for (const [name, value] of Object.entries(variables)) {
		if (name.startsWith(prefix)) own[`RECEIVER_${name.slice(prefix.length)}`] = value;
	}
	return own;
}

function defaultRoute(audiences: readonly string[]): Route {
	const hasEmergency = audiences.includes("emergency");
	const byAudience = audiences
		.filter((name) => name !== "emergency")
		.map((name) => child([{ name: "audience", op: "=", value: name }], name, EVERY.info, [], true));
	const bySeverity = [
		child([severity("critical|p0")], "critical", EVERY.critical, hasEmergency ? [step("emergency", 0)] : []),
		child([severity("warning|p1")], "warning", EVERY.warning, [step("critical", 30 * MINUTE_MS)]),
		child([severity("p2")], "warning", EVERY.warning, [step("critical", 2 * HOUR_MS)]),
		child([severity("info|p3")], "info", EVERY.info, [step("warning", DAY_MS)]),
	];
	return { ...node("{}", "info", EVERY.info, [], false), matchers: [], routes: [...byAudience, ...bySeverity] };
}

function child(
	matchers: readonly Matcher[],
	receiver: string,
	repeatMs: number,
	escalation: readonly EscalationStep[],
	isContinuing = false,
): Route {
	return { ...node(`{}/${matchersText(matchers)}`, receiver, repeatMs, escalation, isContinuing), matchers };
}

function node(
	key: string,
	receiver: string,
	repeatIntervalMs: number,
	escalation: readonly EscalationStep[],
	isContinuing: boolean,
): Omit<Route, "matchers"> {
	return {
		key,
		receiver,
		groupBy: "...",
		groupWaitMs: 0,
		groupIntervalMs: DEFAULT_GROUP_INTERVAL_MS,
		repeatIntervalMs,
		continue: isContinuing,
		muteTimeIntervals: [],
		activeTimeIntervals: [],
		escalation,
		flapHoldMs: FLAP_HOLD_MS,
		routes: [],
	};
}

function severity(names: string): Matcher {
	return { name: "severity", op: "=~", value: `(?i:${names})` };
}

function step(receiver: string, afterMs: number): EscalationStep {
	return { receiver, afterMs };
}
