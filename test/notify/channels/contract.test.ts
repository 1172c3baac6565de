/** One contract for all channels, against real servers: what each answer means, and that no secret gets out. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { CHANNELS } from "../../../src/model/channel.ts";
import type { Outcome } from "../../../src/model/notification.ts";
import type {
	ChannelEntry,
	ChannelIo,
	Integration,
	Trial,
	TrialScope,
} from "../../../src/notify/channels/integration.ts";
import { CHANNEL_ENTRIES } from "../../../src/notify/channels/integrations.ts";
import {
	alert,
	context,
	io,
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

/** A channel with settings that lead to the service at a key. */
type Case = {
	readonly channel: string;
	readonly entry: ChannelEntry;
	readonly settings: (key: string, origin?: string) => object;
	/** Whether the answer's body decides, so that a 200 alone is not enough. */
	readonly needsBody: boolean;
	/** What its test can show. */
	readonly scope: TrialScope;
};

function entryOf(channel: string): ChannelEntry {
	const entry = CHANNEL_ENTRIES.find((one) => one.channel === channel);
	if (entry === undefined) throw new Error(channel);
	return entry;
}

const http_config = { basic_auth: { username: "user", password: SECRETS.PASSWORD } };
const CASES: readonly Case[] = [
	{
		channel: "slack",
		entry: entryOf("slack"),
		settings: (key, origin = SERVICES_URL) => ({
			api_url: `${origin}/slack/${key}/${SECRETS.SLACK_PATH}`,
			http_config,
		}),
		needsBody: true,
		scope: "hook",
	},
	{
		channel: "lark",
		entry: entryOf("lark"),
		settings: (key, origin = SERVICES_URL) => ({ url: `${origin}/lark/${key}`, secret: SECRETS.LARK_SECRET }),
		needsBody: true,
		scope: "hook",
	},
	{
		channel: "telegram",
		entry: entryOf("telegram"),
		settings: (key, origin = SERVICES_URL) => ({
			api_url: `${origin}/telegram/${key}/`,
			bot_token: SECRETS.TELEGRAM_TOKEN,
			chat_id: -1001234567890,
			http_config,
		}),
		needsBody: true,
		scope: "chat",
	},
	{
		channel: "pagerduty",
		entry: entryOf("pagerduty"),
		settings: (key, origin = SERVICES_URL) => ({
			url: `${origin}/pagerduty/${key}`,
			routing_key: SECRETS.PAGERDUTY_KEY,
			http_config,
		}),
		needsBody: false,
		scope: "events",
	},
	{
		channel: "webhook",
		entry: entryOf("webhook"),
		settings: (key, origin = SERVICES_URL) => ({
			url: `${origin}/webhook/${key}`,
			secret: SECRETS.WEBHOOK_SECRET,
			secret_old: SECRETS.WEBHOOK_SECRET_OLD,
			http_config,
		}),
		needsBody: false,
		scope: "host",
	},
];

const spoken: string[] = [];
beforeEach(() => {
	spoken.length = 0;
	for (const method of ["log", "warn", "error", "info", "debug"] as const) {
		vi.spyOn(console, method).mockImplementation((...words: unknown[]) => {
			spoken.push(words.map(String).join(" "));
		});
	}
});

/** Every form in which a secret of these settings could be seen. */
function formsOf(): readonly string[] {
	const plain = [...Object.values(SECRETS), ...SECRETS.SLACK_PATH.split("/"), SECRETS.WEBHOOK_SECRET.slice(6)];
	const basic = btoa(`user:${SECRETS.PASSWORD}`);
	return [
		...plain,
		...plain.map(encodeURIComponent),
		...plain.map((one) => btoa(one).replace(/=+$/, "")),
		basic,
		"127.0.0.1",
	];
}

/** Every text of a value, whatever it is in. */
function textsOf(value: unknown): readonly string[] {
	if (typeof value === "string") return [value];
	return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

function expectNoSecret(outcome: Outcome): void {
	const said = `${JSON.stringify(outcome)} ${spoken.join(" ")}`;
	for (const form of formsOf()) expect(said).not.toContain(form);
}

it("every channel of the model is in the list, once", () => {
	expect(CHANNEL_ENTRIES.map((entry) => entry.channel).sort()).toEqual([...CHANNELS].sort());
	expect(new Set(CHANNEL_ENTRIES.map((entry) => entry.configKey)).size).toBe(CHANNEL_ENTRIES.length);
});

describe.each(CASES)("channel $channel over HTTP", (one) => {
	async function answered(answer: Answer, change: Partial<ChannelIo> = {}): Promise<Outcome> {
		const key = newKey();
		await script(key, [answer]);
		const outcome = await sendOnce(opened(one.entry, one.settings(key)), message(), change);
		expectNoSecret(outcome);
		return outcome;
	}

	it("delivers firing and resolved, in one call each", async () => {
		const key = newKey();
		const integration = opened(one.entry, one.settings(key));
		for (const status of ["firing", "resolved"] as const) {
			const outcome = await sendOnce(integration, message({ alerts: [alert({ status })] }));
			expect(outcome.kind).toBe("delivered");
			expectNoSecret(outcome);
		}
		const calls = await received(key);
		expect(calls.map((call) => call.method)).toEqual(["POST", "POST"]);
		for (const call of calls) expect(call.headers["content-type"]).toBe("application/json");
	});

	it("sends the same body at every attempt, and no secret is in it", async () => {
		const integration = opened(one.entry, one.settings(newKey()));
		const body = integration.render(message());
		expect(integration.render(structuredClone(message()))).toBe(body);
		for (const form of formsOf()) expect(body).not.toContain(form);
	});

	it.each([408, 425, 429, 500, 502, 503, 504])("%i is tried again", async (status) => {
		expect(await answered({ status })).toMatchObject({ kind: "retry", httpStatus: status, retryAfterMs: null });
	});

	it.each([400, 401, 403, 404, 405, 410, 413, 422])("%i never succeeds", async (status) => {
		expect(await answered({ status, body: "<html>no</html>" })).toMatchObject({ kind: "never", httpStatus: status });
	});

	it.each([301, 302, 303, 307, 308])("%i is not followed", async (status) => {
		const elsewhere = newKey();
		const outcome = await answered({ status, headers: { location: `${SERVICES_URL}/webhook/${elsewhere}` } });
		expect(outcome).toMatchObject({ kind: "never", httpStatus: status });
		expect(await received(elsewhere)).toEqual([]);
	});

	it("Retry-After is honoured as seconds and as a date, up to a day", async () => {
		const nowMs = Date.UTC(2026, 5, 1);
		const retryAfter = async (value: string) => {
			const outcome = await answered({ status: 429, headers: { "retry-after": value } }, { nowMs });
			return outcome.kind === "retry" ? outcome.retryAfterMs : outcome;
		};
		expect(await retryAfter("2")).toBe(2_000);
		expect(await retryAfter(new Date(nowMs + 90_000).toUTCString())).toBe(90_000);
		expect(await retryAfter("9999999")).toBe(86_400_000);
		expect(await retryAfter("soon")).toBeNull();
		const busy = await answered({ status: 503, headers: { "retry-after": "7" } });
		expect(busy).toMatchObject({ kind: "retry", retryAfterMs: 7_000 });
	});

	it("silence ends after the time-out and is tried again", async () => {
		const started = Date.now();
		const outcome = await answered({ delayMs: 3_000 }, { timeoutMs: 200 });
		expect(outcome).toMatchObject({ kind: "retry", httpStatus: null, why: "no answer within 0.2 s" });
		expect(Date.now() - started).toBeLessThan(2_000);
	});

	it("a connection that breaks, or never comes about, is tried again", async () => {
		expect(await answered({ reset: true })).toMatchObject({ kind: "retry", httpStatus: null });
		const refused = opened(one.entry, one.settings(newKey(), "http://127.0.0.1:9"));
		const outcome = await sendOnce(refused, message());
		expect(outcome).toMatchObject({ kind: "retry", httpStatus: null });
		expectNoSecret(outcome);
	});

	it("a body of nonsense, or a huge one, neither breaks nor holds it", async () => {
		for (const body of ["thanks", "", "null", "[]", "{", '{"ok":{}}', "x".repeat(3_000_000)]) {
			const outcome = await answered({ status: one.channel === "pagerduty" ? 202 : 200, body });
			expect(["delivered", "retry"]).toContain(outcome.kind);
		}
		const started = Date.now();
		const endless = await answered({ endless: true }, { timeoutMs: 8_000 });
		expect(["delivered", "retry"]).toContain(endless.kind);
		// It was not read until the time was over.
		expect(Date.now() - started).toBeLessThan(4_000);
	});

	it("an answer that stops in the middle is no more than its status", async () => {
		const outcome = await answered({ hang: true, body: "{" }, { timeoutMs: 300 });
		expect(outcome).toMatchObject({ kind: one.needsBody ? "retry" : "delivered" });
		expect(await answered({ status: 500, hang: true }, { timeoutMs: 300 })).toMatchObject({
			kind: "retry",
			httpStatus: 500,
		});
	});

	it.each(["text", "description", "error", "message", "code"] as const)(
		"a service that echoes (%s) lets nothing out",
		async (echo) => {
			for (const status of [200, 400, 403, 429, 500]) await answered({ status, echo });
		},
	);

	it("what the runtime throws is not passed on", async () => {
		const key = newKey();
		const thrown = async (input: unknown): Promise<Response> => {
			throw new TypeError(`Failed to fetch ${String(input)} ${SECRETS.PASSWORD}`);
		};
		const outcome = await sendOnce(opened(one.entry, one.settings(key)), message(), { fetch: thrown as typeof fetch });
		expect(outcome).toMatchObject({ kind: "retry" });
		expectNoSecret(outcome);
	});

	it.each([
		"http://example.com/",
		"https://localhost/",
		"https://10.1.2.3/",
		"https://[::1]/",
		"https://169.254.169.254/",
		"https://user:pass@example.com/",
		"https://metadata.internal/",
		"ftp://example.com/",
		"not a url",
	])("the address %s is refused where loopback is not allowed", (address) => {
		const settings = one.settings("", address.endsWith("/") ? address.slice(0, -1) : address);
		const result = one.entry.open({ ...settings }, context({ loopback: false }));
		expect(result.ok).toBe(false);
		if (result.ok) return;
		expect(result.failure.map((issue) => issue.place)).toEqual([expect.stringMatching(/^(api_)?url$/)]);
		expect(JSON.stringify(result.failure)).not.toContain(address);
		for (const form of formsOf()) expect(JSON.stringify(result.failure)).not.toContain(form);
	});
});

describe.each(CASES)("the test of channel $channel", (one) => {
	const isHost = one.scope !== "chat";

	async function tested(answer: Answer, change: Partial<ChannelIo> = {}): Promise<Trial> {
		const key = newKey();
		await script(key, [answer]);
		const trial = await opened(one.entry, one.settings(key)).test(io(change));
		expect(trial.scope).toBe(one.scope);
		expectNoSecret(trial);
		return trial;
	}

	it("says nothing to anybody: one call without a body, that changes nothing", async () => {
		const key = newKey();
		expect(await opened(one.entry, one.settings(key)).test(io())).toMatchObject({ kind: "delivered" });
		const calls = await received(key);
		expect(calls.map(({ method, body }) => [method, body])).toEqual([[isHost ? "HEAD" : "GET", ""]]);
		// Who only asks whether somebody is there shows no key.
		if (isHost) expect(JSON.stringify(calls[0]?.headers)).not.toMatch(/authorization|signature|content-type/);
	});

	it.each([204, 400, 401, 404, 405, 429, 500, 503])("%i is an answer, and is named", async (status) => {
		const trial = await tested({ status });
		expect(trial.httpStatus).toBe(status);
		if (isHost) expect(trial.kind).toBe("delivered");
		else expect(trial.kind).not.toBe("delivered");
	});

	it("a redirect is not followed", async () => {
		const elsewhere = newKey();
		const trial = await tested({ status: 302, headers: { location: `${SERVICES_URL}/webhook/${elsewhere}` } });
		expect(trial.httpStatus).toBe(302);
		expect(await received(elsewhere)).toEqual([]);
	});

	it("silence ends after the time-out of a send; nobody there, or a connection that breaks, is told apart", async () => {
		const why = "no answer within 0.2 s";
		expect(await tested({ delayMs: 3_000 }, { timeoutMs: 200 })).toMatchObject({ kind: "retry", why });
		expect(await tested({ reset: true })).toMatchObject({ kind: "retry", why: "no connection, or it broke" });
		const refused = await opened(one.entry, one.settings(newKey(), "http://127.0.0.1:9")).test(io());
		expect(refused).toMatchObject({ kind: "retry", httpStatus: null, scope: one.scope });
		expectNoSecret(refused);
	});

	it("what the runtime throws is not passed on", async () => {
		const thrown = (input: unknown) => Promise.reject(new TypeError(`Failed ${String(input)} ${SECRETS.PASSWORD}`));
		expect(await tested({}, { fetch: thrown as typeof fetch })).toMatchObject({ kind: "retry" });
	});
});

/** Channels that are ready without a service: their own tests say what they do with a message. */
const ALL: readonly { readonly channel: string; readonly integration: () => Integration }[] = [
	...CASES.map(({ channel, entry, settings }) => ({ channel, integration: () => opened(entry, settings(newKey())) })),
	{ channel: "log", integration: () => opened(entryOf("log"), {}) },
	{
		channel: "email",
		integration: () => opened(entryOf("email"), { to: "ops@example.com", from: "alerts@example.com" }),
	},
];

it("every channel of the list is in this suite, with a test that shows something", async () => {
	expect(ALL.map(({ channel }) => channel).sort()).toEqual([...CHANNELS].sort());
	for (const { channel, integration } of ALL) {
		const trial = await integration().test(io({ email: { send: () => Promise.reject(new Error("it was sent")) } }));
		expect(trial, channel).toMatchObject({ kind: "delivered", scope: expect.any(String) as string });
	}
	const mail = opened(entryOf("email"), { to: "ops@example.com", from: "alerts@example.com" });
	expect(await mail.test(io({ email: null }))).toMatchObject({ kind: "never", scope: "binding" });
	expect(spoken).toEqual([]);
});

describe.each(ALL)("any message to $channel", ({ channel, integration }) => {
	const email: SendEmail = { send: async () => ({ messageId: "1" }) };

	it("with line feeds in its labels begins nothing new: no header, no line that could be one of ours", async () => {
		const evil = "x\r\nBcc: evil@example.com\n\tBcc: evil\u2028Bcc: evil\u0085Bcc: evil\n\n";
		const labels = { alertname: evil, severity: evil, instance: evil, own: evil };
		const odd = alert({ labels, annotations: { summary: evil, description: "two\nlines", runbook_url: evil } });
		const common = { alertname: evil, severity: evil, instance: evil };
		const one = message({ alerts: [odd], groupLabels: common, commonLabels: common, receiver: evil, groupKey: evil });
		const headers: string[] = [];
		const mails: unknown[] = [];
		const outcome = await sendOnce(integration(), one, {
			fetch: (input, init) => {
				headers.push(JSON.stringify([String(input), [...new Headers(init?.headers)]]));
				return fetch(input, init);
			},
			email: {
				send: async (mail: unknown) => {
					mails.push(mail);
					return { messageId: "1" };
				},
			},
		});
		expect(outcome.kind).toBe("delivered");
		expect(headers.join()).not.toContain("Bcc");
		for (const line of spoken) expect(line).not.toMatch(/[\r\n]/);
		const body = integration().render(one);
		expect(body).not.toMatch(/[\r\n]/);
		// A program's receiver has the labels as they are; people are shown none of them at the beginning of a line.
		if (channel === "webhook" || channel === "log") {
			expect(textsOf(JSON.parse(body)).join()).toContain("\nBcc: evil@example.com\n\t");
			return;
		}
		expect(mails).toHaveLength(channel === "email" ? 1 : 0);
		const shown = textsOf([JSON.parse(body), mails]);
		expect(shown.join("\n")).toContain("Bcc: evil");
		for (const text of shown) {
			for (const line of text.split(/[\r\n\u2028\u0085]/)) expect(line).not.toMatch(/^[\s*]*Bcc/);
		}
		for (const { subject, headers: own } of mails as { subject: string; headers: Record<string, string> }[]) {
			for (const text of [subject, ...Object.values(own)]) expect(text).not.toMatch(/[\r\n]/);
		}
	});

	it("survives values and texts that JSON has no word for", async () => {
		const odd = alert({
			value: Number.NaN,
			annotations: { summary: '"\\\n\u0000 \ud800 𝄞 </script>', description: "\u0007" },
			startsAtMs: Number.NaN,
			endsAtMs: Number.POSITIVE_INFINITY,
		});
		const outcome = await sendOnce(integration(), message({ alerts: [odd] }), { email });
		expect(outcome.kind).toBe("delivered");
	});

	it("a thousand alerts with 10 kB labels make a message that is sent", async () => {
		const long = "🦄é<&>\"'*_`漢".repeat(1_000);
		const many = Array.from({ length: 1_000 }, (_, at) =>
			alert({
				labels: { alertname: "Long", severity: "critical", at: String(at), long: `${at}${long}` },
				annotations: { summary: `${at} ${long}`, description: long },
			}),
		);
		const one = integration();
		const started = Date.now();
		const body = one.render(
			message({ alerts: many, commonLabels: { alertname: "Long", severity: "critical", all: long } }),
		);
		expect(Date.now() - started).toBeLessThan(20_000);
		expect(body.isWellFormed()).toBe(true);
		expect(JSON.stringify(JSON.parse(body))).not.toMatch(/\\ud[89a-f][0-9a-f]{2}/i);
		expect(body.length).toBeLessThan(1_100_000);
		expect((await one.send({ id: "msg_1", body, groupKey: "{}", status: "firing" }, io({ email }))).kind).toBe(
			"delivered",
		);
	}, 20_000);
});

describe("the deployment's own variables", () => {
	const variables: Readonly<Record<string, string>> = {
		RECEIVER_WEBHOOK_URL: "https://hooks.example.com/x",
		RECEIVER_WEBHOOK_SECRET: SECRETS.WEBHOOK_SECRET,
		RECEIVER_WEBHOOK_SECRET_OLD: SECRETS.WEBHOOK_SECRET_OLD,
		RECEIVER_SLACK_URL: "https://hooks.slack.com/services/T/B/x",
		RECEIVER_LARK_URL: "https://open.feishu.cn/open-apis/bot/v2/hook/x",
		RECEIVER_LARK_SECRET: SECRETS.LARK_SECRET,
		RECEIVER_TELEGRAM_TOKEN: SECRETS.TELEGRAM_TOKEN,
		RECEIVER_TELEGRAM_CHAT: "-100123",
		RECEIVER_PAGERDUTY_KEY: SECRETS.PAGERDUTY_KEY,
		RECEIVER_EMAIL_TO: "ops@example.com, two@example.com",
		RECEIVER_EMAIL_FROM: "Perdure <alerts@example.com>",
	};
	it.each(CHANNEL_ENTRIES.map((entry) => ({ channel: entry.channel, entry })))(
		"open $channel without a configuration file",
		({ entry }) => {
			const settings = entry.fromEnvironment(variables);
			expect(settings).not.toBeNull();
			expect(entry.open(settings ?? {}, context({ loopback: false })).ok).toBe(true);
			if (entry.channel !== "log") expect(entry.fromEnvironment({})).toBeNull();
		},
	);

	it("a half of what a channel needs is an issue, not silence", () => {
		const telegram = entryOf("telegram");
		const half = telegram.fromEnvironment({ RECEIVER_TELEGRAM_TOKEN: SECRETS.TELEGRAM_TOKEN });
		const result = telegram.open(half ?? {}, context());
		expect(result).toMatchObject({ ok: false, failure: [{ place: "chat_id" }] });
		const email = entryOf("email");
		const noFrom = email.open(email.fromEnvironment({ RECEIVER_EMAIL_TO: "a@example.com" }) ?? {}, context());
		expect(noFrom).toMatchObject({ ok: false, failure: [{ place: "from" }] });
	});
});
