/** Placeholders of applications, the variables that a text asks for, and the template that ships. */
import { describe, expect, it } from "vitest";
import { GRAFANA_ALERT } from "../../src/template/grafana-alert.ts";
import { expandShorthand } from "../../src/template/shorthand.ts";
import { TemplateSet } from "../../src/template/template-set.ts";
import { textMap } from "../../src/template/value.ts";
import { variablesOf } from "../../src/template/variables.ts";

describe("a placeholder", () => {
	it.each([
		["Hello {{name}}", "Hello {{.name}}"],
		["{{ name }}!", "{{ .name }}!"],
		["{{- name -}}", "{{- .name -}}"],
		["{{- name }}", "{{- .name }}"],
		["{{ .name }}", "{{ .name }}"],
		["{{ if .a }}x{{ else }}y{{ end }}", "{{ if .a }}x{{ else }}y{{ end }}"],
		["{{title}} {{ .x | title }}", "{{.title}} {{ .x | title }}"],
		["{{ now }} {{ externalURL }}", "{{ now }} {{ externalURL }}"],
		["{{ name | toUpper }}", "{{ name | toUpper }}"],
	])("%s reads as %s", (text, expanded) => {
		expect(expandShorthand(text)).toBe(expanded);
	});
});

describe("the variables of a text", () => {
	it.each([
		["{{ .a }} {{ .b | toUpper }} {{ .a }}", ["a", "b"]],
		["{{ if .a }}{{ .b }}{{ else }}{{ .c }}{{ end }}", ["a", "b", "c"]],
		['{{ printf "%s-%s" .a (.b | toLower) }}', ["a", "b"]],
		["{{ with .a }}{{ .inner }}{{ $.b }}{{ else }}{{ .c }}{{ end }}", ["a", "b", "c"]],
		["{{ range .list }}{{ .inner }}{{ end }}", ["list"]],
		["{{ .a.b.c }} {{ $x := .d }}{{ $x.e }}", ["a", "d"]],
		["{{ broken", []],
		["plain", []],
	])("%s: %j", (text, names) => {
		expect(variablesOf(text)).toEqual(names);
	});
});

describe("the template that ships", () => {
	const all = Object.fromEntries(GRAFANA_ALERT.variables.map((name) => [name, `<${name}>`]));
	const say = (language: string, variables: Record<string, string>): string => {
		const content = GRAFANA_ALERT.contents.find((one) => one.language === language)?.content ?? "";
		const made = TemplateSet.empty.expand(content, textMap(variables));
		return made.ok ? made.value : `failed: ${made.failure}`;
	};

	it("uses the variables that it names, and no other, in both languages", () => {
		for (const { subject, content } of GRAFANA_ALERT.contents) {
			expect(TemplateSet.empty.check(content)).toBeNull();
			expect(TemplateSet.empty.check(subject ?? "")).toBeNull();
			expect([...variablesOf(content)].sort()).toEqual([...GRAFANA_ALERT.variables].sort());
			for (const name of variablesOf(subject ?? "")) expect(GRAFANA_ALERT.variables).toContain(name);
		}
	});

	it("shows every variable, and no empty line for one that is missing", () => {
		for (const language of ["en", "zh"]) {
			const { status: _, ...shown } = all;
			for (const value of Object.values(shown)) expect(say(language, all)).toContain(value);
		}
		expect(say("en", { alertname: "Disk", status: "firing" })).toBe("Firing: Disk");
		expect(say("zh", { alertname: "Disk", status: "resolved", severity: "critical" })).toBe(
			"已恢复：Disk\n级别：critical",
		);
	});
});
