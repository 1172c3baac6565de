/** The payload is Alertmanager's, the signature that of Standard Webhooks, made here by other code. */
import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { webhookChannel } from "../../../src/notify/channels/webhook-v4.ts";
import { alert, issuesOf, message, newKey, opened, received, SECRETS, SERVICES_URL, sendOnce } from "./services.ts";

const url = "https://hooks.example.com/x";
const at = (key: string) => ({ url: `${SERVICES_URL}/webhook/${key}` });
type Payload = { alerts: unknown[]; truncatedAlerts: number; commonLabels: Record<string, string> };
const payloadOf = (settings: object, one = message()): Payload =>
	JSON.parse(opened(webhookChannel, { url, ...settings }).render(one)) as Payload;

describe("the payload", () => {
	it("has Alertmanager's version 4, member by member", () => {
		const one = message({
			alerts: [alert(), alert({ status: "resolved", fingerprint: "f".repeat(16) })],
			truncatedAlerts: 2,
		});
		expect(payloadOf({}, one)).toEqual({
			version: "4",
			groupKey: '{}:{alertname="HighErrorRate"}',
			truncatedAlerts: 2,
			status: "firing",
			receiver: "ops",
			groupLabels: one.groupLabels,
			commonLabels: one.commonLabels,
			commonAnnotations: one.commonAnnotations,
			externalURL: "https://perdure.example.com/",
			alerts: [
				{
					status: "firing",
					labels: one.alerts[0]?.labels,
					annotations: one.alerts[0]?.annotations,
					startsAt: "2026-01-01T00:00:00Z",
					endsAt: "0001-01-01T00:00:00Z",
					generatorURL: "https://prometheus.example.com/graph?g0.expr=up",
					fingerprint: "0123456789abcdef",
				},
				expect.objectContaining({ status: "resolved", endsAt: "2026-01-01T01:05:00Z", fingerprint: "f".repeat(16) }),
			],
		});
	});

	it("counts what max_alerts leaves out, and what has no place in 1 MB", () => {
		const alerts = Array.from({ length: 5 }, () => alert());
		expect(payloadOf({ max_alerts: 2 }, message({ alerts, truncatedAlerts: 1 }))).toMatchObject({
			alerts: [{}, {}],
			truncatedAlerts: 4,
		});
		expect(payloadOf({ max_alerts: 0 }, message({ alerts })).alerts).toHaveLength(5);
		const long = "漢".repeat(3_000);
		const many = Array.from({ length: 400 }, () => alert({ labels: { alertname: "x", long } }));
		const payload = payloadOf({}, message({ alerts: many }));
		expect(payload.alerts.length).toBeGreaterThan(50);
		expect(payload.alerts.length + payload.truncatedAlerts).toBe(400);
		// One alert that is too much by itself is shortened, not lost.
		const labels = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`l${n}`, long.repeat(4)]));
		const one = payloadOf({}, message({ alerts: [alert({ labels })], commonLabels: labels, groupLabels: labels }));
		expect(one.alerts).toHaveLength(1);
		expect(JSON.stringify(one).length).toBeLessThan(1_000_000);
	});
});

describe("the headers", () => {
	it("are signed with both keys while one is rotated, and stay the same delivery at every attempt", async () => {
		const key = newKey();
		const one = opened(webhookChannel, {
			...at(key),
			secret: SECRETS.WEBHOOK_SECRET,
			secret_old: SECRETS.WEBHOOK_SECRET_OLD,
		});
		const nowMs = Date.UTC(2026, 5, 1);
		for (const later of [0, 60_000]) await sendOnce(one, message(), { nowMs: nowMs + later }, "msg_77");
		const calls = await received(key);
		expect(calls.map((call) => call.headers["webhook-id"])).toEqual(["msg_77", "msg_77"]);
		expect(new Set(calls.map((call) => call.body)).size).toBe(1);
		for (const [index, call] of calls.entries()) {
			const timestamp = String(nowMs / 1_000 + index * 60);
			expect(call.headers["webhook-timestamp"]).toBe(timestamp);
			const signatures = [SECRETS.WEBHOOK_SECRET, SECRETS.WEBHOOK_SECRET_OLD].map((secret) => {
				const hmac = createHmac("sha256", Buffer.from(secret.slice(6), "base64"));
				return `v1,${hmac.update(`msg_77.${timestamp}.${call.body}`).digest("base64")}`;
			});
			expect(call.headers["webhook-signature"]).toBe(signatures.join(" "));
		}
	});

	it("have no signature without a key", async () => {
		const key = newKey();
		await sendOnce(opened(webhookChannel, at(key)), message());
		expect((await received(key))[0]?.headers).not.toHaveProperty("webhook-signature");
	});

	it.each([
		[{ basic_auth: { username: "üser", password: "p:ss" } }, `Basic ${Buffer.from("üser:p:ss").toString("base64")}`],
		[
			{ basic_auth: { username: "u", password_file: "PASS" } },
			`Basic ${Buffer.from("u:from-secret").toString("base64")}`,
		],
		[{ authorization: { credentials: "tok" } }, "Bearer tok"],
		[{ authorization: { type: "GenieKey", credentials_file: "PASS" } }, "GenieKey from-secret"],
		[{ bearer_token: "b" }, "Bearer b"],
	])("carry http_config %j", async (http_config, expected) => {
		const secret = (name: string) => (name === "PASS" ? "from-secret" : null);
		for (const [settings, global] of [
			[{ http_config }, {}],
			[{}, { http_config }],
		] as const) {
			const key = newKey();
			await sendOnce(opened(webhookChannel, { ...at(key), ...settings }, { secret, global }), message());
			expect((await received(key))[0]?.headers["authorization"]).toBe(expected);
		}
	});
});

describe("the settings", () => {
	it("are refused with their place", () => {
		const places = (settings: object, change = {}) =>
			issuesOf(webhookChannel, settings, change).map((issue) => issue.place);
		expect(places({})).toEqual(["url"]);
		expect(places({ url, max_alerts: -1 })).toEqual(["max_alerts"]);
		expect(places({ url, max_alerts: "3" })).toEqual(["max_alerts"]);
		expect(places({ url, timeout: "soon" })).toEqual(["timeout"]);
		expect(places({ url, secret: "whsec_%%%" })).toEqual(["secret"]);
		expect(places({ url, http_config: { proxy_url: "http://x" } })).toEqual(["http_config.proxy_url"]);
		expect(places({ url, http_config: { tls_config: {} } })).toEqual(["http_config.tls_config"]);
		expect(places({ url, http_config: { bearer_token: "a\nb" } })).toEqual(["http_config.bearer_token"]);
		expect(places({ url, http_config: { bearer_token: "a", basic_auth: { username: "u" } } })).toEqual(["http_config"]);
		expect(places({ url }, { global: { http_config: { oauth2: {} } } })).toEqual(["global.http_config.oauth2"]);
		expect(places({ url: null })).toEqual(["url"]);
	});

	it("shorten the time of an attempt, never lengthen it", async () => {
		const slow = async (timeout: string) => {
			const one = opened(webhookChannel, { url, timeout });
			const hang = ((_: unknown, init: RequestInit) =>
				new Promise((_resolve, reject) =>
					init.signal?.addEventListener("abort", () => reject(new Error("aborted"))),
				)) as typeof fetch;
			return sendOnce(one, message(), { fetch: hang, timeoutMs: 300 });
		};
		expect(await slow("100ms")).toMatchObject({ why: "no answer within 0.1 s" });
		expect(await slow("1h")).toMatchObject({ why: "no answer within 0.3 s" });
	});
});
