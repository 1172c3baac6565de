/** What Slack is sent: our own blocks within its limits, or the attachment of the settings; and what its words mean. */
import { describe, expect, it } from "vitest";
import { slackChannel } from "../../../src/notify/channels/slack.ts";
import {
	alert,
	io,
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

type Block = {
	type: string;
	text?: { text: string; type: string };
	elements?: { text?: { text: string } | string; url?: string }[];
};
type Body = {
	text: string;
	channel?: string;
	blocks?: Block[];
	attachments: {
		color: string;
		fallback: string;
		blocks: Block[];
		title?: string;
		text?: string;
		fields?: unknown;
		actions?: unknown;
	}[];
};

const api_url = "https://hooks.slack.com/services/T/B/x";
const bodyOf = (settings: object, one = message()): Body =>
	JSON.parse(opened(slackChannel, { api_url, ...settings }).render(one)) as Body;

describe("our own message", () => {
	it("is a header, and the alerts in a coloured attachment", () => {
		const body = bodyOf({});
		expect(body.text).toBe("[FIRING:1] HighErrorRate · critical");
		expect(body.blocks?.[0]).toMatchObject({ type: "header", text: { type: "plain_text", text: body.text } });
		expect(body.attachments[0]?.color).toBe("#d0021b");
		const text = JSON.stringify(body.attachments);
		for (const said of [
			"*One in ten requests fails*",
			"5xx are 10 %",
			"`service=api`",
			"Value: *0.123457*",
			"Since 2026-01-01",
			"|Source>",
		]) {
			expect(text).toContain(said);
		}
		expect(bodyOf({ language: "zh" }, message({ alerts: [alert({ status: "resolved" })] })).text).toBe(
			"【已恢复 1】HighErrorRate · critical",
		);
	});

	it("keeps to 150, 3,000 and 50, whatever the alerts hold", () => {
		const long = "<&>".repeat(5_000);
		const alerts = Array.from({ length: 300 }, (_, at) =>
			alert({
				labels: { alertname: long, at: `${at}${long}`, [`l${at}`]: long },
				annotations: { summary: long, description: long },
			}),
		);
		const body = bodyOf({}, message({ alerts, commonLabels: { alertname: long }, receiver: long }));
		expect(body.blocks?.[0]?.text?.text.length).toBeLessThanOrEqual(150);
		const blocks = body.attachments[0]?.blocks ?? [];
		expect(blocks.length).toBeLessThanOrEqual(50);
		expect(blocks.length).toBeGreaterThan(5);
		for (const block of blocks) expect(block.text?.text.length ?? 0).toBeLessThanOrEqual(3_000);
		expect(JSON.stringify(blocks)).toMatch(/and \d+ more/);
		// No entity is cut: every & begins one.
		for (const block of blocks) expect(block.text?.text ?? "").not.toMatch(/&(?!(amp|lt|gt);)/);
	});

	it("cannot be made to call everyone, or to link elsewhere", () => {
		const evil = "<!channel> <@U1> <https://evil.example|click> &lt; `x` *y*";
		const body = bodyOf(
			{},
			message({
				receiver: evil,
				alerts: [
					alert({
						labels: { alertname: evil, l: evil },
						annotations: { summary: evil, description: evil, runbook_url: "javascript:alert(1)" },
					}),
				],
			}),
		);
		const text = JSON.stringify(body);
		expect(text).not.toMatch(/<[!@]/);
		expect(text).not.toContain("<https://evil");
		expect(text).not.toContain("javascript:");
		expect(text).toContain("&lt;!channel&gt;");
	});

	it("has the channel, the colour and the buttons of the settings", () => {
		const body = bodyOf({
			channel: "#ops",
			username: "perdure",
			icon_emoji: ":fire:",
			color: "#123456",
			actions: [
				{ type: "button", text: "Runbook", url: "https://example.com/r" },
				{ type: "button", text: "Bad", url: "javascript:x" },
			],
		});
		expect(body).toMatchObject({ channel: "#ops", username: "perdure", icon_emoji: ":fire:" });
		expect(body.attachments[0]?.color).toBe("#123456");
		const actions = body.attachments[0]?.blocks.find((block) => block.type === "actions");
		expect(actions?.elements).toEqual([
			{ type: "button", text: { type: "plain_text", text: "Runbook" }, url: "https://example.com/r" },
		]);
	});
});

describe("the settings' own message", () => {
	it("is Alertmanager's attachment", () => {
		const body = bodyOf({
			title: "T {{ .Status }}",
			text: "{{ range .Alerts }}{{ .Annotations.summary }}{{ end }}",
			title_link: "https://example.com",
			footer: "f",
			short_fields: true,
			fields: [
				{ title: "a", value: "{{ .CommonLabels.service }}" },
				{ title: "b", value: "2", short: false },
			],
			actions: [{ type: "button", text: "go", url: "https://example.com/{{ .Status }}" }],
		});
		expect(body.blocks).toBeUndefined();
		expect(body.attachments).toEqual([
			{
				color: "danger",
				title: "T firing",
				text: "One in ten requests fails",
				title_link: "https://example.com",
				footer: "f",
				fallback: expect.stringContaining("[FIRING:1]"),
				mrkdwn_in: ["fallback", "pretext", "text"],
				fields: [
					{ title: "a", value: "api", short: true },
					{ title: "b", value: "2", short: false },
				],
				actions: [{ type: "button", text: "go", style: "", url: "https://example.com/firing" }],
			},
		]);
	});

	it("has Alertmanager's defaults beside the one that is given", () => {
		const [attachment] = bodyOf({ text: "only text" }).attachments;
		expect(attachment).toMatchObject({
			text: "only text",
			color: "danger",
			title: "[FIRING:1] HighErrorRate (10.0.0.1:80 api critical)",
		});
	});

	it("gives way to ours when a template fails, and says so", () => {
		const body = bodyOf({ title: "{{ index .Alerts 99 }}", channel: "#ops" });
		expect(body.channel).toBe("#ops");
		expect(body.blocks?.[0]?.type).toBe("header");
		expect(JSON.stringify(body)).toContain("A template could not be used");
	});
});

describe("the settings", () => {
	it("are refused with their place", () => {
		const places = (settings: object, change = {}) =>
			issuesOf(slackChannel, settings, change).map((issue) => issue.place);
		expect(places({})).toEqual(["api_url"]);
		expect(places({ api_url, titel: "x" })).toEqual(["titel"]);
		expect(places({ api_url, fields: [{ title: "x" }] })).toEqual(["fields[0].value"]);
		expect(places({ api_url, title: "{{ .Status" })).toEqual(["title"]);
		expect(places({ api_url, fields: [{ title: "x", value: "{{ if }}" }] })).toEqual(["fields[0].value"]);
		expect(places({ api_url, send_resolved: "yes" })).toEqual(["send_resolved"]);
		expect(places({ api_url, language: "de" })).toEqual(["language"]);
		expect(places({ api_url, api_url_file: "X" }, { secret: () => api_url })).toEqual(["api_url_file"]);
		expect(places({ api_url_file: "/etc/slack" })).toEqual(["api_url_file"]);
		expect(places({}, { global: { slack_api_url: "http://example.com" }, loopback: false })).toEqual([
			"global.slack_api_url",
		]);
	});

	it("take the address of the global section, or of a secret", async () => {
		const key = newKey();
		const url = `${SERVICES_URL}/slack/${key}`;
		expect((await sendOnce(opened(slackChannel, {}, { global: { slack_api_url: url } }), message())).kind).toBe(
			"delivered",
		);
		const named = opened(
			slackChannel,
			{ api_url_file: "HOOK" },
			{ secret: (name) => (name === "HOOK" ? `${url}\n` : null) },
		);
		expect((await sendOnce(named, message())).kind).toBe("delivered");
	});
});

describe("Slack's words", () => {
	async function answered(status: number, body: string, type = "text/html") {
		const key = newKey();
		await script(key, [{ status, body, headers: { "content-type": type } }]);
		return sendOnce(opened(slackChannel, { api_url: `${SERVICES_URL}/slack/${key}` }), message());
	}

	it.each([
		[400, "invalid_payload"],
		[403, "action_prohibited"],
		[404, "channel_not_found"],
		[404, "no_service"],
		[410, "channel_is_archived"],
	])("%i %s is shown and final", async (status, word) => {
		const outcome = await answered(status, word);
		expect(outcome).toMatchObject({ kind: "never", httpStatus: status });
		expect(outcome).toHaveProperty("why", expect.stringContaining(word));
	});

	it("of chat.postMessage stand within a 200", async () => {
		expect(await answered(200, '{"ok":true}', "application/json")).toMatchObject({ kind: "delivered" });
		expect(await answered(200, '{"ok":false,"error":"channel_not_found"}', "application/json")).toMatchObject({
			kind: "never",
			why: "slack refused it: channel_not_found",
		});
		expect(await answered(200, '{"ok":false,"error":"ratelimited"}', "application/json")).toMatchObject({
			kind: "retry",
		});
		expect(await answered(500, "rollup_error")).toMatchObject({ kind: "retry", why: "http 500: rollup_error" });
	});
});

describe("the test of a bot's token", () => {
	const http_config = { authorization: { credentials: SECRETS.PASSWORD } };
	const bot = (key: string, config: object = http_config) =>
		opened(slackChannel, { api_url: `${SERVICES_URL}/slack/${key}/api/chat.postMessage`, http_config: config });
	async function tested(status: number, body: string) {
		const key = newKey();
		await script(key, [{ status, body }]);
		return bot(key).test(io());
	}

	it("asks Slack about the token, and posts nothing", async () => {
		const key = newKey();
		await script(key, [{ body: '{"ok":true,"team":"T","user":"perdure"}' }]);
		expect(await bot(key).test(io())).toEqual({ kind: "delivered", httpStatus: 200, scope: "account" });
		const calls = await received(key);
		expect(calls.map(({ method, path, body }) => [method, path, body])).toEqual([
			["POST", `/slack/${key}/api/auth.test`, "{}"],
		]);
		expect(calls[0]?.headers["authorization"]).toBe(`Bearer ${SECRETS.PASSWORD}`);
	});

	it("says what Slack says of it", async () => {
		const revoked = await tested(200, '{"ok":false,"error":"token_revoked"}');
		expect(revoked).toMatchObject({ kind: "never", why: "slack refused it: token_revoked", scope: "account" });
		expect(await tested(200, '{"ok":false,"error":"ratelimited"}')).toMatchObject({ kind: "retry" });
		expect(await tested(200, "ok")).toMatchObject({ kind: "retry", why: "the answer was not Slack's" });
		expect(await tested(503, "")).toMatchObject({ kind: "retry", httpStatus: 503 });
	});

	it("is none for an incoming webhook, or without a token: then only the host is asked", async () => {
		const key = newKey();
		expect(await bot(key, { basic_auth: { username: "u", password: "p" } }).test(io())).toMatchObject({
			scope: "hook",
		});
		expect((await received(key)).map(({ method }) => method)).toEqual(["HEAD"]);
	});
});
