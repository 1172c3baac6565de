/** What a bot is told to write, within 4,096 characters, and what it does within one attempt. */
import { describe, expect, it } from "vitest";
import { telegramChannel } from "../../../src/notify/channels/telegram.ts";
import { plainText } from "../../../src/notify/channels/telegram-text.ts";
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
import type { Answer } from "./services-server.ts";

type Body = {
	chat_id: string;
	text: string;
	parse_mode?: string;
	message_thread_id?: number;
	disable_notification?: boolean;
};
const base = { bot_token: SECRETS.TELEGRAM_TOKEN, chat_id: -100 };
const bodyOf = (settings: object, one = message()): Body =>
	JSON.parse(opened(telegramChannel, { ...base, ...settings }).render(one)) as Body;
const at = (key: string) => ({ ...base, api_url: `${SERVICES_URL}/telegram/${key}` });
const no = (status: number, description: string, parameters?: object): Answer => ({
	status,
	headers: { "content-type": "application/json" },
	body: JSON.stringify({
		ok: false,
		error_code: status,
		description,
		...(parameters === undefined ? {} : { parameters }),
	}),
});

/** Whether the tags of a text are closed in order, and nothing but the known tags and entities stands there. */
function isTelegramHtml(html: string): boolean {
	const open: string[] = [];
	const rest = html.replace(/<(\/?)(b|i|code|a)( href="[^"<>]*")?>/g, (_, slash: string, tag: string) => {
		if (slash === "") open.push(tag);
		else if (open.pop() !== tag) open.push("broken");
		return "";
	});
	return open.length === 0 && !/[<>]/.test(rest) && !/&(?!(lt|gt|amp|quot|#39);)/.test(rest);
}

describe("our own message", () => {
	it("is in Telegram's HTML", () => {
		const body = bodyOf({ message_thread_id: 7, disable_notifications: true });
		expect(body).toMatchObject({
			chat_id: "-100",
			parse_mode: "HTML",
			message_thread_id: 7,
			disable_notification: true,
		});
		expect(isTelegramHtml(body.text)).toBe(true);
		for (const said of [
			"<b>[FIRING:1] HighErrorRate · critical</b>",
			"<code>service=api</code>",
			"Value: <b>0.123457</b>",
			">Source</a>",
		]) {
			expect(body.text).toContain(said);
		}
	});

	it("has at most 4,096 characters without its markup, and no tag or entity is cut", () => {
		const long = "<&>🦄\"'".repeat(3_000);
		const alerts = Array.from({ length: 1_000 }, (_, n) =>
			alert({
				labels: { alertname: "x", n: `${n}${long}` },
				annotations: { summary: `${n}${long}`, description: long, runbook_url: "https://e.com/?a=1&b=2" },
			}),
		);
		const { text } = bodyOf(
			{},
			message({ alerts, commonLabels: { alertname: long, a: long, b: long }, receiver: long }),
		);
		expect(plainText(text).length).toBeLessThanOrEqual(4_096);
		expect(plainText(text).length).toBeGreaterThan(1_000);
		expect(isTelegramHtml(text)).toBe(true);
		expect(text.isWellFormed()).toBe(true);
		expect(text).toMatch(/and \d+ more/);
	});

	it("cannot be made to hold markup of others", () => {
		const evil = '<a href="https://evil.example">x</a></b></code>&lt;';
		const { text } = bodyOf(
			{},
			message({
				alerts: [
					alert({
						labels: { alertname: evil, l: evil },
						annotations: { summary: evil, description: evil, runbook_url: 'https://e.com/"><b>' },
					}),
				],
			}),
		);
		expect(isTelegramHtml(text)).toBe(true);
		expect(text).not.toContain('<a href="https://evil');
	});
});

describe("the settings' own message", () => {
	it("is escaped as its mode needs it", () => {
		const evil = message({ commonLabels: { service: "<b>" } });
		expect(bodyOf({ message: "<i>{{ .CommonLabels.service }}</i>" }, evil)).toMatchObject({
			text: "<i>&lt;b&gt;</i>",
			parse_mode: "HTML",
		});
		expect(bodyOf({ message: "*{{ .Status }}*", parse_mode: "MarkdownV2" })).toMatchObject({
			text: "*firing*",
			parse_mode: "MarkdownV2",
		});
		expect(bodyOf({ message: "{{ .CommonLabels.service }}", parse_mode: "" }, evil)).not.toHaveProperty("parse_mode");
	});

	it("that is too long goes as plain text; one that fails, or is empty, gives way to ours", () => {
		const long = bodyOf({ message: `<b>{{ .CommonLabels.service }}${"x&amp;".repeat(3_000)}</b>` });
		expect(long).not.toHaveProperty("parse_mode");
		expect(long.text.length).toBe(4_096);
		expect(long.text).toMatch(/^api(x&)+x?…$/);
		expect(bodyOf({ message: "{{ index .Alerts 99 }}" }).text).toContain("A template could not be used");
		expect(bodyOf({ message: " {{ .CommonLabels.nothing }} " }).text).toContain("it came out empty");
	});
});

describe("one attempt", () => {
	it("goes again as plain text when the markup is refused", async () => {
		const key = newKey();
		await script(key, [no(400, "Bad Request: can't parse entities: Unsupported start tag")]);
		const one = opened(telegramChannel, { ...at(key), message: "<b>a &lt; b <u" });
		expect((await sendOnce(one, message())).kind).toBe("delivered");
		const bodies = (await received(key)).map((call) => JSON.parse(call.body) as Body);
		expect(bodies.map((body) => body.parse_mode)).toEqual(["HTML", undefined]);
		expect(bodies[1]?.text).toBe("a < b <u");
	});

	it("follows a group to its new number", async () => {
		const key = newKey();
		await script(key, [
			no(400, "Bad Request: group chat was upgraded to a supergroup chat", { migrate_to_chat_id: -1009 }),
		]);
		expect((await sendOnce(opened(telegramChannel, at(key)), message())).kind).toBe("delivered");
		expect((await received(key)).map((call) => (JSON.parse(call.body) as Body).chat_id)).toEqual(["-100", "-1009"]);
	});

	it("ends after three calls, and within its time", async () => {
		const key = newKey();
		const moved = (id: number) => no(400, "moved", { migrate_to_chat_id: id });
		await script(key, [moved(-1), moved(-2), moved(-3), moved(-4)]);
		expect(await sendOnce(opened(telegramChannel, at(key)), message())).toMatchObject({
			kind: "never",
			httpStatus: 400,
		});
		expect(await received(key)).toHaveLength(3);
		const slow = newKey();
		await script(slow, [{ ...moved(-1), delayMs: 250 }, { delayMs: 2_000 }]);
		const started = Date.now();
		expect(await sendOnce(opened(telegramChannel, at(slow)), message(), { timeoutMs: 400 })).toMatchObject({
			kind: "retry",
			why: "no answer within 0.4 s",
		});
		expect(Date.now() - started).toBeLessThan(1_500);
	});

	it("means what Telegram says", async () => {
		const answered = async (answer: Answer) => {
			const key = newKey();
			await script(key, [answer]);
			return sendOnce(opened(telegramChannel, at(key)), message());
		};
		expect(await answered(no(429, "Too Many Requests: retry after 34", { retry_after: 34 }))).toMatchObject({
			kind: "retry",
			retryAfterMs: 34_000,
		});
		expect(await answered(no(429, "x", { retry_after: 1e9 }))).toMatchObject({ retryAfterMs: 86_400_000 });
		expect(await answered(no(403, "Forbidden: bot was blocked by the user"))).toMatchObject({
			kind: "never",
			why: "http 403: Forbidden: bot was blocked by the user",
		});
		expect(await answered(no(400, "Bad Request: chat not found"))).toMatchObject({
			kind: "never",
			why: "http 400: Bad Request: chat not found",
		});
		expect(await answered(no(401, "Unauthorized"))).toMatchObject({ kind: "never" });
		expect(await answered({ status: 200, body: '{"ok":false}' })).toMatchObject({ kind: "retry" });
	});

	it("can be tested without telling anyone", async () => {
		const key = newKey();
		const one = opened(telegramChannel, at(key));
		expect(await one.test(io())).toMatchObject({ kind: "delivered", scope: "chat" });
		expect((await received(key)).map((call) => `${call.method} ${call.path.split("/").at(-1)}`)).toEqual([
			"GET getChat?chat_id=-100",
		]);
		await script(key, [no(400, "Bad Request: chat not found")]);
		expect(await one.test(io())).toMatchObject({ kind: "never" });
	});
});

describe("the settings", () => {
	it("are refused with their place, and nothing of a token is said", () => {
		const places = (settings: object, change = {}) =>
			issuesOf(telegramChannel, settings, change).map((issue) => issue.place);
		expect(places({})).toEqual(["bot_token", "chat_id"]);
		expect(places({ bot_token: "1:aaaaaaaaaaaa/../x", chat_id: 1 })).toEqual(["bot_token"]);
		expect(places({ ...base, chat_id: "ops" })).toEqual(["chat_id"]);
		expect(places({ ...base, chat_id: 1.5 })).toEqual(["chat_id"]);
		expect(places({ ...base, parse_mode: "html" })).toEqual(["parse_mode"]);
		expect(places({ ...base, api_url: "https://10.0.0.1" })).toEqual(["api_url"]);
		expect(places(base, { global: { telegram_api_url: "https://10.0.0.1" } })).toEqual(["global.telegram_api_url"]);
		expect(JSON.stringify(issuesOf(telegramChannel, { bot_token: "12:secret", chat_id: 1 }))).not.toContain("secret");
		expect(opened(telegramChannel, { ...base, chat_id: "@channel_name" })).toBeDefined();
	});
});
