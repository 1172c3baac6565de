/** Recording rules in the catalog: kept beside the alerting rules, planned with them, and told to be gone. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, describe, expect, it } from "vitest";
import { moveClock, nowMs } from "../../src/lib/clock.ts";
import { MINUTE_MS, RULES_PER_GROUP_MAX } from "../../src/model/limits.ts";
import type { RecordingRule, RuleGroup } from "../../src/model/rule.ts";
import { catalogStub } from "../../src/peers/stubs.ts";
import { nextTick, rule } from "../peers/world.ts";

afterAll(() => moveClock(0, true));

function recording(group: string, record: string, place: number): RecordingRule {
	return { id: `${group}//${record}`, group, record, expr: "x", labels: {}, place };
}

function groupOf(name: string, records: readonly string[]): RuleGroup {
	const recordings = records.map((record, place) => recording(name, record, place));
	return { name, intervalMs: MINUTE_MS, rules: [rule(name, "A", "x")], ...(records.length > 0 ? { recordings } : {}) };
}

async function put(group: RuleGroup, homes: Record<string, string> = {}) {
	const stored = await catalogStub(env).putGroup(group, homes, JSON.stringify(group));
	if (!stored.ok) throw new Error(JSON.stringify(stored.failure));
	return stored.value;
}

describe("a group with recording rules", () => {
	it("outlives an eviction, and changes nothing when it comes again", async () => {
		const stored = await put(groupOf("ra", ["r:one", "r:two"]), { "ra//r:one": "x" });
		expect(stored.homes).toEqual({
			"ra/A": "perdure.rule.ra/A",
			"ra//r:one": "x",
			"ra//r:two": "perdure.rule.ra//r:two",
		});
		await evictDurableObject(env.CATALOG.getByName("catalog"));
		const [group] = await catalogStub(env).groups();
		expect(group).toEqual(stored);
		expect((await put(groupOf("ra", ["r:one", "r:two"]))).version).toBe(stored.version);
		expect((await put(groupOf("ra", ["r:one", "r:three"]))).version).toBe(stored.version + 1);
		const health = await catalogStub(env).health();
		expect(health.map(({ ruleId }) => ruleId)).toEqual(expect.arrayContaining(["ra//r:one", "ra//r:three", "ra/A"]));
		await catalogStub(env).deleteGroup("ra");
	});

	it("is planned with its homes, and a home that it left is asked once more", async () => {
		await put(groupOf("rb", ["r:one"]), { "rb//r:one": "some.metric" });
		const tickMs = nextTick();
		const plan = await catalogStub(env).beginTick(tickMs);
		const home = plan?.homes.find((one) => one.home === "some.metric");
		expect(home).toMatchObject({ rules: [], recordings: [{ record: "r:one" }], allRuleIds: ["rb//r:one"] });
		await put(groupOf("rb", []));
		nextTick();
		const next = await catalogStub(env).beginTick(nowMs());
		expect(next?.homes.find((one) => one.home === "some.metric")).toEqual({
			home: "some.metric",
			rules: [],
			allRuleIds: [],
		});
		await catalogStub(env).deleteGroup("rb");
	});

	it("counts both kinds towards the bound of a group", async () => {
		const records = Array.from({ length: RULES_PER_GROUP_MAX }, (_, i) => `r:${i}`);
		const refused = await catalogStub(env).putGroup(groupOf("rc", records), {}, "");
		expect(refused).toMatchObject({ ok: false, failure: { code: "too_large", got: RULES_PER_GROUP_MAX + 1 } });
	});

	it("leaves the list that an older version reads as it was", async () => {
		await put(groupOf("rd", ["r:one"]));
		const rows = await runInDurableObject(env.CATALOG.getByName("catalog"), (_object, state) =>
			state.storage.sql.exec<{ rules: string }>("SELECT rules FROM rule_group WHERE name = 'rd'").toArray(),
		);
		expect(JSON.parse(rows[0]?.rules ?? "")).toEqual([rule("rd", "A", "x")]);
		await catalogStub(env).deleteGroup("rd");
	});
});
