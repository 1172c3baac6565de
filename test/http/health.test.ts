/** Health over HTTP: the shapes of the two seed documents, and what the public may see. */
import { beforeAll, describe, expect, it } from "vitest";
import { addToken, ask, known, post, read, TOKEN } from "./golden.ts";

beforeAll(async () => {
	await addToken(TOKEN, ["admin"]);
	const counter = (name: string, value: number) => ({ name, kind: "counter", values: [value] });
	await post({
		series: [
			counter("api.requests", 200),
			counter("api.errors", 4),
			counter("cache.hits", 30),
			counter("cache.misses", 10),
			{ name: "api.response_time", values: [40, 50] },
		],
	});
	for (const name of ["api.requests", "api.errors", "cache.hits", "cache.misses", "api.response_time"])
		await known(name);
});

describe("GET /api/health", () => {
	it("is the seed's, for everybody", async () => {
		const response = await ask("/api/health", { token: null });
		expect(response.status).toBe(200);
		expect(await read(response)).toEqual({
			status: expect.stringMatching(/^(healthy|degraded)$/),
			timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
			version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
			environment: expect.any(String),
		});
	});

	it("is health+json when asked, without checks for the public", async () => {
		const accept = { accept: "application/health+json" };
		const open = await ask("/api/health", { token: null, headers: accept });
		expect(open.headers.get("content-type")).toBe("application/health+json");
		const body = await read(open);
		expect(body["status"]).toMatch(/^(pass|warn)$/);
		expect(body["checks"]).toBeUndefined();
		const full = await read(await ask("/api/health", { headers: accept }));
		expect(full["checks"]).toMatchObject({
			"database:responseTime": [
				{
					componentType: "datastore",
					observedUnit: "ms",
					observedValue: expect.any(Number),
					status: "pass",
					time: expect.any(String),
				},
			],
		});
	});
});

describe("GET /api/health/detailed", () => {
	it("is the seed's, for those who may read", async () => {
		expect((await ask("/api/health/detailed", { token: null })).status).toBe(401);
		const body = await read(await ask("/api/health/detailed"));
		expect(body).toMatchObject({
			status: expect.any(String),
			timestamp: expect.any(String),
			checks: {
				database: { status: "healthy", responseTime: expect.any(Number), details: expect.any(String) },
				kv: { status: "healthy", responseTime: expect.any(Number), details: expect.any(String) },
				queue: {
					status: "healthy",
					responseTime: expect.any(Number),
					backlog: expect.any(Number),
					details: expect.any(String),
				},
				archive: { status: "healthy" },
				objects: { status: "healthy" },
				adapters: {
					"critical/0": {
						status: "healthy",
						available: expect.any(Boolean),
						responseTime: expect.any(Number),
						details: expect.any(String),
					},
				},
			},
			metrics: { uptime: expect.any(Number), requestsProcessed: 200, averageResponseTime: 45 },
		});
	});
});

describe("GET /health", () => {
	it("is the second seed's, with figures from what was recorded, by X-API-Key", async () => {
		const body = await read(await ask("/health", { token: null, headers: { "x-api-key": TOKEN } }));
		expect(body).toEqual({
			status: expect.any(String),
			timestamp: expect.any(Number),
			version: expect.any(String),
			uptime: expect.any(Number),
			metrics: {
				requests_total: 200,
				requests_per_second: expect.any(Number),
				average_response_time: 45,
				error_rate: 0.02,
				cache_hit_rate: 0.75,
				active_api_keys: 1,
				healthy_api_keys: 1,
			},
			database: {
				status: "connected",
				tables: expect.arrayContaining(["request_logs", "api_key_metrics", "system_stats"]),
			},
		});
		expect((body["metrics"] as { requests_per_second: number }).requests_per_second).toBeGreaterThan(0);
	});

	it("shows the public no figures and no names", async () => {
		const body = await read(await ask("/health", { token: null }));
		expect(Object.keys(body).sort()).toEqual(["database", "status", "timestamp", "version"]);
		expect(body["database"]).toEqual({ status: "connected" });
		// A wrong token is no reason not to say how one is.
		expect((await ask("/health", { token: "wrong" })).status).toBe(200);
	});
});

describe("probes", () => {
	it("are answered", async () => {
		expect((await ask("/livez", { token: null })).status).toBe(200);
		expect(await read(await ask("/readyz", { token: null }))).toEqual({ status: "ready" });
		const beat = await ask("/heartbeat", { token: null });
		expect(beat.status).toBe(200);
		expect(await read(beat)).toEqual({ status: "ok", lastTick: null });
	});

	it("of a heartbeat that is overdue get 503", async () => {
		const clock = (offsetMs: number) =>
			ask("/api/v1/dev/clock", {
				method: "PUT",
				body: JSON.stringify({ offsetMs }),
				headers: { "content-type": "application/json" },
			});
		await clock(600_000);
		const beat = await ask("/heartbeat", { token: null });
		expect(beat.status).toBe(503);
		expect(await read(beat)).toMatchObject({ status: "overdue" });
		await clock(0);
	});
});
