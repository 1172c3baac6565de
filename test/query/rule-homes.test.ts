/** Which object keeps the state of a rule. */
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import type { Rule } from "../../src/model/rule.ts";
import { catalogStub } from "../../src/peers/stubs.ts";
import { firstName, proposeHomes } from "../../src/query/rule-homes.ts";

const rule = (id: string, expr: string) => ({ id, expr }) as Rule;

it("is the metric that the expression names first, by any of its names, else one of the rule's own", async () => {
	const metric = { unit: null, help: null, firstSeenMs: 1 };
	await catalogStub(env).register({ ...metric, name: "api.errors", kind: "counter" });
	await catalogStub(env).register({ ...metric, name: "api.time", kind: "distribution" });
	const homes = await proposeHomes(
		env,
		[
			rule("g/a", "rate(api_errors_total[5m]) / rate(api_time_count[5m]) > 1"),
			rule("g/b", "histogram_quantile(0.9, api_time_bucket) > 1"),
			rule("g/c", "nothing_yet > 1"),
			rule("g/d", "vector(1)"),
		],
		Date.now(),
	);
	expect(homes).toEqual({
		ok: true,
		value: { "g/a": "api.errors", "g/b": "api.time", "g/c": "perdure.rule.g/c", "g/d": "perdure.rule.g/d" },
	});
});

it("knows the first name of an expression", () => {
	expect(firstName("sum(b) + a")).toBe("b");
	expect(firstName("1 + 1")).toBeNull();
	expect(firstName("sum(")).toBeNull();
});
