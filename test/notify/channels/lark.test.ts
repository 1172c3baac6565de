/** The card that a bot gets, its signature by other code, and what its codes mean. */
import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { larkChannel } from "../../../src/notify/channels/lark.ts";
import {
	alert,
	issuesOf,
	message,
	newKey,
	opened,
	received,
	SECRETS,
	SERVICES_URL,
	script,
	sendOnce,
} from "./services.ts";

type Card = {
	timestamp?: string;
	sign?: string;
	msg_type: string;
	card: { header: { template: string; title: { tag: string; content: string } }; elements: { tag: string }[] };
};
const url = "https://open.feishu.cn/open-apis/bot/v2/hook/x";
const cardOf = (settings: object, one = message()): Card =>
	JSON.parse(opened(larkChannel, { url, ...settings }).render(one)) as Card;

describe("the card", () => {
	it("says what happened, in the language of the settings", () => {
		const card = cardOf({ language: "zh" }, message({ cause: "escalated" }));
		expect(card.msg_type).toBe("interactive");
		expect(card.card.header).toEqual({
			template: "red",
			title: { tag: "plain_text", content: "【告警 1】HighErrorRate · critical" },
		});
		const text = JSON.stringify(card);
		for (const said of [
			"One in ten requests fails",
			"已升级",
			"service=api",
			"当前值: 0.123457",
			"始于 2026-01-01",
			"[来源](https://prometheus",
		]) {
			expect(text).toContain(said);
		}
		expect(cardOf({}, message({ alerts: [alert({ status: "resolved" })] })).card.header.template).toBe("green");
	});

	it("has at most 20 kB, with its signature", async () => {
		const long = '漢🦄"\\\n'.repeat(2_000);
		const alerts = Array.from({ length: 500 }, (_, at) =>
			alert({ labels: { alertname: "x", at: `${at}${long}` }, annotations: { summary: long, description: long } }),
		);
		const key = newKey();
		const one = opened(larkChannel, { url: `${SERVICES_URL}/lark/${key}`, secret: SECRETS.LARK_SECRET });
		expect((await sendOnce(one, message({ alerts }))).kind).toBe("delivered");
		const [call] = await received(key);
		expect(Buffer.byteLength(call?.body ?? "")).toBeLessThanOrEqual(20_000);
		expect(Buffer.byteLength(call?.body ?? "")).toBeGreaterThan(3_000);
		const own = opened(larkChannel, { url, text: "{{ .CommonAnnotations.description }}" });
		const body = own.render(message({ alerts, commonAnnotations: { description: long } }));
		expect(Buffer.byteLength(body)).toBeLessThanOrEqual(19_800);
		expect(body.isWellFormed()).toBe(true);
	});

	it("shows foreign text only where nothing has a meaning", () => {
		const evil = "<at id=all></at> [x](https://evil.example) **b**";
		const card = cardOf(
			{},
			message({
				receiver: evil,
				cause: "repeat",
				alerts: [
					alert({
						labels: { alertname: evil, l: evil },
						annotations: { summary: evil, description: evil, runbook_url: "https://e.com/)[y](https://evil.example" },
					}),
				],
			}),
		);
		const markdown = JSON.stringify(card).match(/"tag":"lark_md","content":"[^"]*"/g) ?? [];
		expect(markdown.length).toBeGreaterThan(0);
		for (const part of markdown) expect(part).not.toMatch(/<at|\*\*|\]\(https:\/\/evil/);
	});

	it("has a title and a text of the settings' own; a template that fails gives way to ours", () => {
		const card = cardOf({ title: "T {{ .Status }}", text: "**{{ .CommonLabels.service }}**" });
		expect(card.card.header.title.content).toBe("T firing");
		expect(card.card.elements).toEqual([{ tag: "markdown", content: "**api**" }]);
		expect(JSON.stringify(cardOf({ text: "{{ index .Alerts 99 }}" }))).toContain("A template could not be used");
	});
});

describe("the bot", () => {
	it("is sent time and signature, new at every attempt", async () => {
		const key = newKey();
		const one = opened(larkChannel, { url: `${SERVICES_URL}/lark/${key}`, secret: SECRETS.LARK_SECRET });
		const nowMs = Date.UTC(2026, 5, 1, 12);
		for (const later of [0, 3_600_000]) await sendOnce(one, message(), { nowMs: nowMs + later });
		const bodies = (await received(key)).map((call) => JSON.parse(call.body) as Card);
		expect(bodies.map((body) => body.timestamp)).toEqual([String(nowMs / 1_000), String(nowMs / 1_000 + 3_600)]);
		for (const { timestamp, sign, ...rest } of bodies) {
			expect(sign).toBe(createHmac("sha256", `${timestamp}\n${SECRETS.LARK_SECRET}`).update("").digest("base64"));
			expect(rest).toEqual(JSON.parse(one.render(message())));
		}
	});

	async function answered(status: number, body: object, headers: Record<string, string> = {}) {
		const key = newKey();
		await script(key, [{ status, body: JSON.stringify(body), headers }]);
		return sendOnce(opened(larkChannel, { url: `${SERVICES_URL}/lark/${key}` }), message());
	}

	it("says within 200 how it went", async () => {
		expect(await answered(200, { code: 0 })).toMatchObject({ kind: "delivered" });
		expect(await answered(200, { StatusCode: 0, StatusMessage: "success" })).toMatchObject({ kind: "delivered" });
		expect(await answered(200, { code: 11232, msg: "frequency limited" })).toMatchObject({
			kind: "retry",
			retryAfterMs: null,
			why: "code 11232: too many messages",
		});
		for (const code of [9499, 19001, 19021, 19022, 19024])
			expect(await answered(200, { code })).toMatchObject({ kind: "never", httpStatus: 200 });
		expect(await answered(200, { code: 2200 })).toMatchObject({ kind: "retry", why: "code 2200" });
		expect(await answered(200, {})).toMatchObject({ kind: "retry" });
		expect(await answered(400, { code: 9499 })).toMatchObject({
			kind: "never",
			why: expect.stringContaining("malformed"),
		});
	});

	it("names the end of its limit, with 429 and with 400", async () => {
		const headers = { "x-ogw-ratelimit-reset": "52" };
		for (const status of [429, 400]) {
			expect(await answered(status, { code: 99991400 }, headers)).toMatchObject({
				kind: "retry",
				retryAfterMs: 52_000,
				httpStatus: status,
			});
		}
		expect(await answered(429, {}, { "x-ogw-ratelimit-reset": "999999999" })).toMatchObject({
			retryAfterMs: 86_400_000,
		});
	});

	it("has settings that are refused with their place", () => {
		const places = (settings: object) => issuesOf(larkChannel, settings).map((issue) => issue.place);
		expect(places({})).toEqual(["url"]);
		expect(places({ url, secret_file: "NO" })).toEqual(["secret_file"]);
		expect(places({ url, card: {} })).toEqual(["card"]);
	});
});
