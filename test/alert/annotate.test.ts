/** Templates of annotations and labels. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expand, expandAll } from "../../src/alert/annotate.ts";
import { ANNOTATION_CHARS_MAX } from "../../src/model/limits.ts";

const data = { labels: { endpoint: "/a", code: "0.25" }, value: 0.0512 };

describe("a template", () => {
	it.each([
		["{{ $value }}", "0.0512"],
		["{{.Value}}", "0.0512"],
		["{{ $value | humanizePercentage }} of {{ $labels.endpoint }}", "5.12% of /a"],
		["{{ .Labels.endpoint }}{{ $labels.endpoint }}", "/a/a"],
		["{{ $value | humanize }} {{ $value|humanizeDuration }}", "51.2m 51.2ms"],
		["{{ $labels.code | humanizePercentage }}", "25%"],
		["[{{ $labels.nothing }}]", "[]"],
		["[{{ $labels.constructor }}{{ $labels.__proto__ }}]", "[]"],
		["no template", "no template"],
		["", ""],
	])("%s reads %s", (text, expected) => {
		expect(expand(text, data)).toBe(expected);
	});

	it.each([
		['{{ printf "%.2f" $value }}', "0.05"],
		["{{ if gt $value 0.01 }}over{{ else }}under{{ end }}", "over"],
		["{{ with $labels.endpoint }}{{ . | toUpper }}{{ end }}", "/A"],
		[
			"{{ $value | title }}",
			"<error expanding template: line 1, column 13: wrong type for value; expected string; got float64>",
		],
		["{{ $value", "<error expanding template: line 1, column 1: unclosed action>"],
		["}}", "}}"],
	])("%s reads %s, as in Prometheus", (text, expected) => {
		expect(expand(text, data)).toBe(expected);
	});

	it.each([
		"{{ query `up` | first | value }}",
		"{{ $labels.endpoint | humanize }}",
		"{{",
		"{{}}",
		"{{ {{ $value }} }}",
		"{{ nothing }}",
		'{{ define "x" }}{{ template "x" . }}{{ end }}{{ template "x" . }}',
	])("that cannot be expanded says so, and stops nothing: %s", (text) => {
		expect(expand(text, data)).toMatch(/^<error expanding template: line 1, column \d+: .+>$/);
		expect(expand(text, data, 20)).toBe("<error expanding te…");
	});

	it("reads the stand-in for infinity as infinity", () => {
		expect(expand("{{ $value }} {{ .Value | humanize }}", { labels: {}, value: Number.MAX_VALUE })).toBe("+Inf +Inf");
	});

	it("does not look for templates in what it filled in", () => {
		expect(expand("{{ $labels.a }}", { labels: { a: "{{ $value }}" }, value: 1 })).toBe("{{ $value }}");
	});

	it("is cut at its bound, never inside a character", () => {
		const labels = { a: "😀".repeat(500) };
		const text = expand("{{ $labels.a }}".repeat(1_000), { labels, value: 1 });
		expect(text.length).toBeLessThanOrEqual(ANNOTATION_CHARS_MAX);
		expect(text.endsWith("😀…")).toBe(true);
		expect(text.isWellFormed()).toBe(true);
		expect(expand("abcdef", data, 4)).toBe("abc…");
		expect(expand("abcd", data, 4)).toBe("abcd");
	});

	it("takes time that grows with the text, not with its square", () => {
		expect(expand("{{ ".repeat(30_000), data)).toContain("error expanding template");
		expect(expand("{{ $value }}".repeat(1_000), data)).toBe("0.0512".repeat(1_000));
		const long = { labels: { a: "x".repeat(500) }, value: 1 };
		expect(expand("{{ $labels.a }}".repeat(600), long)).toHaveLength(ANNOTATION_CHARS_MAX);
	});

	it("never throws and never grows past its bound", () => {
		const piece = fc.constantFrom("{{", "}}", " ", "$value", ".Labels.a", "|", "humanize", "x", "😀");
		fc.assert(
			fc.property(fc.array(piece), fc.double(), (pieces, value) => {
				expect(expand(pieces.join(""), { labels: { a: "1" }, value }, 50).length).toBeLessThanOrEqual(50);
			}),
		);
	});

	it("of each annotation is filled in, names as they are", () => {
		expect(expandAll({ errorRate: "{{ $value }}", threshold: "0.05" }, data)).toEqual({
			errorRate: "0.0512",
			threshold: "0.05",
		});
	});
});
