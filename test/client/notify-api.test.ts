/** The example, whole, in real workerd with its own D1, KV and queue: what a newcomer copies must work and be recorded. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createTestHarness } from "wrangler";

type Part = { readonly name: string; readonly labels: string[]; readonly ends: number[]; readonly values: number[] };
type Told = { readonly messageId: string; readonly status: string; readonly latencyMs: number };

const ROOT = join(import.meta.dirname, "../..");
const server = createTestHarness({
	root: ROOT,
	workers: [
		{ configPath: "examples/notify-api/wrangler.toml" },
		{ configPath: "test/client/fixtures/perdure/wrangler.toml" },
	],
});

beforeAll(async () => {
	await server.listen();
	const env = await server.getWorker<NotifyEnv>("notify-api").getEnv();
	const sql = readFileSync(join(ROOT, "examples/notify-api/migrations/0001_notifications.sql"), "utf8");
	const statements = sql.replace(/--.*$/gm, "").split(";");
	for (const statement of statements) if (statement.trim() !== "") await env.DB.prepare(statement).run();
}, 60_000);
afterAll(() => server.close());
beforeEach(async () => {
	await server.getWorker("perdure").fetch("http://perdure/", { method: "POST", body: "[]" });
	await behave({});
});

const post = async (path: string, body: unknown) => server.fetch(path, { method: "POST", body: JSON.stringify(body) });
const behave = (knobs: object) => post("/demo/behaviour", knobs);

async function seen(): Promise<{ parts: Part[]; messages: Told[] }> {
	const response = await server.getWorker("perdure").fetch("http://perdure/");
	const { calls, messages } = (await response.json()) as { calls: { parts: Part[] }[]; messages: Told[] };
	return { parts: calls.flatMap((call) => call.parts), messages };
}

/** All that was recorded of a metric, by its labels as 'a=1 b=2'. */
async function recorded(name: string): Promise<Record<string, number[]>> {
	const values: Record<string, number[]> = {};
	for (const part of (await seen()).parts.filter((one) => one.name === name)) {
		for (const [i, key] of part.labels.entries()) {
			const pairs = (JSON.parse(key) as string[]).reduce((text, one, at) => text + (at % 2 ? `=${one} ` : one), "");
			values[pairs.trim()] = [
				...(values[pairs.trim()] ?? []),
				...part.values.slice(part.ends[i - 1] ?? 0, part.ends[i]),
			];
		}
	}
	return values;
}

async function until(
	name: string,
	check: (values: Record<string, number[]>) => boolean,
): Promise<Record<string, number[]>> {
	for (const deadlineMs = Date.now() + 20_000; Date.now() < deadlineMs; ) {
		const values = await recorded(name);
		if (check(values)) return values;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	throw new Error(`'${name}' did not come to that: ${JSON.stringify(await recorded(name))}`);
}

describe("the notification API", () => {
	it("takes, queues, delivers and reports a message, all of it measured", async () => {
		const answer = await post("/api/send-notification", { userId: "1", channel: "email", template: "welcome" });
		expect(answer.status).toBe(202);
		const { messageId } = (await answer.json()) as { messageId: string };
		const total = await until("notification.total", (values) => Object.keys(values).length > 0);
		expect(total).toEqual({ "channel=email status=success template=welcome": [1] });
		expect(await (await server.fetch(`/api/notifications/${messageId}`)).json()).toMatchObject({
			message_id: messageId,
			status: "success",
		});
		const told = (await seen()).messages;
		expect(told).toMatchObject([{ messageId, status: "success" }]);
		expect(told[0]?.latencyMs).toBeGreaterThan(0);
		await until("api.requests", (values) =>
			Object.keys(values).some((key) => key.includes("endpoint=/api/notifications/:id")),
		);
		expect(await recorded("api.requests")).toMatchObject({
			"endpoint=/api/send-notification environment=development method=POST status=202": [1],
		});
		for (const name of [
			"notification.success",
			"notification.delivery_time",
			"queue.sent",
			"queue.delay",
			"queue.messages",
		])
			expect(Object.values(await recorded(name)).flat()).toHaveLength(1);
		expect(Object.keys(await recorded("queue.backlog"))).toContain("queue=notify-messages");
		expect(Object.keys(await recorded("db.query_time"))).toEqual(
			expect.arrayContaining(["operation=insert", "operation=update"]),
		);
	}, 20_000);

	it("finds a user in the cache the second time", async () => {
		for (let i = 0; i < 2; i++)
			expect(await (await server.fetch("/api/users/2")).json()).toEqual({ id: "2", name: "Grace", channel: "sms" });
		expect((await server.fetch("/api/users/99")).status).toBe(404);
		await until("api.requests", (values) => Object.values(values).flat().length >= 2);
		expect(await recorded("cache.hits")).toEqual({ "": [1] });
		expect(await recorded("cache.misses")).toEqual({ "": [2] });
	});

	it("says what is wrong with a body", async () => {
		for (const [body, place] of [
			[{ userId: "1", channel: "pigeon" }, "channel"],
			[{ channel: "sms" }, "userId"],
			[null, "body"],
		] as const) {
			const answer = await post("/api/send-notification", body);
			expect(answer.status).toBe(400);
			expect(((await answer.json()) as { error: string }).error).toContain(place);
		}
		expect((await server.fetch("/nowhere")).status).toBe(404);
	});

	it("is slow and faulty when it is asked to be, and its errors are counted", async () => {
		await behave({ latencyMs: 60, errorRate: 1 });
		expect((await server.fetch("/api/users/1")).status).toBe(500);
		await behave({});
		expect((await server.fetch("/api/fail?rate=1")).status).toBe(500);
		expect(await (await server.fetch("/api/slow?ms=30")).json()).toEqual({ sleptMs: 30 });
		await until("api.errors", (values) => Object.keys(values).length === 2);
		const times = await recorded("api.response_time");
		expect(times["endpoint=/api/users/:id environment=development method=GET status=500"]?.[0]).toBeGreaterThan(50);
		expect((await behave({ errorRate: 7 })).status).toBe(400);
	});

	it("lets the queue fill while its consumer is paused, and delivers what waited", async () => {
		await behave({ queuePaused: true });
		for (let i = 0; i < 5; i++) await post("/api/send-notification", { userId: "1", channel: "sms" });
		await until("queue.backlog", (values) =>
			Object.values(values)
				.flat()
				.some((count) => count >= 4),
		);
		expect((await seen()).messages).toEqual([]);
		await behave({});
		await until(
			"notification.success",
			(values) =>
				Object.values(values)
					.flat()
					.reduce((a, b) => a + b, 0) === 5,
		);
	}, 30_000);
});
