/** The way over HTTP, against a real server on loopback: what is sent, what is tried again, and that the token stays put. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parseRetryAfter } from "../../src/client/http-transport.ts";
import { createMonitor, type Monitor } from "../../src/client/index.ts";
import { parseUuid7 } from "../../src/lib/uuid7.ts";
import { HandClock, START_MS } from "./far-end.ts";

type Seen = { readonly path: string; readonly headers: IncomingMessage["headers"]; readonly body: unknown };
type Answer = { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown };

const seen: Seen[] = [];
const answers: Answer[] = [];
const ACCEPTED = { batchId: "", accepted: 1, overflowed: 0, duplicate: false, dropped: 0, drops: [] };
let server: Server;
let url = "";
let clock: HandClock;
let monitor: Monitor;
let warnings: string[];

beforeAll(async () => {
	server = createServer(async (request, response) => {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk as Buffer);
		const body: unknown = JSON.parse(Buffer.concat(chunks).toString() || "null");
		seen.push({ path: request.url ?? "", headers: request.headers, body });
		const answer = answers.shift() ?? { status: 200, body: ACCEPTED };
		response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers });
		response.end(JSON.stringify(answer.body ?? null));
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
	seen.length = 0;
	answers.length = 0;
	clock = new HandClock();
	warnings = [];
	monitor = createMonitor(
		{ url: `${url}/`, token: "t0ken-of-the-test" },
		{ clock, warn: (line) => warnings.push(line) },
	);
});

describe("over HTTP", () => {
	it("a batch is columns of JSON, with a bearer token and the batch id as Idempotency-Key", async () => {
		monitor.record("api.response_time", 12, { method: "GET" }, { unit: "ms" });
		monitor.record("api.response_time", 13, { method: "GET" });
		monitor.record("api.response_time", 14, { method: "PUT" });
		monitor.count("c", 5);
		await monitor.flush();
		expect(seen).toHaveLength(1);
		expect(seen[0]).toMatchObject({
			path: "/api/v1/record",
			headers: { authorization: "Bearer t0ken-of-the-test", "content-type": "application/json" },
			body: {
				series: [
					{ name: "api.response_time", labels: { method: "GET" }, kind: "distribution", unit: "ms", values: [12, 13] },
					{ name: "api.response_time", labels: { method: "PUT" }, values: [14], timestamps: [START_MS] },
					{ name: "c", labels: {}, kind: "counter", values: [5] },
				],
			},
		});
		expect(parseUuid7(String(seen[0]?.headers["idempotency-key"]))?.createdMs).toBe(START_MS);
		expect(monitor.stats()).toMatchObject({ sent: 4, dropped: {} });
	});

	it("a message is passed on to the history and counted", async () => {
		const message = { messageId: "m1", userId: "u1", channel: "email", template: "welcome" } as const;
		monitor.message({ ...message, status: "success", latencyMs: 30 });
		monitor.message({ ...message, status: "failed", error: "x".repeat(2_000) });
		monitor.message({ ...message, status: "pending" });
		await monitor.flush();
		const sent = seen.find((one) => one.path === "/api/v1/messages")?.body as { messages: Record<string, unknown>[] };
		expect(sent.messages.map((one) => one["status"])).toEqual(["success", "failed", "pending"]);
		expect(sent.messages[0]).toEqual({
			...message,
			status: "success",
			latencyMs: 30,
			retryCount: 0,
			error: null,
			createdMs: START_MS,
		});
		expect(String(sent.messages[1]?.["error"])).toHaveLength(1_000);
		const recorded = seen.find((one) => one.path === "/api/v1/record")?.body;
		const labels = { channel: "email", template: "welcome" };
		expect(recorded).toMatchObject({
			series: [
				{ name: "notification.total", labels: { ...labels, status: "success" }, values: [1] },
				{ name: "notification.total", labels: { ...labels, status: "failed" }, values: [1] },
				{ name: "notification.success", labels: { ...labels, status: "success" }, values: [1] },
				{ name: "notification.delivery_time", unit: "ms", values: [30] },
			],
		});
	});

	it.each([429, 502, 503, 504])("%i is tried again with the same key, not before Retry-After", async (status) => {
		answers.push({ status, headers: { "retry-after": "2" } });
		clock.chance = 0;
		monitor.count("c");
		await monitor.flush();
		expect(clock.slept).toEqual([2_000]);
		expect(seen).toHaveLength(2);
		expect(seen[0]?.headers["idempotency-key"]).toBe(seen[1]?.headers["idempotency-key"]);
		expect(monitor.stats()).toMatchObject({ sent: 1, retries: 1 });
	});

	it.each([400, 401, 403, 409, 413, 500])("%i is not tried again", async (status) => {
		answers.push({ status, body: { title: "no", detail: "what to change" } });
		monitor.count("c");
		await monitor.flush();
		expect(seen).toHaveLength(1);
		expect(monitor.stats().dropped).toEqual({ refused: 1 });
		expect(warnings[0]).toContain(`HTTP ${status} what to change`);
	});

	it("a batch of which a part was dropped counts as what its receipt says", async () => {
		const drops = [{ place: "series[0].values[0]", reason: "late", detail: "older than 30 days" }];
		const receipt = { ...ACCEPTED, accepted: 1, dropped: 1, drops };
		answers.push({ status: 400, body: { code: "invalid", detail: "1 of 2", receipt } });
		monitor.record("d", 1);
		monitor.record("d", 2);
		await monitor.flush();
		expect(seen).toHaveLength(1);
		expect(monitor.stats()).toMatchObject({ sent: 1, dropped: { late: 1 } });
		monitor.message({ messageId: "m", userId: "u", channel: "c", template: "t", status: "pending" });
		answers.push({ status: 400, body: { code: "invalid", receipt: { accepted: 0, dropped: 1 } } });
		await monitor.flush();
		expect(monitor.stats()).toMatchObject({ messagesSent: 0, dropped: { late: 1, refused: 1 } });
	});

	it("a batch that came too late is counted as expired", async () => {
		answers.push({ status: 400, body: { code: "expired", detail: "older than 10 minutes" } });
		monitor.count("c");
		await monitor.flush();
		expect(monitor.stats().dropped).toEqual({ expired: 1 });
	});

	it("the token does not follow a redirect", async () => {
		answers.push({ status: 307, headers: { location: `${url}/elsewhere` } });
		monitor.count("c");
		await monitor.flush();
		expect(seen.map((one) => one.path)).toEqual(["/api/v1/record"]);
		expect(monitor.stats().dropped).toEqual({ refused: 1 });
	});

	it("nobody there is tried again, and neither address nor token is in what is said", async () => {
		const nobody = createMonitor(
			{ url: "http://127.0.0.1:9", token: "t0ken" },
			{ clock, warn: (line) => warnings.push(line) },
		);
		nobody.count("c");
		for (let i = 0; i < 40; i++) {
			await nobody.flush();
			clock.ms += 30_000;
		}
		expect(nobody.stats().dropped).toEqual({ unreachable: 1 });
		expect(warnings.join()).not.toMatch(/t0ken|127\.0\.0\.1/);
	});
});

describe("Retry-After", () => {
	it.each([
		[null, null],
		["3", 3_000],
		[" 0 ", 0],
		["Thu, 01 Jan 1970 00:01:00 GMT", 50_000],
		["Thu, 01 Jan 1970 00:00:01 GMT", 0],
		["soon", null],
		["-1e99", null],
	])("%s is %s ms", (text, wanted) => {
		expect(parseRetryAfter(text, 10_000)).toBe(wanted);
	});
});
