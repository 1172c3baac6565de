/** Groups and their keys, beside what Alertmanager 0.25 sent to a webhook. */
import { describe, expect, it } from "vitest";
import { groupKey, groupLabels } from "../../src/routing/group.ts";
import { RouteTree } from "../../src/routing/route-tree.ts";
import { rootOf } from "./files.ts";

const tree = new RouteTree(
	rootOf(`
route:
  receiver: h
  group_by: ['...']
  routes:
  - match_re: {alertname: "A|B"}
    matchers: ['x=~"(?s).*"']
    group_by: [alertname, a, a1, a_b, b]
receivers: [{name: h}]`),
);

describe("the key of a group", () => {
	it.each([
		['{}/{alertname=~"^(?:A|B)$",x=~"(?s).*"}:{alertname="A"}', { alertname: "A" }],
		[
			'{}/{alertname=~"^(?:A|B)$",x=~"(?s).*"}:{a1="2", a="1", a_b="3", alertname="A", b="q\\"q\\\\n\\n"}',
			{ alertname: "A", a: "1", a1: "2", a_b: "3", b: 'q"q\\n\n' },
		],
		[
			'{}/{alertname=~"^(?:A|B)$",x=~"(?s).*"}:{alertname="B", b="报 é\\u00a0x\\x01\\x7f😀\\u200b\\u2028\\ufeff"}',
			{ alertname: "B", b: "报 é\u00a0x\u0001\u007f😀\u200b\u2028\ufeff", ignored: "1" },
		],
		['{}:{a1="x", a="y", aB="w", a_b="z", alertname="C"}', { alertname: "C", a1: "x", a: "y", a_b: "z", aB: "w" }],
	])("is %s, as in Alertmanager's webhook", (expected, labels) => {
		expect(tree.match(labels).map((route) => groupKey(route, labels))).toEqual([expected]);
	});

	it("is of those labels that the alert has; an empty one is none", () => {
		expect(groupLabels({ groupBy: ["b", "a", "toString", "c"] }, { c: "", b: "1", a: "2", d: "3" })).toEqual({
			a: "2",
			b: "1",
		});
		expect(groupKey({ key: "{}", groupBy: [] }, { a: "1" })).toBe("{}:{}");
		expect(groupLabels({ groupBy: "..." }, { b: "1", a: "2" })).toEqual({ a: "2", b: "1" });
	});
});
