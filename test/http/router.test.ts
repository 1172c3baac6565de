/** Every request: who may ask, what there is, and that nothing leaks. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { configOf } from "../../src/config.ts";
import { hashToken, refusal, scopesOf } from "../../src/http/auth.ts";
import { TOKEN_CHARS_MAX } from "../../src/model/limits.ts";
import { addToken, ask, read, TOKEN } from "./golden.ts";

beforeAll(async () => {
	await addToken(TOKEN, ["admin"]);
	await addToken("only-records-samples", ["record"]);
	await addToken("only-reads-metrics", ["read"]);
	await addToken("was-valid-yesterday", ["admin"], Date.now() - 1);
});

const record = (token: string | null, headers: Record<string, string> = {}) =>
	ask("/api/v1/record", {
		method: "POST",
		token,
		body: '{"name":"auth.a","value":1}',
		headers: { "content-type": "application/json", ...headers },
	});

describe("a token", () => {
	it("is needed, and the answer says which and how", async () => {
		const response = await record(null);
		expect(response.status).toBe(401);
		expect(response.headers.get("www-authenticate")).toBe('Bearer realm="perdure"');
		expect(await read(response)).toMatchObject({
			code: "unauthorized",
			detail: expect.stringContaining("scope 'record'"),
		});
	});

	it("comes as Bearer or as X-API-Key, and several are valid at once", async () => {
		expect((await record(TOKEN)).status).toBe(200);
		expect((await record("only-records-samples")).status).toBe(200);
		expect((await record(null, { "x-api-key": "only-records-samples" })).status).toBe(200);
	});

	it("that is unknown, expired or endless is refused, and not repeated in the answer", async () => {
		for (const token of ["guess", "was-valid-yesterday", "x".repeat(TOKEN_CHARS_MAX + 1)]) {
			const response = await record(token);
			expect(response.status).toBe(401);
			expect(await response.text()).not.toContain(token);
		}
	});

	it("allows what its scopes say, and no more", async () => {
		expect((await record("only-reads-metrics")).status).toBe(403);
		expect((await ask("/api/metrics", { token: "only-reads-metrics" })).status).toBe(200);
		expect((await ask("/api/metrics", { token: "only-records-samples" })).status).toBe(403);
		expect((await ask("/api/metrics/a", { method: "DELETE", token: "only-reads-metrics" })).status).toBe(403);
	});

	it("for observing is not needed when the setting opens it, and for all else it is", () => {
		const open = { ...configOf(env), publicMetrics: true };
		expect(refusal([], "observe", open)).toBeNull();
		expect(refusal([], "read", open)).toMatchObject({ code: "unauthorized" });
		expect(refusal(["read"], "observe", configOf(env))).toBeNull();
	});

	it("of the first hour comes from a secret, as a hash or as it is", async () => {
		const request = new Request("https://a/", { headers: { "x-api-key": "the-first-token-of-all" } });
		const config = { ...configOf(env), adminToken: null, adminTokenHash: await hashToken("the-first-token-of-all") };
		expect(await scopesOf(request, env, config, Date.now())).toMatchObject({
			ok: true,
			value: expect.arrayContaining(["admin"]),
		});
		const clear = { ...config, adminTokenHash: null, adminToken: "the-first-token-of-all" };
		expect((await scopesOf(request, env, clear, Date.now())).ok).toBe(true);
	});
});

describe("a token's life", () => {
	const body = (wish: unknown) => ({
		method: "POST",
		body: JSON.stringify(wish),
		headers: { "content-type": "application/json" },
	});

	it("begins with being shown once, and ends when it is revoked", async () => {
		const made = await ask("/api/v1/tokens", body({ name: "ci", scopes: ["record"] }));
		expect(made.status).toBe(201);
		const { token, hash } = (await made.json()) as { token: string; hash: string };
		expect(token).toMatch(/^perdure_[\w-]{43}$/);
		expect((await record(token)).status).toBe(200);
		const listed = await (await ask("/api/v1/tokens")).text();
		expect(listed).toContain(hash);
		expect(listed).not.toContain(token);
		expect((await ask(`/api/v1/tokens/${hash}`, { method: "DELETE" })).status).toBe(200);
		expect((await record(token)).status).toBe(401);
		expect((await ask(`/api/v1/tokens/${hash}`, { method: "DELETE" })).status).toBe(404);
	});

	it("is refused without name or scopes, and the answer says where", async () => {
		const refused = await ask("/api/v1/tokens", body({ name: "", scopes: ["all"] }));
		expect(refused.status).toBe(400);
		const { issues } = (await refused.json()) as { issues: { place: string }[] };
		expect(issues.map(({ place }) => place)).toEqual(["name", "scopes.0"]);
		expect((await ask("/api/v1/tokens", { ...body(""), body: "{" })).status).toBe(400);
		expect((await ask("/api/v1/tokens", { ...body(""), body: " ".repeat(70_000) })).status).toBe(413);
	});
});

describe("the router", () => {
	it("lists what there is, for people and for programs", async () => {
		const page = await ask("/", { token: null });
		expect(page.headers.get("content-type")).toContain("text/plain");
		expect(await page.text()).toMatch(/POST\s+\/api\/v1\/record\s+record/);
		const list = await read(await ask("/", { token: null, headers: { accept: "application/json" } }));
		expect(list["endpoints"]).toContainEqual({
			method: "GET",
			path: "/metrics",
			access: "observe",
			about: expect.any(String),
		});
		expect(JSON.stringify(list)).not.toContain("/dev/");
	});

	it("answers an unknown path and a wrong method as problems", async () => {
		const unknown = await ask("/api/nothing");
		expect(unknown.status).toBe(404);
		expect(unknown.headers.get("content-type")).toBe("application/problem+json");
		const wrong = await ask("/api/v1/record");
		expect(wrong.status).toBe(405);
		expect(wrong.headers.get("allow")).toBe("POST, OPTIONS");
		expect((await ask("/api/metrics/%ff")).status).toBe(404);
	});

	it("answers HEAD without a body and OPTIONS with what is allowed", async () => {
		const head = await ask("/livez", { method: "HEAD" });
		expect(head.status).toBe(200);
		expect(await head.text()).toBe("");
		const options = await ask("/api/metrics/a", { method: "OPTIONS", token: null });
		expect(options.status).toBe(204);
		expect(options.headers.get("allow")).toBe("GET, HEAD, DELETE, OPTIONS");
	});

	it("never lets a stack trace out", async () => {
		for (const path of [
			"/api/metrics/%00",
			"/api/v1/rules/groups/%2e%2e",
			"/api/v1/query?query=%7B",
			"/api/v1/deliveries/x/replay",
		]) {
			const response = await ask(path, path.endsWith("replay") ? { method: "POST" } : {});
			const text = await response.text();
			expect(response.status, path).toBeLessThan(500);
			expect(text).not.toMatch(/\bat .*\.ts|node_modules|Error:/);
		}
	});
});

describe("the clock", () => {
	it("is moved and ticked under development only", async () => {
		const init = (offsetMs: unknown) => ({
			method: "PUT",
			body: JSON.stringify({ offsetMs }),
			headers: { "content-type": "application/json" },
		});
		expect((await ask("/api/v1/dev/clock", init(3_600_000))).status).toBe(200);
		expect((await ask("/api/v1/dev/clock", init("1h"))).status).toBe(400);
		expect((await ask("/api/v1/dev/clock", init(0))).status).toBe(200);
		expect(await read(await ask(`/api/v1/dev/tick?time=${Date.now()}`, { method: "POST" }))).toEqual({
			ticks: expect.any(Array),
		});
		expect((await ask("/api/v1/dev/tick?time=now", { method: "POST" })).status).toBe(400);
	});
});
