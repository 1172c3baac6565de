/** What the wrapper records of fetch, scheduled and queue, and that it changes nothing else. */
import { Router } from "itty-router";
import { describe, expect, it } from "vitest";
import { createMonitor, type Monitor, withMonitoring } from "../../src/client/index.ts";
import { ok } from "../../src/lib/result.ts";
import type { Batch } from "../../src/model/batch.ts";
import type { RecorderApi } from "../../src/model/recorder-api.ts";
import { HandClock, receiptOf, valuesOf } from "./far-end.ts";

type Env = { readonly ENVIRONMENT: string };
const ENV: Env = { ENVIRONMENT: "test" };

function setUp() {
	const clock = new HandClock();
	const batches: Batch[] = [];
	const binding: RecorderApi = {
		record: async (batch) => {
			batches.push(batch);
			return ok(receiptOf(batch));
		},
		messages: async (messages) => ok({ accepted: messages.length, dropped: 0 }),
	};
	const promised: Promise<unknown>[] = [];
	const ctx = { waitUntil: (promise: Promise<unknown>) => void promised.push(promise) } as unknown as ExecutionContext;
	const monitor = createMonitor(binding, { clock });
	const options = { monitor: () => monitor, environment: (env: Env) => env.ENVIRONMENT, nowMs: clock.nowMs };
	const recorded = async (): Promise<readonly Batch[]> => {
		await Promise.all(promised);
		return batches;
	};
	return { clock, ctx, options, recorded, monitor };
}

const GET = (path: string, init?: RequestInit) =>
	new Request(`https://app.example${path}`, init) as Request<unknown, IncomingRequestCfProperties>;
const key = (endpoint: string, status: string, method = "GET") =>
	JSON.stringify(["endpoint", endpoint, "environment", "test", "method", method, "status", status]);

describe("a measured fetch", () => {
	it("answers what the handler answers and records time, count and no error", async () => {
		const { clock, ctx, options, recorded } = setUp();
		const handler = withMonitoring<Env>(
			{
				async fetch() {
					await clock.sleep(42);
					return new Response("hello", { status: 201 });
				},
			},
			options,
		);
		const response = await handler.fetch?.(GET("/users/7"), ENV, ctx);
		expect(await response?.text()).toBe("hello");
		const batch = await recorded();
		expect(valuesOf(batch, "api.response_time")).toEqual({ [key("/users/:id", "201")]: [42] });
		expect(valuesOf(batch, "api.requests")).toEqual({ [key("/users/:id", "201")]: [1] });
		expect(valuesOf(batch, "api.errors")).toEqual({});
		expect(batch[0]?.parts.find((part) => part.name === "api.response_time")?.unit).toBe("ms");
	});

	it("throws on what the handler throws and records it with the status 'error'", async () => {
		const { clock, ctx, options, recorded } = setUp();
		const fault = new Error("broken");
		const handler = withMonitoring<Env>(
			{
				async fetch() {
					await clock.sleep(5);
					throw fault;
				},
			},
			options,
		);
		await expect(async () => handler.fetch?.(GET("/pay"), ENV, ctx)).rejects.toBe(fault);
		const batch = await recorded();
		for (const [name, value] of [
			["api.response_time", 5],
			["api.requests", 1],
			["api.errors", 1],
		] as const)
			expect(valuesOf(batch, name)).toEqual({ [key("/pay", "error")]: [value] });
	});

	it("counts 5xx as errors and 4xx not, and bounds the method", async () => {
		const { ctx, options, recorded } = setUp();
		const statuses = [500, 503, 404, 200];
		const handler = withMonitoring<Env>(
			{ fetch: () => new Response(null, { status: statuses.shift() ?? 200 }) },
			{ ...options, routes: ["/a"] },
		);
		for (const method of ["GET", "POST", "PROPFIND", "PROPFIND"])
			await handler.fetch?.(GET("/a", { method }), ENV, ctx);
		const batch = await recorded();
		expect(valuesOf(batch, "api.errors")).toEqual({ [key("/a", "500")]: [1], [key("/a", "503", "POST")]: [1] });
		expect(Object.keys(valuesOf(batch, "api.requests"))).toContain(key("/a", "200", "OTHER"));
	});

	it("sends what the handler recorded without a context of its own", async () => {
		const { ctx, options, recorded, monitor } = setUp();
		const handler = withMonitoring<Env>(
			{
				fetch() {
					monitor.count("orders");
					return new Response();
				},
			},
			options,
		);
		await handler.fetch?.(GET("/a"), ENV, ctx);
		expect(valuesOf(await recorded(), "orders")).toEqual({ "[]": [1] });
	});

	it("keeps `this` of a class, and leaves a router that is a proxy its names", async () => {
		const { ctx, options } = setUp();
		class App {
			readonly greeting = "from a class";
			fetch(): Response {
				return new Response(this.greeting);
			}
		}
		const ofClass = withMonitoring<Env>(new App(), options);
		expect(await (await ofClass.fetch?.(GET("/"), ENV, ctx))?.text()).toBe("from a class");
		const router = Router();
		router.get("/", () => new Response("from a router"));
		const ofRouter = withMonitoring<Env>(router as ExportedHandler<Env>, options);
		expect(await (await ofRouter.fetch?.(GET("/"), ENV, ctx))?.text()).toBe("from a router");
		expect(ofRouter.scheduled).toBeUndefined();
		expect(router.routes).toHaveLength(1);
	});

	it("serves on when the monitor cannot be made, when a name throws, when waitUntil throws", async () => {
		const { ctx, options } = setUp();
		const fetch = () => new Response("served");
		const broken = {
			monitor: (): Monitor => {
				throw new Error("no binding");
			},
			environment: () => {
				throw new Error("no variable");
			},
		};
		const throwing = {
			waitUntil: () => {
				throw new Error("over");
			},
		} as unknown as ExecutionContext;
		for (const [wrapped, context] of [
			[withMonitoring<Env>({ fetch }, broken), ctx],
			[withMonitoring<Env>({ fetch }, { monitor: () => createMonitor(undefined) }), ctx],
			[withMonitoring<Env>({ fetch }, options), throwing],
		] as const)
			expect(await (await wrapped.fetch?.(GET("/"), ENV, context))?.text()).toBe("served");
	});
});

describe("a measured clock and queue", () => {
	it("records how long a scheduled run took, by its cron, and its error", async () => {
		const { clock, ctx, options, recorded } = setUp();
		let broken = false;
		const handler = withMonitoring<Env>(
			{
				async scheduled() {
					await clock.sleep(70);
					if (broken) throw new Error("broken");
				},
			},
			options,
		);
		const controller = { cron: "*/5 * * * *", scheduledTime: 0, noRetry() {} };
		await handler.scheduled?.(controller, ENV, ctx);
		broken = true;
		await expect(async () => handler.scheduled?.(controller, ENV, ctx)).rejects.toThrow("broken");
		const batch = await recorded();
		const labels = JSON.stringify(["cron", "*/5 * * * *", "environment", "test"]);
		expect(valuesOf(batch, "scheduled.duration")).toEqual({ [labels]: [70, 70] });
		expect(valuesOf(batch, "scheduled.errors")).toEqual({ [labels]: [1] });
	});

	it("records the delay of each message, the batch, the backlog, and the error of a consumer", async () => {
		const { clock, ctx, options, recorded } = setUp();
		const sentAt = (agoMs: number) => ({ id: "1", timestamp: new Date(clock.ms - agoMs), body: 1, attempts: 1 });
		const batch = {
			queue: "mails",
			messages: [sentAt(2_000), sentAt(500), sentAt(-300)],
			metadata: { metrics: { backlogCount: 17, backlogBytes: 0 } },
		} as unknown as MessageBatch<number>;
		const handler = withMonitoring<Env, number>(
			{
				async queue() {
					await clock.sleep(30);
					throw new Error("broken");
				},
			},
			options,
		);
		await expect(async () => handler.queue?.(batch, ENV, ctx)).rejects.toThrow("broken");
		const sent = await recorded();
		const labels = JSON.stringify(["environment", "test", "queue", "mails"]);
		expect(valuesOf(sent, "queue.delay")).toEqual({ [labels]: [2_000, 500, 0] });
		expect(valuesOf(sent, "queue.messages")).toEqual({ [labels]: [3] });
		expect(valuesOf(sent, "queue.batch_time")).toEqual({ [labels]: [30] });
		expect(valuesOf(sent, "queue.backlog")).toEqual({ [labels]: [17] });
		expect(Object.values(valuesOf(sent, "queue.errors"))).toEqual([[1]]);
	});
});

it("costs one monitor an isolate, not one a request", async () => {
	const { ctx, options, monitor } = setUp();
	let made = 0;
	const handler = withMonitoring<Env>(
		{ fetch: () => new Response() },
		{
			...options,
			monitor: () => {
				made++;
				return monitor;
			},
		},
	);
	for (let i = 0; i < 5; i++) await handler.fetch?.(GET("/"), ENV, ctx);
	expect(made).toBe(1);
});
