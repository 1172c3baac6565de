/** The business metrics over HTTP, of what applications report and of Perdure's own messages. */
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { DAY_MS } from "../../src/model/limits.ts";
import { notifierStub } from "../../src/peers/stubs.ts";
import { event } from "../notify/receiver.ts";
import { addToken, ask, read, TOKEN } from "./golden.ts";

type Shown = {
	notifications: { total: number; byChannel: Record<string, { total: number }> };
	latency: { delivery: unknown };
};

beforeAll(() => addToken(TOKEN, ["admin"]));
beforeEach(() => {
	for (const method of ["log", "warn", "error"] as const) vi.spyOn(console, method).mockImplementation(() => {});
});

describe("the business metrics", () => {
	it("have both in them", async () => {
		const now = Date.now();
		const base = { userId: "u", channel: "sms", template: "t", createdMs: now };
		const messages = [
			{ ...base, messageId: "1", status: "success", latencyMs: 5 },
			{ ...base, messageId: "2", status: "failed", userId: "v" },
		];
		const headers = { "content-type": "application/json" };
		await ask("/api/v1/messages", { method: "POST", body: JSON.stringify({ messages }), headers });
		await notifierStub(env).accept([event("Counted")]);
		await vi.waitFor(
			async () => {
				const shown = (await read(await ask("/api/v1/business"))) as unknown as Shown;
				expect(shown.notifications.byChannel["webhook"]?.total).toBe(1);
				expect(shown.latency.delivery).not.toBeNull();
				expect(shown).toMatchObject({
					window: "24h",
					complete: true,
					notifications: { byChannel: { sms: { total: 2, successRate: 0.5 } } },
					templates: {
						mostUsed: expect.arrayContaining([expect.objectContaining({ template_key: "t", unique_users: 2 })]),
					},
					users: { period: "24h" },
					queue: { backlog: expect.any(Number), pending: expect.any(Number), processingRate: expect.any(Number) },
					latency: { byChannel: { sms: { endToEnd: { count: 1, p99: 5 } } } },
				});
			},
			{ timeout: 10_000, interval: 100 },
		);
	}, 15_000);

	it.each(["1h", "24h", "7d", "30d"])("are there for %s", async (window) => {
		const shown = await read(await ask(`/api/v1/business?window=${window}`));
		expect(shown["window"]).toBe(window);
	});

	it.each(["31d", "59m", "yesterday", `${DAY_MS}`])("are not for %s", async (window) => {
		expect((await ask(`/api/v1/business?window=${window}`)).status).toBe(400);
	});

	it("are for tokens that read", async () => {
		expect((await ask("/api/v1/business", { token: null })).status).toBe(401);
	});
});
