/** Recording rules and backtests over HTTP: stored, listed, replayed, or refused with what has to be changed. */
import { beforeAll, describe, expect, it } from "vitest";
import { BACKTEST_BODY_BYTES_MAX, BACKTEST_EVALUATIONS_MAX } from "../../src/model/limits.ts";
import { addToken, ask, known, post, read, TOKEN } from "./golden.ts";

const GROUP = `
name: recorded
interval: 1m
query_offset: 10s
limit: 20
labels: {team: web}
rules:
- record: endpoint:backtest_depth:max
  expr: max by (endpoint) (backtest_depth)
- alert: BACKTEST_DEEP
  expr: endpoint:backtest_depth:max > 10
`;

beforeAll(async () => {
	await addToken(TOKEN, ["admin"]);
	await addToken("a-token-that-records", ["record"]);
	await post({ name: "backtest.depth", value: 50, kind: "gauge", labels: { endpoint: "/" } });
	await known("backtest.depth");
});

function backtest(body: unknown, token = TOKEN): Promise<Response> {
	const text = typeof body === "string" ? body : JSON.stringify(body);
	return ask("/api/v1/rules/backtest", {
		method: "POST",
		body: text,
		headers: { "content-type": "application/json" },
		token,
	});
}

describe("a recording rule", () => {
	it("is stored in its place, with the options of its group", async () => {
		const headers = { "content-type": "application/yaml" };
		const stored = await ask("/api/v1/rules/groups/recorded", { method: "PUT", body: GROUP, headers });
		expect(stored.status).toBe(200);
		const shared = { labels: { team: "web" }, limit: 20, queryOffset: 10 };
		expect(await read(stored)).toMatchObject({
			groups: [
				{
					name: "recorded",
					rules: [
						{
							id: "recorded//endpoint:backtest_depth:max",
							record: "endpoint:backtest_depth:max",
							expr: "max by (endpoint) (backtest_depth)",
							...shared,
						},
						{ id: "recorded/BACKTEST_DEEP", alert: "BACKTEST_DEEP", ...shared },
					],
				},
			],
		});
		expect(await (await ask("/api/v1/rules/groups/recorded")).text()).toBe(GROUP);
		const recorded = {
			name: "endpoint:backtest_depth:max",
			query: "max by (endpoint) (backtest_depth)",
			labels: { team: "web" },
			health: "unknown",
			evaluationTime: 0,
			lastEvaluation: "0001-01-01T00:00:00Z",
			type: "recording",
		};
		const listed = async (query: string) =>
			(await read(await ask(`/api/v1/rules${query}`)))["data"] as { readonly groups: readonly unknown[] };
		expect((await listed("")).groups).toMatchObject([
			{ name: "recorded", limit: 20, rules: [recorded, { name: "BACKTEST_DEEP", type: "alerting" }] },
		]);
		expect((await listed("?type=record")).groups).toMatchObject([{ rules: [recorded] }]);
		expect((await listed("?type=alert")).groups).toMatchObject([{ rules: [{ type: "alerting" }] }]);
		expect((await listed("?rule_name[]=endpoint:backtest_depth:max")).groups).toMatchObject([{ rules: [recorded] }]);
		expect((await ask("/api/v1/rules/groups/recorded", { method: "DELETE" })).status).toBe(200);
	});

	it("that waits for too many others is refused with its group", async () => {
		const rules = Array.from({ length: 60 }, (_, i) => ({
			record: `chain${i}`,
			expr: `chain${i - 1 < 0 ? "" : i - 1}`,
		}));
		const response = await ask("/api/v1/rules/groups/chain", {
			method: "PUT",
			body: JSON.stringify({ name: "chain", rules }),
			headers: { "content-type": "application/json" },
		});
		expect(response.status).toBe(400);
		expect(JSON.stringify(await read(response))).toContain("group 'chain'");
	});
});

describe("POST /api/v1/rules/backtest", () => {
	it("answers with every transition, and how fine the history was", async () => {
		const fromMs = Date.now() - 120_000;
		const response = await backtest({
			rules: GROUP.replace("query_offset: 10s\n", ""),
			from: fromMs / 1_000,
			step: "10s",
		});
		expect(response.status).toBe(200);
		expect(await read(response)).toMatchObject({
			from: new Date(fromMs).toISOString(),
			ticks: expect.any(Number),
			errors: [],
			resolution: [{ slots: "10s" }],
			points: [],
			transitions: expect.any(Array),
		});
	});

	it("takes times as Unix seconds and as RFC 3339, and stores nothing", async () => {
		const body = { rules: GROUP, from: new Date(Date.now() - 60_000).toISOString(), to: `${Date.now() / 1_000 - 1}` };
		expect((await backtest(body)).status).toBe(200);
		expect(await read(await ask("/api/v1/rules/groups"))).toEqual({ groups: [] });
	});

	const from = Math.floor(Date.now() / 1_000) - 600;
	it.each([
		["what is no JSON", "{", 400, "malformed JSON"],
		["an unknown field", { rules: GROUP, from, until: from }, 400, "until"],
		["no rules", { from }, 400, "rules"],
		["rules that are wrong", { rules: "groups: [{name: g, rules: [{alert: A, expr: 'sum('}]}]", from }, 400, "line 1"],
		["no beginning", { rules: GROUP }, 400, "from"],
		["a beginning that is no time", { rules: GROUP, from: "yesterday" }, 400, "from"],
		["an end before the beginning", { rules: GROUP, from, to: from - 60 }, 400, "to"],
		["an end in the future", { rules: GROUP, from, to: from + 86_400 }, 400, "future"],
		["a beginning before all history", { rules: GROUP, from: from - 40 * 86_400 }, 400, "30 days"],
		["a step that is too short", { rules: GROUP, from, step: "1s" }, 400, "step"],
		["a step that is none", { rules: GROUP, from, step: "often" }, 400, "step"],
		[
			"too many evaluations",
			{ rules: GROUP, from: from - 29 * 86_400, step: "1m" },
			413,
			`${BACKTEST_EVALUATIONS_MAX}`,
		],
		["a body that is too large", JSON.stringify({ rules: "#".repeat(BACKTEST_BODY_BYTES_MAX), from }), 413, "limit"],
	])("refuses %s", async (_, body, status, reason) => {
		const response = await backtest(body);
		expect(response.status).toBe(status);
		expect(response.headers.get("content-type")).toContain("application/problem+json");
		expect(JSON.stringify(await read(response))).toContain(reason);
	});

	it("is for those who may read", async () => {
		expect((await backtest({ rules: GROUP, from }, "a-token-that-records")).status).toBe(403);
		expect((await backtest({ rules: GROUP, from }, "nobody")).status).toBe(401);
	});
});
