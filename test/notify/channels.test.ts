/** One contract for all channels, against a real server: what each answer means, and that no secret gets out. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { CHANNELS, type Outcome } from "../../src/model/notification.ts";
import type { ChannelIo, Settings } from "../../src/notify/channels/channel.ts";
import { CHANNEL_ENTRIES } from "../../src/notify/channels/channels.ts";
import { parseRetryAfter } from "../../src/notify/channels/http-outcome.ts";
import { openReceivers } from "../../src/notify/receivers.ts";
import { delivery, event, RECEIVER_URL, script } from "./receiver.ts";
import { type Answer, WEBHOOK_SECRET } from "./receiver-server.ts";

const SETTINGS: Settings = {
	DEVELOPMENT: "true",
	RECEIVER_WEBHOOK_URL: RECEIVER_URL,
	RECEIVER_WEBHOOK_SECRET: WEBHOOK_SECRET,
};
/** What must appear nowhere: the URL's path, and the key. */
const SECRETS = ["secret-path", WEBHOOK_SECRET, WEBHOOK_SECRET.slice(6)];

const io = (change: Partial<ChannelIo> = {}): ChannelIo => ({
	fetch: (input, init) => fetch(input, init),
	nowMs: Date.now(),
	timeoutMs: 2_000,
	...change,
});

const spoken: string[] = [];
beforeEach(() => {
	spoken.length = 0;
	for (const method of ["log", "warn", "error", "info", "debug"] as const) {
		vi.spyOn(console, method).mockImplementation((...words: unknown[]) => {
			spoken.push(words.map(String).join(" "));
		});
	}
});

function expectNoSecret(outcome: Outcome): void {
	const said = `${JSON.stringify(outcome)} ${spoken.join(" ")}`;
	for (const secret of SECRETS) expect(said).not.toContain(secret);
}

/** Channels that speak HTTP to a receiver's own address: what its answers mean. */
const HTTP_CHANNELS = CHANNEL_ENTRIES.filter((entry) => entry.channel !== "log");

it("every channel of the model is in the list, once", () => {
	expect(CHANNEL_ENTRIES.map((entry) => entry.channel).sort()).toEqual([...CHANNELS].sort());
});

describe.each(CHANNEL_ENTRIES.map((entry) => ({ channel: entry.channel, entry })))("channel $channel", ({ entry }) => {
	function open() {
		const opened = entry.open(SETTINGS);
		if (!opened.ok || opened.value === null) throw new Error("not configured");
		return opened.value;
	}

	it("renders the same body for every attempt", () => {
		const receiver = open();
		expect(receiver.render(delivery("Same", { attempts: 1 }))).toBe(
			receiver.render(delivery("Same", { attempts: 7, lastError: "x" })),
		);
	});

	it("delivers firing and resolved, and tells no secret", async () => {
		const receiver = open();
		for (const kind of ["firing", "resolved"] as const) {
			const one = delivery(`Contract_${entry.channel}`, { event: event(`Contract_${entry.channel}`, { kind }) });
			const outcome = await receiver.send(receiver.render(one), one, io());
			expect(outcome.kind).toBe("delivered");
			expectNoSecret(outcome);
		}
	});

	it("survives values and texts that JSON has no word for", async () => {
		const receiver = open();
		const odd = event("Odd", { value: Number.NaN, annotations: { summary: '"\\\n\u0000 \ud800 𝄞 </script>' } });
		const one = delivery("Odd", { event: odd });
		expect((await receiver.send(receiver.render(one), one, io())).kind).toBe("delivered");
	});
});

describe.each(HTTP_CHANNELS.map((entry) => ({ channel: entry.channel, entry })))("answers to $channel", ({ entry }) => {
	let count = 0;
	async function answered(answer: Answer, change: Partial<ChannelIo> = {}): Promise<Outcome> {
		const opened = entry.open(SETTINGS);
		if (!opened.ok || opened.value === null) throw new Error("not configured");
		const one = delivery(`Answer_${entry.channel}_${count++}`);
		await script(one.event.alertname, [answer]);
		const outcome = await opened.value.send(opened.value.render(one), one, io(change));
		expectNoSecret(outcome);
		return outcome;
	}

	it.each([200, 201, 202, 204])("%i is delivered", async (status) => {
		expect(await answered(status === 204 ? { status, body: "" } : { status })).toEqual({
			kind: "delivered",
			httpStatus: status,
		});
	});

	it.each([408, 425, 429, 500, 502, 503, 504])("%i is tried again", async (status) => {
		expect(await answered({ status })).toMatchObject({ kind: "retry", httpStatus: status, retryAfterMs: null });
	});

	it.each([400, 401, 403, 404, 405, 410, 413, 422])("%i never succeeds", async (status) => {
		expect(await answered({ status })).toMatchObject({ kind: "never", httpStatus: status });
	});

	it.each([301, 302, 303, 307, 308])("%i is not followed", async (status) => {
		const location = new URL("/elsewhere", RECEIVER_URL).href;
		expect(await answered({ status, headers: { location } })).toMatchObject({ kind: "never", httpStatus: status });
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
		for (const nonsense of ["-1", "2.5", "", "1e3", "Mon nonsense"])
			expect(parseRetryAfter(nonsense, nowMs)).toBeNull();
		expect(parseRetryAfter(new Date(nowMs - 5_000).toUTCString(), nowMs)).toBe(0);
	});

	it("silence ends after the time-out and is tried again", async () => {
		const started = Date.now();
		const outcome = await answered({ delayMs: 3_000 }, { timeoutMs: 200 });
		expect(outcome).toMatchObject({ kind: "retry", httpStatus: null, why: "no answer within 0.2 s" });
		expect(Date.now() - started).toBeLessThan(2_000);
	});

	it("a connection that breaks, or never comes about, is tried again", async () => {
		expect(await answered({ reset: true })).toMatchObject({ kind: "retry", httpStatus: null });
		const refused = openReceivers({ ...SETTINGS, RECEIVER_WEBHOOK_URL: "http://127.0.0.1:9/secret-path" });
		const one = delivery("Refused");
		const outcome = await refused.get(entry.receiver)?.receiver?.send("{}", one, io());
		expect(outcome).toMatchObject({ kind: "retry", httpStatus: null });
		expectNoSecret(outcome as Outcome);
	});

	it("a body without an end is not read", async () => {
		expect(await answered({ status: 200, body: "x".repeat(5_000_000) })).toMatchObject({ kind: "delivered" });
	});
});
