/** The tests' side of the receiver: tells it how to answer, asks what came; and events to send it. */
import { env } from "cloudflare:workers";
import type { AlertEvent } from "../../src/model/alert.ts";
import type { Message } from "../../src/model/message.ts";
import type { Delivery } from "../../src/model/notification.ts";
import type { Answer, Received } from "./receiver-server.ts";

export const RECEIVER_URL = (env as unknown as Record<string, string>)["RECEIVER_WEBHOOK_URL"] ?? "";

/** How the receiver answers the next messages about an alert; afterwards 200. */
export async function script(alert: string, answers: readonly Answer[]): Promise<void> {
	const url = new URL(`/script?alert=${encodeURIComponent(alert)}`, RECEIVER_URL);
	await (await fetch(url, { method: "POST", body: JSON.stringify(answers) })).text();
}

/** What came about an alert, in order. */
export async function received(alert: string): Promise<readonly Received[]> {
	return (await fetch(new URL(`/received?alert=${encodeURIComponent(alert)}`, RECEIVER_URL))).json();
}

/** Waits until `done` says so of what came. */
export async function until(
	alert: string,
	done: (all: readonly Received[]) => boolean,
	timeoutMs = 20_000,
): Promise<readonly Received[]> {
	const end = Date.now() + timeoutMs;
	for (;;) {
		const all = await received(alert);
		if (done(all)) return all;
		if (Date.now() > end) throw new Error(`the receiver got ${all.map((one) => `${one.status}:${one.answered}`)}`);
		await new Promise((resolve) => setTimeout(resolve, 25));
	}
}

export function event(alertname: string, change: Partial<AlertEvent> = {}): AlertEvent {
	const kind = change.kind ?? "firing";
	return {
		id: `g/${alertname}/1/${kind}`,
		kind,
		ruleId: `g/${alertname}`,
		group: "g",
		alertname,
		labels: { alertname, severity: "critical" },
		annotations: { summary: "it burns" },
		value: 1,
		startsAtMs: Date.UTC(2026, 0, 1),
		endsAtMs: kind === "resolved" ? Date.UTC(2026, 0, 1, 1) : null,
		reason: kind === "resolved" ? "recovered" : null,
		atMs: Date.UTC(2026, 0, 1),
		...change,
	};
}

/** The key of the group that the default route makes of an alert by `event`. */
export function groupKeyOf(alertname: string): string {
	return `{}/{severity=~"(?i:critical|p0)"}:{alertname="${alertname}", severity="critical"}`;
}

export function delivery(alertname: string, change: Partial<Delivery> = {}): Delivery {
	return {
		id: `msg_${"0".repeat(30)}`,
		receiver: "critical",
		target: "critical/0",
		channel: "webhook",
		saidId: `msg_${"0".repeat(30)}`,
		groupKey: groupKeyOf(alertname),
		status: "firing",
		cause: "first",
		alerts: 1,
		state: "sending",
		attempts: 1,
		createdMs: Date.UTC(2026, 0, 1),
		nextMs: 0,
		lastError: null,
		...change,
	};
}

/** What that delivery says. */
export function message(alertname: string): Message {
	const { labels, annotations } = event(alertname);
	return {
		receiver: "critical",
		status: "firing",
		groupKey: groupKeyOf(alertname),
		groupLabels: labels,
		commonLabels: labels,
		commonAnnotations: annotations,
		alerts: [
			{
				fingerprint: "0123456789abcdef",
				status: "firing",
				labels,
				annotations,
				startsAtMs: Date.UTC(2026, 0, 1),
				endsAtMs: null,
				generatorUrl: "",
				value: 1,
				reason: null,
			},
		],
		truncatedAlerts: 0,
		externalUrl: "",
		cause: "first",
		coalesced: 1,
		createdMs: Date.UTC(2026, 0, 1),
	};
}
