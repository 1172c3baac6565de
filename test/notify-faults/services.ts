/** The services as this run plays them: where each reads the alerts of a message, and in which words it answers. Pure. */
import type { IncomingHttpHeaders } from "node:http";

export const CHANNELS = ["webhook", "slack", "lark", "telegram", "pagerduty", "email"] as const;
export type Channel = (typeof CHANNELS)[number];

/** What Alertmanager 0.25 speaks of them without a mail server. */
export const PEER_CHANNELS: readonly Channel[] = ["webhook", "slack", "telegram", "pagerduty"];

/** Those who take an idempotency key: the message's id, or the key of an incident. */
export const KEYED: ReadonlySet<Channel> = new Set(["webhook", "pagerduty"]);

/** One alert in a message. `cycle` counts its firings from 1. */
export type State = { readonly alert: string; readonly cycle: number; readonly status: "firing" | "resolved" };

/** What a service is made to answer: it took the message, it is busy, or it broke. */
export type Answer = { readonly kind: "ok" | "busy" | "broken"; readonly retryAfterS: number };

/** Every text of every channel has its alerts in this form. */
export const WORDS = "{{ range .Alerts }}[[{{ .Labels.alertname }} {{ .Annotations.cycle }} {{ .Status }}]]{{ end }}";

export function nameOfState({ alert, cycle, status }: State): string {
	return `${alert} ${cycle} ${status}`;
}

/** The states that a request tells of, in its order. */
export function statesIn(channel: Channel, body: string): readonly State[] {
	if (channel === "webhook") {
		const { alerts } = JSON.parse(body) as {
			alerts: { status: State["status"]; labels: Record<string, string>; annotations: Record<string, string> }[];
		};
		return alerts.map(({ status, labels, annotations }) => ({
			alert: labels["alertname"] ?? "",
			cycle: Number(annotations["cycle"]),
			status,
		}));
	}
	const text = JSON.stringify(textOf(channel, body));
	// A text may stand twice in a body, as a fallback.
	const found = [...text.matchAll(/\[\[(\w+) (\d+) (firing|resolved)\]\]/g)].map(([whole]) => whole);
	return [...new Set(found)].map((words) => {
		const [alert, cycle, status] = words.slice(2, -2).split(" ") as [string, string, State["status"]];
		return { alert, cycle: Number(cycle), status };
	});
}

/** The idempotency key; null: the service knows none. */
export function keyOf(channel: Channel, headers: IncomingHttpHeaders, body: string): string | null {
	if (channel === "webhook") return (headers["webhook-id"] as string | undefined) ?? null;
	if (channel !== "pagerduty") return null;
	const event = JSON.parse(body) as { readonly dedup_key: string; readonly event_action: string };
	return `${event.dedup_key} ${event.event_action}`;
}

/** Whether a message with this key, after the one with `lastKey`, changes nothing at a service that honours keys. */
export function isKnown(channel: Channel, key: string, keys: readonly string[]): boolean {
	// An incident that is open is not opened by another trigger.
	return channel === "pagerduty" ? keys.at(-1) === key : keys.includes(key);
}

/** Status, headers and body of an answer. */
export function answerOf(
	channel: Channel,
	{ kind, retryAfterS }: Answer,
): { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string } {
	if (kind === "broken") return { status: [500, 502, 503][retryAfterS % 3] ?? 500, headers: {}, body: "oops" };
	const busy = { "retry-after": String(retryAfterS) };
	switch (channel) {
		case "slack":
			return kind === "ok"
				? { status: 200, headers: {}, body: "ok" }
				: { status: 429, headers: busy, body: "rate_limited" };
		case "lark":
			return kind === "ok"
				? { status: 200, headers: {}, body: '{"code":0,"msg":"success"}' }
				: {
						status: 200,
						headers: { "x-ogw-ratelimit-reset": String(retryAfterS) },
						body: '{"code":11232,"msg":"frequency limited"}',
					};
		case "telegram": {
			const body = {
				ok: false,
				error_code: 429,
				description: "Too Many Requests",
				parameters: { retry_after: retryAfterS },
			};
			return kind === "ok"
				? {
						status: 200,
						headers: {},
						body: '{"ok":true,"result":{"message_id":1,"date":1,"chat":{"id":42,"type":"private"}}}',
					}
				: { status: 429, headers: {}, body: JSON.stringify(body) };
		}
		case "pagerduty":
			return kind === "ok"
				? { status: 202, headers: {}, body: '{"status":"success"}' }
				: { status: 429, headers: busy, body: "{}" };
		default:
			return kind === "ok" ? { status: 200, headers: {}, body: "" } : { status: 429, headers: busy, body: "" };
	}
}

/** The configuration, for Perdure or for Alertmanager: the same but for the channels that only one of them has. */
export function configOf(channels: readonly Channel[], url: string): object {
	const settings: Readonly<Record<Channel, object>> = {
		webhook: { webhook_configs: [{ url: `${url}/webhook` }] },
		slack: { slack_configs: [{ api_url: `${url}/slack`, send_resolved: true, text: WORDS }] },
		lark: { lark_configs: [{ url: `${url}/lark`, text: WORDS }] },
		telegram: {
			telegram_configs: [
				{
					api_url: `${url}/telegram`,
					bot_token: "1234567890:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
					chat_id: 42,
					message: WORDS,
				},
			],
		},
		pagerduty: { pagerduty_configs: [{ url: `${url}/pagerduty`, routing_key: "0".repeat(32), description: WORDS }] },
		email: {
			email_configs: [
				{ to: "ops@example.com", from: "perdure@example.com", send_resolved: true, subject: "alerts", text: WORDS },
			],
		},
	};
	return {
		global: { resolve_timeout: "1h" },
		route: {
			receiver: "nobody",
			group_by: ["alertname"],
			group_wait: "0s",
			group_interval: "1s",
			repeat_interval: "1000h",
			routes: channels.map((channel) => ({ receiver: channel, matchers: [`channel="${channel}"`] })),
		},
		receivers: [{ name: "nobody" }, ...channels.map((channel) => ({ name: channel, ...settings[channel] }))],
	};
}

/** The part of a body that people read; the rest may hold the words again. */
function textOf(channel: Channel, body: string): unknown {
	const value = JSON.parse(body) as Readonly<Record<string, unknown>>;
	if (channel === "pagerduty") return (value["payload"] as { readonly summary?: unknown } | undefined)?.summary ?? "";
	return value;
}
