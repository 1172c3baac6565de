/** The tests' side of the services: tells them how to answer, asks what came; and messages to send them. */
import { env } from "cloudflare:workers";
import type { Issue } from "../../../src/model/errors.ts";
import type { Message, MessageAlert } from "../../../src/model/message.ts";
import type { Outcome } from "../../../src/model/notification.ts";
import type { ChannelEntry, ChannelIo, Integration, OpenContext } from "../../../src/notify/channels/integration.ts";
import { DEFAULT_TEMPLATES } from "../../../src/template/default-templates.ts";
import { TemplateSet } from "../../../src/template/template-set.ts";
import type { Answer, Received } from "./services-server.ts";

/** Started by vitest.config.ts. */
export const SERVICES_URL = (env as unknown as Record<string, string>)["SERVICES_URL"] ?? "";

/** Secrets that all test channels are given: none of them may show in any outcome. */
export const SECRETS = {
	SLACK_PATH: "T00SECRET/B00SECRET/abcdefghijklmnopqrstuvwx",
	LARK_SECRET: "lark-Secret_123456789",
	TELEGRAM_TOKEN: "123456789:AAsecretsecretsecretsecretsecret_-1",
	PAGERDUTY_KEY: "0123456789abcdef0123456789abcdef",
	WEBHOOK_SECRET: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
	WEBHOOK_SECRET_OLD: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
	PASSWORD: "s3cret-pass-word",
	HOOK_PATH: "hook-path-secret",
} as const;

/** A key that no other test uses. */
export function newKey(): string {
	return `${crypto.randomUUID()}-${SECRETS.HOOK_PATH}`;
}

/** How the service at a key answers the next calls; afterwards all is well. */
export async function script(key: string, answers: readonly Answer[]): Promise<void> {
	await (await fetch(`${SERVICES_URL}/script/${key}`, { method: "POST", body: JSON.stringify(answers) })).text();
}

/** What came to a key, in order. */
export async function received(key: string): Promise<readonly Received[]> {
	return (await fetch(`${SERVICES_URL}/received/${key}`)).json();
}

/** As the deployment has them: Alertmanager's first, so that others may define any of them again. */
const TEMPLATES = defaults();

function defaults(): TemplateSet {
	const set = TemplateSet.empty.with(DEFAULT_TEMPLATES);
	if (!set.ok) throw new Error(set.failure);
	return set.value;
}

export function context(change: Partial<OpenContext> = {}): OpenContext {
	return {
		global: {},
		secret: () => null,
		loopback: true,
		language: "en",
		templates: TEMPLATES,
		...change,
	};
}

export function io(change: Partial<ChannelIo> = {}): ChannelIo {
	return { fetch: (input, init) => fetch(input, init), nowMs: Date.now(), timeoutMs: 2_000, email: null, ...change };
}

/** The integration of settings that must be right. */
export function opened(entry: ChannelEntry, settings: object, change: Partial<OpenContext> = {}): Integration {
	const result = entry.open({ ...settings }, context(change));
	if (!result.ok) throw new Error(JSON.stringify(result.failure));
	return result.value;
}

/** The issues of settings that must be wrong. */
export function issuesOf(entry: ChannelEntry, settings: object, change: Partial<OpenContext> = {}): readonly Issue[] {
	const result = entry.open({ ...settings }, context(change));
	if (result.ok) throw new Error("these settings are accepted");
	return result.failure;
}

export async function sendOnce(
	integration: Integration,
	one: Message,
	change: Partial<ChannelIo> = {},
	id = "msg_01",
): Promise<Outcome> {
	const attempt = { id, body: integration.render(one), groupKey: one.groupKey, status: one.status };
	return integration.send(attempt, io(change));
}

export function alert(change: Partial<MessageAlert> = {}): MessageAlert {
	const status = change.status ?? "firing";
	return {
		fingerprint: "0123456789abcdef",
		status,
		labels: { alertname: "HighErrorRate", severity: "critical", service: "api", instance: "10.0.0.1:80" },
		annotations: { summary: "One in ten requests fails", description: "5xx are 10 % of all requests." },
		startsAtMs: Date.UTC(2026, 0, 1),
		endsAtMs: status === "resolved" ? Date.UTC(2026, 0, 1, 1, 5) : null,
		generatorUrl: "https://prometheus.example.com/graph?g0.expr=up",
		value: 0.1234567,
		reason: status === "resolved" ? "recovered" : null,
		...change,
	};
}

export function message(change: Partial<Message> = {}): Message {
	const alerts = change.alerts ?? [alert()];
	const first = alerts[0] as MessageAlert;
	return {
		receiver: "ops",
		status: alerts.some((one) => one.status === "firing") ? "firing" : "resolved",
		groupKey: '{}:{alertname="HighErrorRate"}',
		groupLabels: { alertname: "HighErrorRate" },
		commonLabels: first.labels,
		commonAnnotations: first.annotations,
		alerts,
		truncatedAlerts: 0,
		externalUrl: "https://perdure.example.com/",
		cause: "first",
		coalesced: 1,
		createdMs: Date.UTC(2026, 0, 1, 2),
		...change,
	};
}
