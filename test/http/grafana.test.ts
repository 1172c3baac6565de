/** Grafana's webhook: who may send it, and what becomes of each of its alerts. */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { handleRequest } from "../../src/http/router.ts";
import { GRAFANA_SIGNATURE_AGE_MS_MAX } from "../../src/model/limits.ts";
import { addToken, ask, ORIGIN, TOKEN } from "./golden.ts";

const SECRET = "the-key-of-the-signature";
const SETTINGS = {
	...env,
	GRAFANA_WEBHOOK_USER: "grafana",
	GRAFANA_WEBHOOK_PASS: "the-password",
	GRAFANA_WEBHOOK_SECRET: SECRET,
} as unknown as Env;
const GOOD_BASIC = `Basic ${btoa("grafana:the-password")}`;

beforeAll(async () => {
	await addToken(TOKEN, ["admin"]);
	await addToken("only-records-samples", ["record"]);
	await addToken("only-reads-metrics", ["read"]);
});

const alert = (alertname: string, change: object = {}) => ({
	status: "firing",
	labels: { alertname, severity: "critical", instance: "db1" },
	annotations: { description: "it is full" },
	startsAt: "2026-01-01T00:00:00Z",
	endsAt: "0001-01-01T00:00:00Z",
	generatorURL: "https://g/alerting/1/edit",
	fingerprint: "c6eadffa33fcdf37",
	dashboardURL: "https://g/d/1",
	panelURL: "https://g/d/1?viewPanel=2",
	values: { B: 44.5 },
	...change,
});
/** As Grafana sends it: the status of the whole is `firing` as soon as one of them fires. */
const webhook = (alerts: readonly unknown[]) =>
	JSON.stringify({ receiver: "hook", status: "firing", state: "alerting", version: "1", title: "t", alerts });

async function send(text: string, headers: Readonly<Record<string, string>>, settings: Env = SETTINGS) {
	const ctx = createExecutionContext();
	const init = { method: "POST", body: text, headers: { "content-type": "application/json", ...headers } };
	const response = await handleRequest(new Request(`${ORIGIN}/api/grafana/webhook`, init), settings, ctx);
	await waitOnExecutionContext(ctx);
	return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
}

async function hmac(text: string, secret = SECRET): Promise<string> {
	const bytes = new TextEncoder();
	const key = await crypto.subtle.importKey("raw", bytes.encode(secret), { name: "HMAC", hash: "SHA-256" }, false, [
		"sign",
	]);
	const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes.encode(text)));
	return [...signature].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

type Shown = { labels: Record<string, string>; annotations: Record<string, string>; receivers: { name: string }[] };
async function shown(alertname: string): Promise<Shown[]> {
	return (await (await ask(`/api/v2/alerts?filter=alertname%3D${alertname}`)).json()) as Shown[];
}

describe("who may send it", () => {
	const text = webhook([alert("Who")]);

	it("has user and password, or a token that may record", async () => {
		for (const authorization of [
			GOOD_BASIC,
			"Bearer only-records-samples",
			`Basic ${btoa("u:only-records-samples")}`,
		]) {
			expect((await send(text, { authorization })).status).toBe(202);
		}
	});

	it.each([
		["nothing", {}, 401],
		["another password", { authorization: `Basic ${btoa("grafana:the-passwort")}` }, 401],
		["another user", { authorization: `Basic ${btoa("grafanb:the-password")}` }, 401],
		["what is no base64", { authorization: "Basic %%%" }, 401],
		["a token that may only read", { authorization: "Bearer only-reads-metrics" }, 403],
		["a signature that is none", { "x-grafana-alerting-signature": "sha256=abc" }, 401],
	])("does not have %s", async (_, headers, status) => {
		expect((await send(text, headers as Record<string, string>)).status).toBe(status);
	});

	it("is nobody with user and password while these are not set up", async () => {
		expect((await send(text, { authorization: GOOD_BASIC }, env)).status).toBe(401);
		const empty = { ...env, GRAFANA_WEBHOOK_USER: "", GRAFANA_WEBHOOK_PASS: "" } as unknown as Env;
		expect((await send(text, { authorization: `Basic ${btoa(":")}` }, empty)).status).toBe(401);
	});

	it("signs the body, or its time and the body", async () => {
		expect((await send(text, { "x-grafana-alerting-signature": await hmac(text) })).status).toBe(202);
		const now = String(Math.floor(Date.now() / 1000));
		const signed = {
			"x-grafana-alerting-signature": await hmac(`${now}:${text}`),
			"x-grafana-alerting-timestamp": now,
		};
		expect((await send(text, signed)).status).toBe(202);
		const own = { ...SETTINGS, GRAFANA_WEBHOOK_TIMESTAMP_HEADER: "X-When" } as unknown as Env;
		const { "x-grafana-alerting-signature": signature } = signed;
		expect((await send(text, { "x-grafana-alerting-signature": signature, "x-when": now }, own)).status).toBe(202);
	});

	it("does not sign another body, with another key, or long ago; and a wrong signature is not healed by a password", async () => {
		const old = String(Math.floor((Date.now() - GRAFANA_SIGNATURE_AGE_MS_MAX) / 1000) - 2);
		const wrong: Record<string, string>[] = [
			{ "x-grafana-alerting-signature": await hmac(`${text} `) },
			{ "x-grafana-alerting-signature": await hmac(text, "another-key") },
			{ "x-grafana-alerting-signature": await hmac(`${old}:${text}`), "x-grafana-alerting-timestamp": old },
			{ "x-grafana-alerting-signature": await hmac(`x:${text}`), "x-grafana-alerting-timestamp": "x" },
			{ "x-grafana-alerting-signature": await hmac(text), "x-grafana-alerting-timestamp": old },
			{ "x-grafana-alerting-signature": await hmac(`${text} `), authorization: GOOD_BASIC },
		];
		for (const headers of wrong) {
			const { status, answer } = await send(text, headers);
			expect(status).toBe(401);
			expect(JSON.stringify(answer)).not.toContain(SECRET);
		}
	});
});

describe("defect 6: the Grafana receiver", () => {
	const auth = { authorization: GOOD_BASIC };

	it("gives every alert its own status, its own panel and its own values", async () => {
		const over = alert("Over6", { status: "resolved", endsAt: "2026-01-01T01:00:00Z" });
		const { status, answer } = await send(webhook([alert("Fires6"), over]), auth);
		expect(status).toBe(202);
		expect(answer).toEqual({
			success: true,
			message_ids: [
				expect.stringMatching(/^grafana-[0-9a-f]{16}-1767225600000-firing$/),
				expect.stringMatching(/^grafana-[0-9a-f]{16}-1767225600000-resolved$/),
			],
		});
		expect(await shown("Over6")).toEqual([]);
		expect(await shown("Fires6")).toMatchObject([
			{
				labels: { alertname: "Fires6", severity: "critical", instance: "db1" },
				annotations: {
					description: "it is full",
					value: "44.5",
					dashboardURL: "https://g/d/1",
					panelURL: "https://g/d/1?viewPanel=2",
				},
				receivers: [{ name: "critical" }],
			},
		]);
	});

	it("takes in what is usable and names the rest, so that Grafana does not send all again", async () => {
		const { status, answer } = await send(webhook([alert("Good6"), { status: "firing", labels: {} }, "x"]), auth);
		expect(status).toBe(202);
		expect(answer).toMatchObject({
			success: true,
			message_ids: [expect.stringContaining("firing")],
			refused: { count: 2, issues: [{ place: "alerts[1].labels" }, { place: "alerts[2]" }] },
		});
		expect(await shown("Good6")).toHaveLength(1);
	});

	it("answers the same when the same comes again, and nothing fires twice", async () => {
		const text = webhook([alert("Again6")]);
		const first = await send(text, auth);
		const before = await shown("Again6");
		expect(await send(text, auth)).toEqual(first);
		expect(await shown("Again6")).toEqual(before.map((one) => ({ ...one, endsAt: expect.any(String) as string })));
		const over = webhook([alert("Again6", { status: "resolved", endsAt: "2026-01-01T01:00:00Z" })]);
		const ended = await send(over, auth);
		expect(ended.answer["message_ids"]).not.toEqual(first.answer["message_ids"]);
		expect(await send(over, auth)).toEqual(ended);
		expect(await shown("Again6")).toEqual([]);
	});

	it("does not fire again for a copy of the firing that comes after the end", async () => {
		const over = { status: "resolved", endsAt: "2026-01-01T01:00:00Z" };
		const headers = auth;
		await send(webhook([alert("GrafanaLate")]), headers);
		expect(await shown("GrafanaLate")).toHaveLength(1);
		await send(webhook([alert("GrafanaLate", over)]), headers);
		expect(await shown("GrafanaLate")).toHaveLength(0);
		expect((await send(webhook([alert("GrafanaLate")]), headers)).status).toBe(202);
		expect(await shown("GrafanaLate")).toHaveLength(0);
		// Another start is another firing.
		await send(webhook([alert("GrafanaLate", { startsAt: "2026-01-02T00:00:00Z" })]), headers);
		expect(await shown("GrafanaLate")).toHaveLength(1);
	});

	it("refuses only what is of no use at all", async () => {
		for (const text of ["{", "[]", "{}", webhook([]), webhook([{ status: "firing" }])]) {
			const { status, answer } = await send(text, auth);
			expect(status).toBe(400);
			expect(answer["issues"]).not.toEqual([]);
		}
	});

	it("compares user and password by their hashes, all bytes of them", async () => {
		// The same length, the same beginning, a longer one, an empty one: none comes nearer than another.
		for (const password of ["the-passwor!", "!he-password", "the-password!", "the-passwor", ""]) {
			expect(
				(await send(webhook([alert("No6")]), { authorization: `Basic ${btoa(`grafana:${password}`)}` })).status,
			).toBe(401);
		}
		expect(await shown("No6")).toEqual([]);
	});
});
