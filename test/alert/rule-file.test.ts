/** Reading rule files: what is taken, and with which place and words the rest is refused. */
import { describe, expect, it } from "vitest";
import { renderRuleGroup } from "../../src/alert/render-rule-group.ts";
import type { CheckExpression } from "../../src/alert/rule-fields.ts";
import { parseRuleFile } from "../../src/alert/rule-file.ts";
import { err, ok } from "../../src/lib/result.ts";
import {
	ANNOTATION_CHARS_MAX,
	ANNOTATIONS_PER_RULE_MAX,
	EXPRESSION_CHARS_MAX,
	LABELS_PER_SERIES_MAX,
	RULE_ISSUES_MAX,
	RULE_NAME_BYTES_MAX,
} from "../../src/model/limits.ts";
import { type RuleGroup, rulesInOrder } from "../../src/model/rule.ts";

/** Refuses `BAD` where it stands, with line and column; `WORSE` without them. */
const check: CheckExpression = (expr) => {
	const at = expr.indexOf("BAD");
	if (expr.includes("WORSE")) return err({ reason: "cannot be" });
	if (at < 0) return ok(null);
	const before = expr.slice(0, at).split("\n");
	return err({ reason: "unexpected BAD", line: before.length, column: (before.at(-1) ?? "").length + 1 });
};

function groupsOf(text: string): readonly RuleGroup[] {
	const result = parseRuleFile(text, check);
	if (!result.ok) throw new Error(JSON.stringify(result.failure));
	return result.value;
}

/** Issues as `place: reason`. */
function issuesOf(text: string): readonly string[] {
	const result = parseRuleFile(text, check);
	if (result.ok || result.failure.code !== "invalid") throw new Error(JSON.stringify(result));
	return result.failure.issues.map(({ place, reason }) => `${place}: ${reason}`);
}

/** A file with one rule that has these further lines. */
function withRule(...lines: readonly string[]): string {
	return [
		"groups:",
		"- name: g",
		"  rules:",
		"  - alert: A",
		"    expr: x",
		...lines.map((line) => `    ${line}`),
	].join("\n");
}

const FULL = `
groups:
  - name: api
    interval: 30s
    limit: 10
    rules:
      - alert: API_HIGH_ERROR_RATE
        expr: |
          a / b > 0.05
            and c
        for: 5m
        keep_firing_for: 1h30m
        labels: {severity: critical, level: 1}
        annotations:
          summary: "it is {{ $value }}"
          threshold: 0.05
          perdure_cooldown: 10m
          perdure_no_data: keep
          perdure_recover: a / b < 0.01
      - alert: API_HIGH_ERROR_RATE
        expr: y
  - name: 队列
    rules: []
`;

describe("a rule file", () => {
	it("becomes rule groups, with the extensions taken out of the annotations", () => {
		expect(groupsOf(FULL)).toEqual([
			{
				name: "api",
				intervalMs: 30_000,
				rules: [
					{
						id: "api/API_HIGH_ERROR_RATE",
						group: "api",
						alert: "API_HIGH_ERROR_RATE",
						expr: "a / b > 0.05\n  and c\n",
						forMs: 300_000,
						keepFiringForMs: 5_400_000,
						labels: { severity: "critical", level: "1" },
						annotations: { summary: "it is {{ $value }}", threshold: "0.05" },
						cooldownMs: 600_000,
						noData: "keep",
						recover: "a / b < 0.01",
						limit: 10,
					},
					{
						id: "api/API_HIGH_ERROR_RATE/2",
						group: "api",
						alert: "API_HIGH_ERROR_RATE",
						expr: "y",
						forMs: 0,
						keepFiringForMs: 0,
						labels: {},
						annotations: {},
						cooldownMs: 300_000,
						noData: "ok",
						recover: null,
						limit: 10,
					},
				],
			},
			{ name: "队列", intervalMs: 60_000, rules: [] },
		]);
	});

	it("can be one group by itself, and JSON, indented with tabs too", () => {
		const group = { name: "g", interval: "1m", rules: [{ alert: "A", expr: 'x{a="/\\u00e9"} > 1', for: "0s" }] };
		const expected = groupsOf(JSON.stringify({ groups: [group] }));
		expect(expected[0]?.rules[0]?.expr).toBe(group.rules[0]?.expr);
		for (const text of [
			JSON.stringify(group),
			JSON.stringify(group, null, "\t"),
			JSON.stringify({ groups: [group] }, null, 2),
		]) {
			expect(groupsOf(text)).toEqual(expected);
		}
	});

	it("comes back the same from what it is rendered to", () => {
		const groups = groupsOf(FULL);
		expect(groupsOf(JSON.stringify({ groups: groups.map(renderRuleGroup) }))).toEqual(groups);
		expect(renderRuleGroup(groups[0] as RuleGroup)).toMatchObject({
			name: "api",
			interval: "30s",
			limit: 10,
			rules: [
				{ for: "5m", keep_firing_for: "1h30m", annotations: { perdure_cooldown: "10m", perdure_no_data: "keep" } },
				{ alert: "API_HIGH_ERROR_RATE", expr: "y", for: "0s", labels: {}, annotations: {} },
			],
		});
	});

	it("takes what is null or empty as not there", () => {
		const [group] = groupsOf(withRule("for:", "labels: ~", "annotations: null", "keep_firing_for: "));
		expect(group?.rules[0]).toMatchObject({ forMs: 0, labels: {}, annotations: {} });
	});

	it.each(["0", "-1", "100000"])("takes a limit of %s as none", (limit) => {
		const [group] = groupsOf(`name: g\nlimit: ${limit}\nrules: [{alert: A, expr: x}]`);
		expect(group?.rules[0]).not.toHaveProperty("limit");
	});

	it("may use anchors", () => {
		const text = withRule("labels: &l {severity: info}", "annotations: *l").concat(
			"\n  - {alert: B, expr: y, labels: *l}",
		);
		const [a, b] = groupsOf(text)[0]?.rules ?? [];
		expect(a?.annotations).toEqual({ severity: "info" });
		expect(b?.labels).toEqual({ severity: "info" });
	});

	it("gives each rule an id of its own, whatever stands in the names", () => {
		const names = ["x", "x", "x/2", "x%2F2", "x"];
		const rules = names.map((alert) => ({ alert, expr: "y" }));
		const groups = groupsOf(
			JSON.stringify({
				groups: [
					{ name: "a", rules },
					{ name: "a/x", rules: [{ alert: "2", expr: "y" }] },
				],
			}),
		);
		const ids = groups.flatMap((group) => group.rules.map(({ id }) => id));
		expect(ids).toEqual(["a/x", "a/x/2", "a/x%2F2", "a/x%252F2", "a/x/3", "a%2Fx/2"]);
	});
});

describe("recording rules", () => {
	const text = `
name: g/h
query_offset: 30s
limit: 5
labels: {team: db, tier: "1"}
rules:
- alert: A
  expr: x
  labels: {tier: "2", alertname: B}
- record: job:x:sum
  expr: sum(x)
  labels: {job: ""}
- record: job:x:sum
  expr: sum(y)
- alert: A
  expr: y
`;

	it("stand in a list of their own, with their places, and have the options of their group", () => {
		const [group] = groupsOf(text);
		const shared = { group: "g/h", limit: 5, queryOffsetMs: 30_000 };
		expect(group?.recordings).toEqual([
			{
				id: "g%2Fh//job:x:sum",
				record: "job:x:sum",
				expr: "sum(x)",
				labels: { team: "db", tier: "1", job: "" },
				place: 1,
				...shared,
			},
			{
				id: "g%2Fh//job:x:sum/2",
				record: "job:x:sum",
				expr: "sum(y)",
				labels: { team: "db", tier: "1" },
				place: 2,
				...shared,
			},
		]);
		expect(group?.rules).toMatchObject([
			{ id: "g%2Fh/A", labels: { team: "db", tier: "2" }, ...shared },
			{ id: "g%2Fh/A/2", labels: { team: "db", tier: "1" }, ...shared },
		]);
		expect(group?.rules[0]?.labels).not.toHaveProperty("alertname");
	});

	it("are put back into the order of the file, and written as they were read", () => {
		const [group] = groupsOf(text);
		if (group === undefined) throw new Error("there is one");
		expect(rulesInOrder(group).map((rule) => rule.id)).toEqual([
			"g%2Fh/A",
			"g%2Fh//job:x:sum",
			"g%2Fh//job:x:sum/2",
			"g%2Fh/A/2",
		]);
		expect(groupsOf(JSON.stringify({ groups: [renderRuleGroup(group)] }))).toEqual([group]);
	});
});

describe("a file as promtool reads it", () => {
	it("may be empty, and is no single group", () => {
		expect(parseRuleFile("", check, "file")).toEqual(ok([]));
		expect(parseRuleFile("name: g\nrules: []", check, "file").ok).toBe(false);
	});

	it("has places that say the path, too", () => {
		const result = parseRuleFile(withRule("for: soon"), check, "file");
		expect(result).toMatchObject({ failure: { issues: [{ place: "line 6, column 10 (groups[0].rules[0].for)" }] } });
	});
});

describe("what is wrong is named with its place", () => {
	it.each([
		[
			"no YAML",
			"groups:\n- name: [",
			"line 2, column 10: Flow sequence in block collection must be sufficiently indented",
		],
		["an empty file", "", "line 1, column 1: 'groups' is missing"],
		["a text", "hello", "line 1, column 1: the file must be a map, not a text"],
		["a list", "- a", "line 1, column 1: the file must be a map, not a list"],
		["groups that are no list", "groups: {a: b}", "line 1, column 9: groups must be a list, not a map"],
		["a group that is no map", "groups:\n- 5", "line 2, column 3: a group must be a map, not a text"],
		["a group without a name", "groups:\n- rules: []", "line 2, column 3: 'name' is missing"],
		["a group twice", "groups:\n- name: g\n- name: g", "line 3, column 3: group 'g' stands twice in the file"],
		["two documents", "name: g\n---\nname: h", "line 2, column 1: Source contains multiple documents"],
		[
			"an unknown field of the file",
			"groups: []\nspec: 1",
			"line 2, column 1: 'spec' is not known in the file: it has groups",
		],
		["an unknown field of a group", "name: g\nspec: 1m", "line 2, column 1: 'spec' is not known in a group"],
		[
			"a query_offset beyond a day",
			"name: g\nquery_offset: 25h",
			"line 2, column 15: query_offset must be at most 24h",
		],
		[
			"an unknown field of a rule",
			withRule("sevrity: x"),
			"line 6, column 5: 'sevrity' is not known in a rule: it has alert",
		],
		["a key twice", withRule("for: 1m", "for: 2m"), "line 7, column 5: 'for' stands twice in a rule"],
		["a label twice", withRule("labels: {a: b, a: c}"), "line 6, column 20: 'a' stands twice in labels"],
		["a merge key", "name: g\n<<: {a: b}", "line 2, column 1: '<<' is not known in a group"],
		["a key that is no text", "name: g\n[a]: b", "line 2, column 1: a key of the file must be a text"],
		[
			"a recording rule that is an alert",
			"name: g\nrules:\n- record: a:b\n  alert: A\n  expr: x",
			"line 3, column 11: only one of 'record' and 'alert' must be set",
		],
		[
			"a recording rule with a name that is none",
			"name: g\nrules:\n- record: a.b\n  expr: x",
			"line 3, column 11: record must be the name of a metric",
		],
		[
			"a recording rule that waits",
			"name: g\nrules:\n- record: a:b\n  expr: x\n  for: 1m",
			"line 5, column 8: invalid field 'for' in recording rule",
		],
		["a rule of no kind", "name: g\nrules:\n- expr: x", "line 3, column 3: one of 'record' or 'alert' must be set"],
		["a rule without an expression", "name: g\nrules:\n- alert: A", "line 3, column 3: 'expr' is missing"],
		["an empty expression", "name: g\nrules:\n- alert: A\n  expr: ''", "line 4, column 9: 'expr' is empty"],
		[
			"an expression that is a list",
			"name: g\nrules:\n- alert: A\n  expr: [x]",
			"line 4, column 9: expr must be a text, not a list",
		],
		["a duration", withRule("for: 5 minutes"), 'line 6, column 10: for: "5 minutes" is not a duration: write it like'],
		["an interval that is too short", "name: g\ninterval: 1s", "line 2, column 11: interval must be at least 5s"],
		["a limit", "name: g\nlimit: some", "line 2, column 8: limit must be a whole number; 0 is none"],
		["labels that are a list", withRule("labels: [a]"), "line 6, column 13: labels must be a map, not a list"],
		[
			"a label that is a map",
			withRule("labels:", "  a: {b: c}"),
			"line 7, column 10: labels: a must be a text, not a map",
		],
		["a label's name", withRule("labels: {a-b: c}"), 'line 6, column 19: label name "a-b" must match'],
		["a reserved label", withRule("labels: {__name__: c}"), 'line 6, column 24: label name "__name__" is reserved'],
		[
			"an annotation's name",
			withRule("annotations: {__proto__: c}"),
			"line 6, column 30: annotation name '__proto__' must be",
		],
		[
			"an unknown extension",
			withRule("annotations: {perdure_cooldwn: 5m}"),
			"line 6, column 36: annotation 'perdure_cooldwn' is no",
		],
		[
			"a policy",
			withRule("annotations: {perdure_no_data: maybe}"),
			"line 6, column 36: perdure_no_data must be one of ok, alert",
		],
		[
			"a cooldown",
			withRule("annotations: {perdure_cooldown: soon}"),
			'line 6, column 37: perdure_cooldown: "soon" is not',
		],
		["a control character", 'name: "a\\u0007"', "line 1, column 7: name holds a control character"],
		["half a surrogate pair", '{"name": "\\ud800"}', "line 1, column 10: name holds half a surrogate pair"],
		["an alias of nothing", "name: *a", "line 1, column 7: no anchor of this name stands before it"],
	])("%s", (_, text, expected) => {
		expect(issuesOf(text)[0]).toContain(expected);
	});

	it.each([
		["plain", withRule().replace("expr: x", "expr: 1 + BAD"), "line 5, column 15"],
		["in quotes", withRule().replace("expr: x", "expr: '1 + BAD'"), "line 5, column 16"],
		["in a block", withRule().replace("expr: x", "expr: |\n        1 +\n          BAD"), "line 7, column 11"],
		["in a block after an empty line", withRule().replace("expr: x", "expr: |-\n\n        BAD"), "line 7, column 9"],
		[
			"on the first line of a folded block",
			withRule().replace("expr: x", "expr: >\n        1 + BAD"),
			"line 6, column 13",
		],
		["of the recovery", withRule("annotations: {perdure_recover: BAD}"), "line 6, column 36"],
	])("an expression, %s, where it is wrong", (_, text, place) => {
		expect(issuesOf(text)).toEqual([`${place}: unexpected BAD`]);
	});

	it("an expression whose places have moved, at its beginning, with the place inside", () => {
		const escaped = withRule().replace("expr: x", 'expr: "\\u0031 + BAD"');
		expect(issuesOf(escaped)).toEqual(["line 5, column 11: unexpected BAD (line 1, column 5 of the text)"]);
		expect(issuesOf(withRule().replace("expr: x", "expr: WORSE"))).toEqual(["line 5, column 11: cannot be"]);
	});

	it("all of it at once, up to a bound", () => {
		const rules = Array.from({ length: RULE_ISSUES_MAX + 5 }, () => "- {alert: A, expr: x, for: y}").join("\n");
		const issues = issuesOf(`name: g\nrules:\n${rules}`);
		expect(issues.length).toBe(RULE_ISSUES_MAX + 1);
		expect(issues[1]).toContain("line 4");
		expect(issues.at(-1)).toBe("further on: 5 more issues");
	});

	it.each([
		["a name", `name: ${"报".repeat(RULE_NAME_BYTES_MAX / 3)}x`, `name has ${RULE_NAME_BYTES_MAX + 1} bytes`],
		["an expression", withRule().replace("expr: x", `expr: ${"x".repeat(EXPRESSION_CHARS_MAX + 1)}`), "expr has"],
		["an annotation", withRule(`annotations: {a: ${"x".repeat(ANNOTATION_CHARS_MAX + 1)}}`), "annotation 'a' has"],
		[
			"labels",
			withRule(`labels: {${Array.from({ length: LABELS_PER_SERIES_MAX + 1 }, (_, i) => `a${i}: b`).join(", ")}}`),
			`${LABELS_PER_SERIES_MAX + 1} labels`,
		],
		[
			"annotations",
			withRule(
				`annotations: {${Array.from({ length: ANNOTATIONS_PER_RULE_MAX + 1 }, (_, i) => `a${i}: b`).join(", ")}}`,
			),
			`${ANNOTATIONS_PER_RULE_MAX + 1} annotations`,
		],
	])("%s beyond its bound", (_, text, expected) => {
		expect(issuesOf(text)[0]).toContain(expected);
	});
});

describe("the templates of a rule file", () => {
	it("are refused where they do not parse, each with its place", () => {
		const text = withRule(
			"labels: {severity: '{{ $value | nothing }}'}",
			"annotations:",
			"  summary: up to {{ $labels.x",
			"  good: '{{ if gt $value 1.0 }}{{ printf `%.1f` $value }}{{ end }}'",
			"  description: |",
			"    first line",
			"    {{ if $value }}",
		);
		expect(issuesOf(text)).toEqual([
			`line 6, column 37: label 'severity': template: function "nothing" not defined`,
			"line 8, column 22: annotation 'summary': template: unclosed action",
			expect.stringContaining(
				"annotation 'description': template: unexpected end of the template: {{if}} has no {{end}}",
			),
		]);
	});

	it("are accepted where Prometheus accepts them, though they fail when they are expanded", () => {
		const text = withRule(
			"annotations:",
			"  a: '{{ query \"up\" | first | value | humanize }}'",
			'  b: \'{{ range query "up" | sortByLabel "job" }}{{ .Labels.job }} {{ . | value }}{{ end }}\'',
			"  c: '{{ $value | title }}{{ template \"x\" }}{{ .Nothing }}'",
			'  d: \'{{ with printf "up{job=%q}" $labels.job | query }}{{ . | first | label "a" }}{{ end }}\'',
		);
		expect(groupsOf(text)).toHaveLength(1);
	});
});
