/** Sets of named templates: what replaces what, how mistakes are named, and what only newer Alertmanagers have. */
import { describe, expect, it } from "vitest";
import { DEFAULT_TEMPLATES } from "../../src/template/default-templates.ts";
import { notificationData } from "../../src/template/notification-data.ts";
import { TemplateSet } from "../../src/template/template-set.ts";
import { MESSAGES } from "./notification-cases.ts";

const [message] = MESSAGES;
if (message === undefined) throw new Error("no message");
const data = notificationData(message);

function setOf(...texts: readonly string[]): TemplateSet {
	const set = TemplateSet.empty.with(texts.map((text, i) => ({ name: `dir/${i}.tmpl`, text })));
	if (!set.ok) throw new Error(set.failure);
	return set.value;
}

function expanded(set: TemplateSet, text: string, options = {}): string {
	const result = set.expand(text, data, options);
	return result.ok ? result.value : `! ${result.failure}`;
}

describe("a set of templates", () => {
	it("names what its files define, and what stands outside of definitions by the file", () => {
		expect(TemplateSet.empty.names).toEqual([]);
		expect(setOf('{{ define "a" }}1{{ end }} {{ define "b" }}{{ end }}', "text").names).toEqual(["a", "b", "1.tmpl"]);
		expect(expanded(setOf("<{{ .Status }}>"), '{{ template "0.tmpl" . }}')).toBe("<firing>");
	});

	it("takes the later definition, unless it is empty", () => {
		const set = setOf(
			'{{ define "a" }}1{{ end }}',
			'{{ define "a" }}2{{ end }}',
			'{{ define "a" }} {{/* none */}}{{ end }}',
		);
		expect(expanded(set, '{{ template "a" }}')).toBe("2");
		expect(expanded(set, '{{ define "a" }}3{{ end }}{{ template "a" }}')).toBe("3");
		expect(expanded(set, '{{ template "a" }}')).toBe("2");
	});

	it("stays as it is when files are added to it", () => {
		const before = setOf('{{ define "a" }}1{{ end }}');
		expect(before.with([{ name: "x", text: '{{ define "a" }}2{{ end }}{{ define "b" }}{{ end }}' }]).ok).toBe(true);
		expect(before.names).toEqual(["a"]);
		expect(expanded(before, '{{ template "a" }}')).toBe("1");
	});

	it("refuses a file with its name, line and column", () => {
		const text = '{{ define "a" }}\n  {{ if .X }}\n{{ end }}';
		expect(TemplateSet.empty.with([{ name: "slack.tmpl", text }])).toEqual({
			ok: false,
			failure: 'slack.tmpl: line 3, column 10: template "a" has no {{end}}: found the end of the template',
		});
	});

	it("brings along what configuration files refer to by name", () => {
		const set = TemplateSet.empty.with(DEFAULT_TEMPLATES);
		expect(set.ok && set.value.names).toEqual(
			expect.arrayContaining(["slack.default.title", "telegram.default.message"]),
		);
		for (const name of set.ok ? set.value.names : []) {
			expect(set.ok && set.value.check(`{{ template "${name}" . }}`)).toBeNull();
		}
	});
});

describe("a check", () => {
	it.each([
		["{{ .Status }} {{ $ }}", null],
		["{{ .Status", "line 1, column 1: unclosed action"],
		["a\n  {{ nothing . }}", 'line 2, column 6: function "nothing" not defined'],
		["{{ if .X }}\n", "line 2, column 1: unexpected end of the template: {{if}} has no {{end}}"],
		['{{ template "x" . }}', 'line 1, column 4: template "x" not defined'],
		['{{ define "x" }}{{ end }}{{ template "x" . }}', null],
		[
			'{{ if 1 }}{{ range .Alerts }}{{ template "y" }}{{ end }}{{ end }}',
			'line 1, column 33: template "y" not defined',
		],
		["{{ $labels.x }}", 'line 1, column 4: undefined variable "$labels"'],
		["{{ query `up` }}", "line 1, column 4: 'query' asks a Prometheus server, and templates here have none to ask"],
	])("of %s says %s", (text, expected) => {
		expect(TemplateSet.empty.check(text)).toBe(expected);
	});

	it("follows the templates that a text uses, and names the file of what is missing", () => {
		const set = setOf('{{ define "a" }}\n{{ template "b" }}{{ end }}');
		expect(set.check('{{ template "a" }}')).toBe('dir/0.tmpl: line 2, column 4: template "b" not defined');
		expect(set.check('{{ template "a" }}{{ define "b" }}x{{ template "a" }}{{ end }}')).toBeNull();
	});

	it("knows the variables that the text will have", () => {
		expect(TemplateSet.empty.check("{{ $user }}{{ $x }}", ["user", "$x"])).toBeNull();
	});
});

describe("an expansion", () => {
	it("says in which file, line and column it failed", () => {
		const set = setOf('{{ define "a" }}\n {{ .Nothing }}{{ end }}');
		expect(expanded(set, '{{ template "a" . }}')).toBe(
			"! dir/0.tmpl: line 2, column 5: can't evaluate field Nothing in type template.Data",
		);
		expect(expanded(set, "\n{{ query `up` }}")).toContain("line 2, column 4: 'query' asks a Prometheus server");
	});

	it("has the variables of its caller, except inside of named templates", () => {
		const variables = { user: "ann", $n: 3n };
		expect(expanded(TemplateSet.empty, "{{ $user }} {{ $n }} {{ if eq $n 3 }}three{{ end }}", { variables })).toBe(
			"ann 3 three",
		);
		expect(expanded(TemplateSet.empty, '{{ define "a" }}{{ $user }}{{ end }}', { variables })).toContain(
			"undefined variable",
		);
	});

	it("knows where and when it is, when it is told", () => {
		const options = { nowMs: message.createdMs + 3_600_000, externalUrl: "https://perdure.example/p" };
		const text = "{{ externalURL }} {{ pathPrefix }} {{ since (index .Alerts 0).StartsAt }} {{ now | printf `%.3f` }}";
		expect(expanded(TemplateSet.empty, text, options)).toBe("https://perdure.example/p /p 1h0m0s 1767326645.678");
		expect(expanded(TemplateSet.empty, "{{ since (index .Alerts 0).StartsAt }}")).toContain(
			"the time is not known here",
		);
	});

	it.each([
		[
			'{{ (index .Alerts 0).StartsAt | tz "Asia/Shanghai" | date "2006-01-02 15:04:05 MST -0700" }}',
			"2026-01-02 11:04:05 CST +0800",
		],
		['{{ (index .Alerts 0).StartsAt | tz "Europe/Paris" | date "15:04 MST Z07:00" }}', "04:04 CET +01:00"],
		['{{ ((index .Alerts 0).StartsAt.AddDate 0 6 0) | tz "Europe/Paris" | date "15:04 MST" }}', "05:04 CEST"],
		['{{ (index .Alerts 0).StartsAt | tz "America/New_York" }}', "2026-01-01 22:04:05.678 -0500 EST"],
		['{{ (tz "Asia/Kathmandu" (index .Alerts 0).StartsAt).Format "15:04 MST" }}', "08:49 +0545"],
		[
			'{{ tz "Nowhere/City" (index .Alerts 0).StartsAt }}',
			"! line 1, column 4: error calling tz: unknown time zone Nowhere/City",
		],
		["{{ humanizeDuration (toDuration 3661) }} {{ toDuration 90 }}", "1h 1m 1s 1m30s"],
		["[{{ `  x\ty \n` | trimSpace }}]", "[x\ty]"],
		["{{ urlQueryEscape `a b&` }}", "a+b%26"],
		["{{ .GroupLabels }}", "alertname=HighLoad, cluster=eu"],
		[
			"{{ .GroupLabels.SortedPairs }} {{ slice .GroupLabels.SortedPairs 1 }}",
			"alertname=HighLoad, cluster=eu cluster=eu",
		],
		[
			'{{ printf "%s|%d" .GroupLabels .GroupLabels.Names }}',
			"alertname=HighLoad, cluster=eu|[%!d(string=alertname) %!d(string=cluster)]",
		],
	])("of %s is %s", (text, wanted) => {
		expect(expanded(TemplateSet.empty, text)).toBe(wanted);
	});

	it("escapes what is inserted into HTML, once, unless it is called safe", () => {
		const text = "<b>{{ `<i>&\"'+` }}</b>{{ safeHtml `<u>` }}{{ `<` | html }}{{ .GroupLabels.nothing }}";
		expect(expanded(TemplateSet.empty, text, { html: true })).toBe("<b>&lt;i&gt;&amp;&#34;&#39;&#43;</b><u>&lt;");
		expect(expanded(TemplateSet.empty, text)).toBe("<b><i>&\"'+</b><u>&lt;");
	});

	it("takes labels for labels, whatever they are called", () => {
		const labels = { constructor: "c", toString: "t", Names: "n", __proto__x: "p" };
		const odd = notificationData({ ...message, commonLabels: labels });
		const text =
			"{{ .CommonLabels.constructor }}{{ .CommonLabels.toString }}{{ .CommonLabels.hasOwnProperty }}{{ len .CommonLabels.Names }}";
		expect(TemplateSet.empty.expand(text, odd)).toEqual({ ok: true, value: "ct4" });
	});
});
