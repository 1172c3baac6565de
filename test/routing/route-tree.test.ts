/** What the tree says of the way that a label set took. */
import { describe, expect, it } from "vitest";
import { EXPLAINED_ROUTES_MAX, ROUTING_MEMO_MAX } from "../../src/model/limits.ts";
import { RouteTree } from "../../src/routing/route-tree.ts";
import { rootOf } from "./files.ts";

const TREE = new RouteTree(
	rootOf(`
route:
  receiver: ops
  routes:
  - matchers: [severity=critical]
    receiver: pager
    continue: true
    perdure_escalation: [{receiver: boss, after: 30m}]
    routes:
    - matchers: [team=a]
  - matchers: ['team=~"a|b"']
    receiver: team
    routes:
    - matchers: [zone=x]
  - matchers: [severity=~crit.*]
    receiver: late
receivers: [{name: ops}, {name: pager}, {name: boss}, {name: team}, {name: late}]`),
);

describe("an explanation", () => {
	it("names the receivers reached, with those of the escalation, and every route that was looked at, with why", () => {
		expect(TREE.explain({ severity: "critical", team: "b" })).toEqual({
			receivers: [
				{
					receiver: "pager",
					route: '{}/{severity="critical"}',
					afterMs: null,
					why: 'the route {}/{severity="critical"} is the deepest one that matches',
				},
				{
					receiver: "boss",
					route: '{}/{severity="critical"}',
					afterMs: 1_800_000,
					why: 'escalation of the route {}/{severity="critical"}, while nobody acknowledges',
				},
				{
					receiver: "team",
					route: '{}/{team=~"a|b"}',
					afterMs: null,
					why: 'the route {}/{team=~"a|b"} is the deepest one that matches',
				},
			],
			routes: [
				{ route: "{}", depth: 0, receiver: "ops", verdict: "passed", why: "it matches, and so does a route below it" },
				{
					route: '{}/{severity="critical"}',
					depth: 1,
					receiver: "pager",
					verdict: "reached",
					why: "all its matchers hold, and no route below it matches",
				},
				{
					route: '{}/{severity="critical"}/{team="a"}',
					depth: 2,
					receiver: "pager",
					verdict: "failed",
					why: 'team="a" does not hold: the label is "b"',
				},
				{
					route: '{}/{team=~"a|b"}',
					depth: 1,
					receiver: "team",
					verdict: "reached",
					why: "all its matchers hold, and no route below it matches",
				},
				{
					route: '{}/{team=~"a|b"}/{zone="x"}',
					depth: 2,
					receiver: "team",
					verdict: "failed",
					why: 'zone="x" does not hold: the label is absent',
				},
				{
					route: '{}/{severity=~"crit.*"}',
					depth: 1,
					receiver: "late",
					verdict: "not asked",
					why: '{}/{team=~"a|b"} matched before it and does not continue',
				},
			],
			more: 0,
		});
	});

	it("of the root alone says that it matches everything", () => {
		const { receivers, routes } = TREE.explain({});
		expect(receivers.map(({ receiver }) => receiver)).toEqual(["ops"]);
		expect(routes[0]).toMatchObject({
			verdict: "reached",
			why: "it matches everything, and no route below it matches",
		});
	});

	it("names so many routes at most, and counts the rest", () => {
		const routes = Array.from({ length: EXPLAINED_ROUTES_MAX + 9 }, (_, i) => `{matchers: [a=${i}]}`);
		const tree = new RouteTree(rootOf(`route: {receiver: r, routes: [${routes}]}\nreceivers: [{name: r}]`));
		const { routes: visits, more } = tree.explain({ a: "x" });
		expect([visits.length, more]).toEqual([EXPLAINED_ROUTES_MAX, 10]);
	});
});

describe("a route", () => {
	it("answers right for more values than it remembers", () => {
		const tree = new RouteTree(
			rootOf("route: {receiver: r, routes: [{matchers: ['a=~x.*7'], receiver: s}]}\nreceivers: [{name: r}, {name: s}]"),
		);
		for (let i = 0; i < 3 * ROUTING_MEMO_MAX; i++) {
			expect(tree.match({ a: `x${i}` })[0]?.receiver).toBe(i % 10 === 7 ? "s" : "r");
		}
	});

	it("never finds a label that only the object's prototype has", () => {
		const tree = new RouteTree(
			rootOf(
				"route: {receiver: r, routes: [{matchers: ['constructor!=\"\"'], receiver: s}]}\nreceivers: [{name: r}, {name: s}]",
			),
		);
		expect(tree.match({})[0]?.receiver).toBe("r");
		expect(tree.match({ constructor: "x" } as unknown as Record<string, string>)[0]?.receiver).toBe("s");
	});

	it("has a dot that does not match a newline, as in Alertmanager", () => {
		const tree = new RouteTree(
			rootOf("route: {receiver: r, routes: [{matchers: ['a=~b.c'], receiver: s}]}\nreceivers: [{name: r}, {name: s}]"),
		);
		expect([tree.match({ a: "b\nc" })[0]?.receiver, tree.match({ a: "bxc" })[0]?.receiver]).toEqual(["r", "s"]);
	});
});
