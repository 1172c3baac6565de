/** Rules over HTTP: stored whole or refused with place and reason, shown as Prometheus shows them. */
import { beforeAll, describe, expect, it } from "vitest";
import { takeParts } from "../../src/peers/self-meter.ts";
import { addToken, ask, holdSelf, post, read, TOKEN } from "./golden.ts";

const GROUP = `groups:
  - name: api
    interval: 1m
    rules:
      - alert: API_HIGH_ERROR_RATE
        expr: sum(rate(api_errors[5m])) > 0.05
        for: 5m
        labels: { severity: critical }
        annotations: { summary: "too many errors" }
`;

const put = (body: string, path = "/api/v1/rules/groups", type = "application/yaml") =>
	ask(path, { method: "PUT", body, headers: { "content-type": type } });

beforeAll(async () => {
	await addToken(TOKEN, ["admin"]);
	await post({ name: "api.errors", value: 1, kind: "counter" });
});

describe("a rule group", () => {
	it("is stored, given back as it came, shown as Prometheus shows it, and deleted", async () => {
		const stored = await put(GROUP);
		expect(stored.status).toBe(200);
		expect(await read(stored)).toMatchObject({
			groups: [{ name: "api", interval: 60, rules: [{ alert: "API_HIGH_ERROR_RATE", for: 300 }] }],
		});
		const source = await ask("/api/v1/rules/groups/api");
		expect(source.headers.get("content-type")).toContain("application/yaml");
		expect(await source.text()).toBe(GROUP);
		expect(await read(await ask("/api/v1/rules"))).toMatchObject({
			status: "success",
			data: {
				groups: [
					{
						name: "api",
						file: expect.any(String),
						interval: 60,
						limit: 0,
						rules: [
							{
								state: "inactive",
								name: "API_HIGH_ERROR_RATE",
								query: "sum(rate(api_errors[5m])) > 0.05",
								duration: 300,
								keepFiringFor: 0,
								labels: { severity: "critical" },
								annotations: { summary: "too many errors" },
								alerts: [],
								health: "unknown",
								evaluationTime: 0,
								lastEvaluation: "0001-01-01T00:00:00Z",
								type: "alerting",
							},
						],
					},
				],
			},
		});
		expect(await read(await ask("/api/v1/alerts"))).toEqual({ status: "success", data: { alerts: [] } });
		expect((await ask("/api/v1/rules/groups/api", { method: "DELETE" })).status).toBe(200);
		expect((await ask("/api/v1/rules/groups/api")).status).toBe(404);
		expect((await ask("/api/v1/rules/groups/api", { method: "DELETE" })).status).toBe(404);
	});

	it("may come as JSON, alone under its name", async () => {
		const json = JSON.stringify({ name: "one", rules: [{ alert: "Up", expr: "vector(1)" }] });
		expect((await put(json, "/api/v1/rules/groups/one", "application/json")).status).toBe(200);
		expect((await put(json, "/api/v1/rules/groups/two", "application/json")).status).toBe(400);
		await ask("/api/v1/rules/groups/one", { method: "DELETE" });
	});

	const bad: readonly [string, string, RegExp][] = [
		["an unknown function", GROUP.replace("rate(", "speed("), /speed/],
		["an expression of 10,000 levels", GROUP.replace("sum(rate(api_errors[5m])) > 0.05", "(".repeat(10_000)), /./],
		[
			"YAML with anchors that explode",
			`a: &a [x, x]\n${Array.from({ length: 30 }, (_, i) => `${"b".repeat(i + 1)}: &a${i} [*a, *a]`).join("\n")}`,
			/./,
		],
		["YAML that is none", "groups: [", /line/],
		["a group without a name", "groups:\n  - rules: []", /name/],
		["no groups", "groups: []", /group/],
	];
	it.each(bad)("is refused with place and reason: %s", async (_, body, reason) => {
		holdSelf();
		const response = await put(body);
		expect(response.status).toBeGreaterThanOrEqual(400);
		expect(response.status).toBeLessThan(500);
		const problem = await read(response);
		expect(problem).toMatchObject({ title: expect.any(String), detail: expect.any(String) });
		expect(JSON.stringify(problem)).toMatch(reason);
		expect(await read(await ask("/api/v1/rules/groups"))).toEqual({ groups: [] });
		expect(takeParts().find((part) => part.name === "perdure.rejected")?.values).toEqual(new Float64Array([1]));
	});

	it("beyond the bound of a file, or of another type, is refused", async () => {
		expect((await put("#".repeat(1024 * 1024 + 1))).status).toBe(413);
		expect((await put(GROUP, "/api/v1/rules/groups", "application/xml")).status).toBe(415);
	});
});

describe("deliveries and receivers", () => {
	it("are listed", async () => {
		expect(await read(await ask("/api/v1/deliveries?state=dead"))).toEqual({ deliveries: [] });
		expect((await ask("/api/v1/deliveries?state=lost")).status).toBe(400);
		expect((await ask("/api/v1/deliveries/none/replay", { method: "POST" })).status).toBe(404);
		expect(await read(await ask("/api/v1/receivers"))).toMatchObject({ receivers: expect.any(Array) });
	});
});
