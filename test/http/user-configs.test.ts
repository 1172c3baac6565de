/** How users want to be reached, over HTTP: bounded, and no secret ever comes out. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { BLOT, blotSecrets, holdsBlot } from "../../src/http/secrets.ts";
import { USER_CHANNELS_MAX, USER_CONFIG_CHARS_MAX } from "../../src/model/limits.ts";
import { addToken, ask, read, TOKEN } from "./golden.ts";

const at = (user: string, channel = "") =>
	`/api/v1/users/${encodeURIComponent(user)}/channels${channel && `/${channel}`}`;
const put = (user: string, channel: string, body: unknown, token = TOKEN) =>
	ask(at(user, channel), {
		method: "PUT",
		token,
		body: JSON.stringify(body),
		headers: { "content-type": "application/json" },
	});

beforeAll(async () => {
	await addToken(TOKEN, ["admin"]);
	await addToken("only-reads-metrics", ["read"]);
});

describe("a user's channel", () => {
	it("is stored, shown without its secrets, switched off and forgotten", async () => {
		const config = { webhook_url: "https://hooks.example/T00/secret", chat: 42, nested: { api_key: "k1", name: "n" } };
		const stored = await put("ann@x.org", "lark", { config });
		expect(stored.status).toBe(200);
		const shown = { webhook_url: BLOT, chat: 42, nested: { api_key: BLOT, name: "n" } };
		expect(await read(stored)).toMatchObject({ user: "ann@x.org", channel: "lark", isActive: true, config: shown });
		const answers = [await ask(at("ann@x.org", "lark")), await ask(at("ann@x.org"))];
		for (const answer of answers) expect(await answer.text()).not.toMatch(/hooks\.example|k1/);
		const row = await env.DB.prepare("SELECT config FROM user_configs WHERE user_id = 'ann@x.org'").first("config");
		expect(JSON.parse(row as string)).toEqual(config);
		await put("ann@x.org", "lark", { config: { chat: 1 }, isActive: false });
		expect(await read(await ask(at("ann@x.org")))).toMatchObject({
			channels: [{ channel: "lark", isActive: false, config: { chat: 1 } }],
		});
		expect((await ask(at("ann@x.org", "lark"), { method: "DELETE" })).status).toBe(200);
		expect((await ask(at("ann@x.org", "lark"), { method: "DELETE" })).status).toBe(404);
		expect((await ask(at("ann@x.org", "lark"))).status).toBe(404);
		expect(await read(await ask(at("ann@x.org")))).toEqual({ channels: [] });
	});

	it("is refused when it is too large, is no object, holds a blot, or is one too many", async () => {
		expect((await put("bob", "sms", { config: { text: "x".repeat(USER_CONFIG_CHARS_MAX) } })).status).toBe(413);
		expect((await put("bob", "sms", { config: [] })).status).toBe(400);
		expect((await put("bob", "sms", { number: 1 })).status).toBe(400);
		expect((await put("bob", "sms", { config: { token: BLOT } })).status).toBe(400);
		expect((await put("b".repeat(201), "sms", { config: {} })).status).toBe(400);
		expect((await put("bob", "sms", { config: {} }, "only-reads-metrics")).status).toBe(403);
		for (let i = 0; i < USER_CHANNELS_MAX; i++) await put("bob", `c${i}`, { config: { i } });
		expect((await put("bob", "sms", { config: {} })).status).toBe(413);
		expect((await put("bob", "c0", { config: { i: 1 } })).status).toBe(200);
	});
});

describe("what is blotted out", () => {
	it.each([
		"token",
		"bot_token",
		"accessToken",
		"secret",
		"password",
		"url",
		"webhookUrl",
		"apiKey",
		"api-key",
		"key",
		"Authorization",
		"signature",
		"credentials",
	])("is the value of %s, whatever it is", (key) => {
		for (const value of ["s3cret", 12345, ["s3cret"], { a: { b: "s3cret" } }]) {
			expect(JSON.stringify(blotSecrets({ [key]: value }))).not.toMatch(/s3cret|12345/);
		}
	});

	it("is every link, and nothing that is harmless", () => {
		const harmless = { to: "a@x.org", chat_id: 7, number: "+49", on: true, none: null, monkey: "m", list: ["a", 1] };
		expect(blotSecrets({ ...harmless, monkey: "m" })).toEqual({ ...harmless, monkey: BLOT });
		expect(blotSecrets({ hook: "https://x.org/t", at: ["slack://t"], keyboard: "de" })).toEqual({
			hook: BLOT,
			at: [BLOT],
			keyboard: "de",
		});
		expect(holdsBlot({ a: [{ b: BLOT }] })).toBe(true);
		expect(holdsBlot({ a: "x" })).toBe(false);
	});
});
