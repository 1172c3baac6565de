/** What the webhook says, and that its signature is the one of Standard Webhooks. */
import { describe, expect, it } from "vitest";
import { parseKeys, signatureOf } from "../../src/notify/channels/signature.ts";
import { openReceivers } from "../../src/notify/receivers.ts";
import { delivery, event, RECEIVER_URL, received } from "./receiver.ts";
import { WEBHOOK_SECRET } from "./receiver-server.ts";

function keysOf(secret: string): readonly Uint8Array[] {
	const keys = parseKeys(secret);
	if (!keys.ok) throw new Error(keys.failure);
	return keys.value;
}

describe("the signature", () => {
	// Test vectors of the reference libraries of Standard Webhooks.
	const ID = "msg_p5jXN8AQM9LWM0D4loKWxJek";
	const TIME_S = 1_614_265_330;
	const BODY = '{"test": 2432232314}';
	const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
	const SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

	it("agrees with the vector of the specification's libraries", async () => {
		expect(await signatureOf(keysOf(SECRET), ID, TIME_S, BODY)).toBe(SIGNATURE);
	});

	it("comes once for each key while one is rotated", async () => {
		const both = await signatureOf(keysOf(`${SECRET}  ${WEBHOOK_SECRET}`), ID, TIME_S, BODY);
		expect(both.split(" ")).toHaveLength(2);
		expect(both.split(" ")[0]).toBe(SIGNATURE);
	});

	it("takes a raw key as it is, and refuses what is no base64 and too many keys", () => {
		expect(keysOf("plain-secret")[0]).toEqual(new TextEncoder().encode("plain-secret"));
		expect(parseKeys("whsec_***")).toMatchObject({ ok: false });
		expect(parseKeys("whsec_")).toMatchObject({ ok: false });
		expect(parseKeys("a b c d e")).toMatchObject({ ok: false });
	});
});

describe("the message", () => {
	async function sent(alertname: string, settings: Record<string, string>, change = {}) {
		const receiver = openReceivers({ DEVELOPMENT: "true", RECEIVER_WEBHOOK_URL: RECEIVER_URL, ...settings }).get(
			"webhook",
		)?.receiver;
		const one = delivery(alertname, { event: event(alertname, change) });
		const io = { fetch: (input: RequestInfo | URL, init?: RequestInit) => fetch(input, init), timeoutMs: 2_000 };
		await receiver?.send(receiver.render(one), one, { ...io, nowMs: Date.now() });
		return (await received(alertname)).at(-1);
	}

	it("can be verified by its receiver", async () => {
		const message = await sent("Verified", { RECEIVER_WEBHOOK_SECRET: WEBHOOK_SECRET });
		const { headers, body } = message ?? { headers: {} as Record<string, string>, body: "" };
		const timeS = Number(headers["webhook-timestamp"]);
		expect(Math.abs(timeS - Date.now() / 1_000)).toBeLessThan(5);
		expect(headers["webhook-signature"]).toBe(
			await signatureOf(keysOf(WEBHOOK_SECRET), headers["webhook-id"] ?? "", timeS, body),
		);
		expect(headers["webhook-id"]).toBe(delivery("Verified").id);
	});

	it("is not signed without a key", async () => {
		expect((await sent("Unsigned", {}))?.headers["webhook-signature"]).toBeUndefined();
	});

	it("has the shape of Alertmanager's webhook, version 4", async () => {
		const firing = JSON.parse((await sent("Shape", {}))?.body ?? "");
		expect(firing).toEqual({
			version: "4",
			groupKey: '{}:{alertname="Shape", severity="critical"}',
			truncatedAlerts: 0,
			status: "firing",
			receiver: "webhook",
			groupLabels: { alertname: "Shape", severity: "critical" },
			commonLabels: { alertname: "Shape", severity: "critical" },
			commonAnnotations: { summary: "it burns" },
			externalURL: "",
			alerts: [
				{
					status: "firing",
					labels: { alertname: "Shape", severity: "critical" },
					annotations: { summary: "it burns" },
					startsAt: "2026-01-01T00:00:00.000Z",
					endsAt: "0001-01-01T00:00:00Z",
					generatorURL: "",
					fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
				},
			],
		});
		const resolved = JSON.parse((await sent("Shape", {}, { kind: "resolved" }))?.body ?? "");
		expect(resolved.alerts[0]).toMatchObject({ status: "resolved", endsAt: "2026-01-01T01:00:00.000Z" });
		expect(resolved.alerts[0].fingerprint).toBe(firing.alerts[0].fingerprint);
	});
});

describe("the settings", () => {
	it.each([
		["ftp://example.com/x", "must begin with https://"],
		["http://example.com/x", "must begin with https://"],
		["https://user:pw@example.com/x", "must not hold a user name or a password"],
		["nonsense", "is not a URL"],
	])("%s is refused in words that do not hold it", (url, why) => {
		const entry = openReceivers({ RECEIVER_WEBHOOK_URL: url }).get("webhook");
		expect(entry).toMatchObject({ receiver: null, problem: `RECEIVER_WEBHOOK_URL ${why}` });
	});

	it("loopback is refused outside development, and a bad key is named without being shown", () => {
		expect(openReceivers({ RECEIVER_WEBHOOK_URL: RECEIVER_URL }).get("webhook")?.receiver).toBeNull();
		const entry = openReceivers({
			RECEIVER_WEBHOOK_URL: "https://example.com/x",
			RECEIVER_WEBHOOK_SECRET: "whsec_%%%",
		}).get("webhook");
		expect(entry?.problem).toBe("RECEIVER_WEBHOOK_SECRET must be whsec_ followed by base64");
	});

	it("nothing set means not configured, without a complaint; the log is always there", () => {
		const receivers = openReceivers({});
		expect(receivers.get("webhook")).toMatchObject({ receiver: null, problem: null });
		expect(receivers.get("slack")).toMatchObject({ channel: null, receiver: null });
		expect(receivers.get("log")?.receiver).not.toBeNull();
	});
});
