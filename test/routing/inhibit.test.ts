/** Inhibition beside the plain reading of Alertmanager's rule, and its cost when very many alerts fire. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Labels } from "../../src/model/labels.ts";
import { INHIBITED_BY_MAX } from "../../src/model/limits.ts";
import type { Matcher } from "../../src/model/matcher.ts";
import type { InhibitRule } from "../../src/model/routing.ts";
import { Inhibitor } from "../../src/routing/inhibit.ts";

const is = (name: string, value: string): Matcher => ({ name, op: "=", value });
const CLUSTER: InhibitRule = {
	source: [is("severity", "critical")],
	target: [is("severity", "warning")],
	equal: ["cluster"],
};

describe("an alert", () => {
	it("is inhibited while a source with the same equal labels fires", () => {
		const inhibitor = new Inhibitor([CLUSTER]);
		inhibitor.upsert("s", { severity: "critical", cluster: "a" }, true);
		expect(inhibitor.inhibitedBy({ severity: "warning", cluster: "a" })).toEqual(["s"]);
		expect(inhibitor.inhibitedBy({ severity: "warning", cluster: "b" })).toEqual([]);
		expect(inhibitor.inhibitedBy({ severity: "info", cluster: "a" })).toEqual([]);
		inhibitor.upsert("s", { severity: "critical", cluster: "a" }, false);
		expect(inhibitor.inhibitedBy({ severity: "warning", cluster: "a" })).toEqual([]);
		expect(inhibitor.size).toBe(0);
	});

	it("that lacks an equal label is equal to one that lacks it too", () => {
		const inhibitor = new Inhibitor([CLUSTER]);
		inhibitor.upsert("s", { severity: "critical" }, true);
		expect(inhibitor.inhibitedBy({ severity: "warning" })).toEqual(["s"]);
		expect(inhibitor.inhibitedBy({ severity: "warning", cluster: "" })).toEqual(["s"]);
	});

	it("is not taken for equal because its values join to the same text", () => {
		const inhibitor = new Inhibitor([{ ...CLUSTER, equal: ["a", "b"] }]);
		inhibitor.upsert("s", { severity: "critical", a: "1:2", b: "" }, true);
		expect(inhibitor.inhibitedBy({ severity: "warning", a: "1", b: "2" })).toEqual([]);
		expect(inhibitor.inhibitedBy({ severity: "warning", a: "", b: "1:2" })).toEqual([]);
	});

	it("that matches both sides is not inhibited by itself, nor by another one that does", () => {
		const inhibitor = new Inhibitor([
			{ source: [is("a", "1")], target: [{ name: "b", op: "=~", value: "1|2" }], equal: [] },
		]);
		inhibitor.upsert("both", { a: "1", b: "1" }, true);
		inhibitor.upsert("both too", { a: "1", b: "2" }, true);
		expect(inhibitor.inhibitedBy({ a: "1", b: "1" })).toEqual([]);
		expect(inhibitor.inhibitedBy({ a: "2", b: "1" })).toEqual(["both", "both too"]);
		inhibitor.upsert("source alone", { a: "1", b: "3" }, true);
		expect(inhibitor.inhibitedBy({ a: "1", b: "1" })).toEqual(["source alone"]);
		inhibitor.remove("source alone");
		inhibitor.remove("never there");
		expect(inhibitor.inhibitedBy({ a: "1", b: "1" })).toEqual([]);
	});

	it("is inhibited as Alertmanager's own loop says, after any sequence of changes", () => {
		const value = fc.constantFrom("", "1", "2");
		const labels = fc
			.record({ a: value, b: value, c: value })
			.map((all): Labels => Object.fromEntries(Object.entries(all).filter(([, text]) => text !== "")));
		const matcher = fc.record({
			name: fc.constantFrom("a", "b", "c"),
			op: fc.constantFrom("=" as const, "!=" as const, "=~" as const),
			value,
		});
		const matchers = fc.array(matcher, { maxLength: 2 });
		const rule = fc.record({
			source: matchers,
			target: matchers,
			equal: fc.uniqueArray(fc.constantFrom("a", "b", "c"), { maxLength: 2 }),
		});
		const change = fc.record({ id: fc.constantFrom("x", "y", "z", "w"), labels, isFiring: fc.boolean() });
		fc.assert(
			fc.property(
				fc.array(rule, { maxLength: 3 }),
				fc.array(change, { maxLength: 12 }),
				labels,
				(rules, changes, asked) => {
					const inhibitor = new Inhibitor(rules);
					const firing = new Map<string, Labels>();
					for (const { id, labels: own, isFiring } of changes) {
						inhibitor.upsert(id, own, isFiring);
						if (isFiring) firing.set(id, own);
						else firing.delete(id);
					}
					expect([...inhibitor.inhibitedBy(asked)].sort()).toEqual(slowInhibitedBy(rules, firing, asked));
				},
			),
			{ numRuns: 500 },
		);
	});

	it("is told apart among a hundred thousand in microseconds, even if all of them have the same equal labels", () => {
		const inhibitor = new Inhibitor([CLUSTER, { ...CLUSTER, target: [is("severity", "critical")], equal: [] }]);
		const started = performance.now();
		for (let i = 0; i < 100_000; i++) {
			inhibitor.upsert(
				`alert ${i}`,
				{ severity: i % 2 === 0 ? "critical" : "warning", cluster: `c${i % 10}`, i: `${i}` },
				true,
			);
		}
		expect(inhibitor.size).toBe(50_000);
		for (let i = 0; i < 100_000; i++) {
			const by = inhibitor.inhibitedBy({ severity: "warning", cluster: `c${i % 10}` });
			if (by.length !== (i % 2 === 0 ? INHIBITED_BY_MAX : 0)) throw new Error(`${i}: ${by.length}`);
		}
		for (let i = 0; i < 1_000; i++) expect(inhibitor.inhibitedBy({ severity: "critical" })).toEqual([]);
		const ms = performance.now() - started;
		console.info(`inhibition: 100,000 alerts taken and 101,000 asked in ${Math.round(ms)} ms`);
		expect(ms).toBeLessThan(10_000);
	});
});

function slowMatches(matchers: readonly Matcher[], labels: Labels): boolean {
	return matchers.every(({ name, op, value }) =>
		op === "!=" ? (labels[name] ?? "") !== value : (labels[name] ?? "") === value,
	);
}

function slowInhibitedBy(rules: readonly InhibitRule[], firing: ReadonlyMap<string, Labels>, asked: Labels): string[] {
	const ids = new Set<string>();
	for (const { source, target, equal } of rules) {
		if (!slowMatches(target, asked)) continue;
		const isTwoSided = slowMatches(source, asked);
		for (const [id, labels] of firing) {
			if (!slowMatches(source, labels) || equal.some((name) => (labels[name] ?? "") !== (asked[name] ?? ""))) continue;
			if (!(isTwoSided && slowMatches(target, labels))) ids.add(id);
		}
	}
	return [...ids].sort();
}
