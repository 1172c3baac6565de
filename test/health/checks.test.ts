/** The contract of all checks: they end in time, never throw, never write; and the one word that comes of them. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { configOf } from "../../src/config.ts";
import { type Check, runCheck } from "../../src/health/check.ts";
import { CHECKS, examine, judge, statusCodeOf } from "../../src/health/verdict.ts";
import { CHECK_TIMEOUT_MS, QUEUE_BACKLOG_MAX } from "../../src/model/limits.ts";

const config = configOf(env);
const NOW = Date.now();
type Asked = { readonly property: string; readonly method: string };

/** The bindings as they are, but every method call is noted, and some of them throw or hang. */
function watched(asked: Asked[], broken: "no" | "throws" | "hangs"): Env {
	return new Proxy(env, {
		get(target, property) {
			const binding = Reflect.get(target, property) as unknown;
			if (typeof binding !== "object" || binding === null) return binding;
			return new Proxy(binding, {
				get(inner, method) {
					const value = Reflect.get(inner, method) as unknown;
					if (typeof value !== "function") return value;
					return (...args: unknown[]) => {
						asked.push({ property: String(property), method: String(method) });
						if (broken === "throws") throw new Error("secret-hostname.internal refused");
						if (broken === "hangs")
							return method === "prepare" || method === "getByName" ? hanging() : new Promise(() => undefined);
						return Reflect.apply(value, inner, args);
					};
				},
			});
		},
	}) as Env;
}

function hanging(): unknown {
	return new Proxy({}, { get: () => () => new Promise(() => undefined) });
}

const READS = ["prepare", "get", "getWithMetadata", "head", "metrics", "getByName"];

describe.each(CHECKS.map((check) => ({ name: check.name, check })))("the check $name", ({ check }) => {
	it("is healthy here, and says how long it took", async () => {
		const result = await runCheck(check, env, config, NOW);
		expect(result).toMatchObject({ name: check.name, details: expect.any(String) });
		expect(["healthy", "degraded"]).toContain(result.status);
		expect(result.responseTimeMs).toBeGreaterThanOrEqual(0);
	});

	it("defect 5: never writes", async () => {
		const asked: Asked[] = [];
		await runCheck(check, watched(asked, "no"), config, NOW);
		for (const { property, method } of asked) expect(READS, `${property}.${method}`).toContain(method);
	});

	it("is unhealthy, not an exception, when its service fails", async () => {
		const result = await runCheck(check, watched([], "throws"), config, NOW);
		expect(result.status).toBe(check.name === "settings" ? "healthy" : "unhealthy");
	});
});

describe("a check", () => {
	it("that hangs is ended", async () => {
		const hang: Check = { name: "x", componentType: "system", isVital: true, run: () => new Promise(() => undefined) };
		const result = await runCheck(hang, env, config, NOW);
		expect(result).toMatchObject({ status: "unhealthy", details: `no answer within ${CHECK_TIMEOUT_MS} ms` });
	});

	it("does not wait for another one", async () => {
		let begun = 0;
		const all = Promise.withResolvers<void>();
		const together: Check = {
			name: "together",
			componentType: "system",
			isVital: false,
			run: async () => {
				if (++begun === 4) all.resolve();
				await all.promise;
				return { status: "healthy", details: "" };
			},
		};
		const { checks } = await examine([together, together, together, together], env, config, NOW);
		expect(checks.map(({ status }) => status)).toEqual(["healthy", "healthy", "healthy", "healthy"]);
	});

	it("of the queue is degraded above the backlog of the seed's alert table", async () => {
		const queue = CHECKS.find(({ name }) => name === "queue") as Check;
		const withBacklog = (backlogCount: number) =>
			({ DELIVERIES: { metrics: async () => ({ backlogCount }) } }) as unknown as Env;
		expect((await runCheck(queue, withBacklog(QUEUE_BACKLOG_MAX), config, NOW)).status).toBe("healthy");
		expect(await runCheck(queue, withBacklog(QUEUE_BACKLOG_MAX + 1), config, NOW)).toMatchObject({
			status: "degraded",
			figures: { backlog: QUEUE_BACKLOG_MAX + 1 },
		});
	});

	it("of settings names those that were refused, and never their values", async () => {
		const settings = CHECKS.find(({ name }) => name === "settings") as Check;
		const result = await runCheck(settings, env, { ...config, problems: ["COMMIT_EVERY_MS must be a number"] }, NOW);
		expect(result).toMatchObject({ status: "degraded", details: expect.stringContaining("COMMIT_EVERY_MS") });
	});
});

describe("the verdict", () => {
	const vital = (status: "healthy" | "degraded" | "unhealthy") => ({ status, isVital: true });
	const other = (status: "healthy" | "degraded" | "unhealthy") => ({ status, isVital: false });

	it("defect 5: knows unhealthy, which is 503; degraded and healthy are 200", () => {
		expect(judge([vital("healthy"), other("healthy")])).toBe("healthy");
		expect(judge([vital("healthy"), other("unhealthy")])).toBe("degraded");
		expect(judge([vital("degraded"), other("healthy")])).toBe("degraded");
		expect(judge([vital("unhealthy"), other("healthy")])).toBe("unhealthy");
		expect(["healthy", "degraded", "unhealthy"].map((each) => statusCodeOf(each as "healthy"))).toEqual([
			200, 200, 503,
		]);
	});

	it("is unhealthy when the objects do not answer, whatever else does", async () => {
		const objects = { CATALOG: { getByName: () => ({ heartbeat: () => Promise.reject(new Error("overloaded")) }) } };
		const broken = new Proxy(env, {
			get: (target, name) => (name === "CATALOG" ? objects.CATALOG : Reflect.get(target, name)),
		}) as Env;
		expect((await examine(CHECKS, broken, config, NOW)).status).toBe("unhealthy");
	});
});
