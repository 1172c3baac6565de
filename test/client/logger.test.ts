/** Log lines: the seed's shape to the letter, no secret in them, and never a fault of their own. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLogger, type LogLevel } from "../../src/client/index.ts";
import { isSecretKey, REDACTED, redact } from "../../src/client/redact.ts";
import { LOG_ENTRIES_MAX, LOG_LINE_CHARS_MAX, LOG_NODES_MAX, LOG_TEXT_CHARS_MAX } from "../../src/model/limits.ts";

const NOW_MS = Date.UTC(2026, 10, 21, 9, 30);
const TIMESTAMP = "2026-11-21T09:30:00.000Z";

function setUp(level: LogLevel = "debug") {
	const lines: { level: LogLevel; line: string }[] = [];
	const logger = createLogger({
		level,
		context: { service: "notify-api" },
		nowMs: () => NOW_MS,
		sink: (at, line) => lines.push({ level: at, line }),
	});
	return { lines, logger, last: () => lines.at(-1)?.line };
}

/** The first seed's Logger, as far as its lines go. */
function seedLine(level: string, message: string, context: object, data?: unknown): string {
	return JSON.stringify({ timestamp: TIMESTAMP, level, message, ...context, ...(data ? { data } : {}) });
}

describe("a line", () => {
	it("is the seed's, byte for byte", () => {
		const { logger, last } = setUp();
		const context = { service: "notify-api", requestId: "r1" };
		const child = logger.child({ requestId: "r1" });
		child.info("hello", { a: 1 });
		expect(last()).toBe(seedLine("info", "hello", context, { a: 1 }));
		child.warn("careful");
		expect(last()).toBe(seedLine("warn", "careful", context));
		const fault = new TypeError("broken");
		child.error("failed", fault);
		expect(last()).toBe(
			seedLine("error", "failed", context, { name: "TypeError", message: "broken", stack: fault.stack }),
		);
		child.metric("api.response_time", 12.5, { endpoint: "/a" });
		expect(last()).toBe(
			JSON.stringify({
				timestamp: TIMESTAMP,
				type: "metric",
				name: "api.response_time",
				value: 12.5,
				tags: { endpoint: "/a" },
				...context,
			}),
		);
		child.metric("plain", 1);
		expect(last()).toBe(JSON.stringify({ timestamp: TIMESTAMP, type: "metric", name: "plain", value: 1, ...context }));
	});

	it("about a request has the type request", () => {
		const { logger, last } = setUp();
		logger.request({ method: "GET", endpoint: "/users/:id", status: 200, durationMs: 12, cookie: "a=b" });
		expect(JSON.parse(last() ?? "")).toEqual({
			timestamp: TIMESTAMP,
			type: "request",
			method: "GET",
			endpoint: "/users/:id",
			status: 200,
			durationMs: 12,
			cookie: REDACTED,
			service: "notify-api",
		});
	});

	it("below the level is left out", () => {
		const { logger, lines } = setUp("warn");
		logger.debug("a");
		logger.info("b");
		logger.metric("c", 1);
		logger.warn("d");
		logger.error("e");
		expect(lines.map((one) => one.level)).toEqual(["warn", "error"]);
	});

	it("of one request does not carry the context of another", () => {
		const { logger, last } = setUp();
		const first = logger.child({ requestId: "1" });
		const second = logger.child({ userId: "u" });
		first.info("x");
		expect(JSON.parse(last() ?? "")).toMatchObject({ requestId: "1" });
		second.info("x");
		expect(JSON.parse(last() ?? "")).not.toHaveProperty("requestId");
	});

	it("that is too long is still one JSON object", () => {
		const { logger, last } = setUp();
		logger.info(
			"big",
			Array.from({ length: 90 }, () => "x".repeat(8_000)),
		);
		expect(last()?.length).toBeLessThanOrEqual(LOG_LINE_CHARS_MAX);
		expect(JSON.parse(last() ?? "")).toMatchObject({ type: "cut" });
	});
});

it("an error is counted, also when its line is left out", () => {
	const counted: string[] = [];
	const logger = createLogger({ sink: () => undefined, monitor: { count: (name) => void counted.push(name) } });
	logger.error("a", new Error("x"));
	logger.child({ a: 1 }).error("b");
	logger.warn("c");
	expect(counted).toEqual(["log.errors", "log.errors"]);
});

it("a sink that throws does not reach the host", () => {
	const logger = createLogger({
		sink: () => {
			throw new Error("full");
		},
	});
	expect(() => logger.info("x")).not.toThrow();
});

describe("a secret", () => {
	it.each([
		"authorization",
		"Authorization",
		"proxy-authorization",
		"token",
		"accessToken",
		"access_token",
		"refresh-token",
		"password",
		"userPassword",
		"api_key",
		"apiKey",
		"X-API-Key",
		"apikey",
		"secret",
		"client_secret",
		"webhookSecret",
		"cookie",
		"Set-Cookie",
		"privateKey",
		"sessionId",
		"credentials",
		"webhook-signature",
	])("is known by its key: %s", (key) => {
		expect(isSecretKey(key)).toBe(true);
		expect(JSON.stringify(redact({ deep: [{ [key]: "s3cr3t" }] }))).not.toContain("s3cr3t");
	});

	it.each(["tokens_per_second", "keyboard", "monkey", "apiKeyCount", "passwordless", "author", "cookies_enabled"])(
		"is not %s",
		(key) => {
			expect(isSecretKey(key)).toBe(false);
		},
	);

	it("does not stand in the context, in tags, in headers, in a map or in a text with a scheme", () => {
		const lines: string[] = [];
		const logger = createLogger({ context: { token: "s3cr3t" }, sink: (_, line) => lines.push(line) });
		logger.info("sent Authorization: Bearer s3cr3t.s3cr3t", new Headers({ authorization: "Bearer s3cr3t" }));
		logger.metric("m", 1, { api_key: "s3cr3t" });
		logger.error("x", new Error("401 for Basic czNjcjN0OnMzY3IzdA=="));
		logger.info("url", { at: new URL("https://a.example/hook?key=s3cr3t") });
		logger.info("map", new Map([["password", "s3cr3t"]]));
		expect(lines.join("\n")).not.toMatch(/s3cr3t|czNjcjN0/);
	});
});

describe("whatever is logged", () => {
	it("becomes JSON: cycles, depth, big integers, functions, symbols, dates, bytes, getters that throw", () => {
		const cycle: Record<string, unknown> = { a: 1 };
		cycle["self"] = cycle;
		const deep = Array.from({ length: 50 }).reduce<unknown>((inner) => ({ inner }), "end");
		expect(redact(cycle)).toEqual({ a: 1, self: "[circular]" });
		expect(JSON.stringify(redact(deep))).toContain("[cut]");
		expect(redact([10n, () => 1, new Date(0), new Uint8Array(3), Number.NaN])).toMatchObject([
			"10",
			expect.any(String),
			"1970-01-01T00:00:00.000Z",
			"[3 bytes]",
			"NaN",
		]);
		const hostile = {
			get a(): number {
				throw new Error("no");
			},
		};
		expect(redact(hostile)).toBe("[unreadable]");
		const cause = new Error("outer", { cause: new Error("inner") });
		expect(redact(cause)).toMatchObject({ name: "Error", message: "outer", cause: { message: "inner" } });
	});

	it("is cut at its bounds: entries, nodes, text", () => {
		expect(redact(Array.from({ length: 1_000 }, () => 1))).toHaveLength(LOG_ENTRIES_MAX);
		expect(
			Object.keys(redact(Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`k${i}`, i]))) as object),
		).toHaveLength(LOG_ENTRIES_MAX);
		const wide = Array.from({ length: 100 }, () => Array.from({ length: 100 }, () => ({})));
		expect(JSON.stringify(redact(wide)).match(/\{\}/g)?.length).toBeLessThan(LOG_NODES_MAX);
		expect(String(redact("x".repeat(100_000))).length).toBeLessThan(LOG_TEXT_CHARS_MAX + 20);
	});

	it("is one line of JSON", () => {
		fc.assert(
			fc.property(fc.string(), fc.anything(), (message, data) => {
				const lines: string[] = [];
				createLogger({ sink: (_, line) => lines.push(line) }).info(message, data);
				expect(lines).toHaveLength(1);
				expect(lines[0]).not.toContain("\n");
				expect(typeof JSON.parse(lines[0] ?? "")).toBe("object");
			}),
		);
	});
});
