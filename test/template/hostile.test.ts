/** Templates that loop, grow or nest without end: a sentence within bounded time, never a crash. */
import { describe, expect, it } from "vitest";
import {
	RULE_TEMPLATE_STEPS_MAX,
	TEMPLATE_CHARS_MAX,
	TEMPLATE_DEPTH_MAX,
	TEMPLATE_FILES_MAX,
	TEMPLATE_LAYOUT_CHARS_MAX,
	TEMPLATE_OUTPUT_CHARS_MAX,
	TEMPLATE_STEPS_MAX,
	TEMPLATE_VARIABLES_MAX,
	TEMPLATE_WIDTH_MAX,
	TEMPLATE_ZONES_MEMO_MAX,
	TEMPLATES_MAX,
} from "../../src/model/limits.ts";
import { expandRuleTemplate } from "../../src/template/rule-template.ts";
import { TemplateSet } from "../../src/template/template-set.ts";
import type { TemplateValue } from "../../src/template/value.ts";

/** Far above what one expansion takes on a quiet machine (1.5 s at the worst). */
const TIME_MS_MAX = 10_000;

const list = (length: number, item: string): TemplateValue => ({
	kind: "list",
	items: Array.from({ length }, () => item),
	type: "[]string",
});
const each = (inner: string): string => `{{ range . }}{{ ${inner} }}{{ end }}`;

function doubling(first: string): string {
	const levels = Array.from({ length: 40 }, (_, i) => {
		return `{{ define "x${i + 1}" }}{{ template "x${i}" }}{{ template "x${i}" }}{{ end }}`;
	});
	return `{{ define "x0" }}${first}{{ end }}${levels.join("")}{{ template "x40" }}`;
}

const DEEP = `deeper than ${TEMPLATE_DEPTH_MAX}`;
const STEPS = `more than ${TEMPLATE_STEPS_MAX} steps`;
const LONG = `more than ${TEMPLATE_OUTPUT_CHARS_MAX} characters`;
const REGEX = /too large|too many steps|more than/;

describe("an expansion", () => {
	const one = (text: string): TemplateValue => list(1_000, text);
	it.each<[string, string, string | RegExp, TemplateValue?]>([
		["a template that calls itself", '{{ define "x" }}{{ template "x" . }}{{ end }}{{ template "x" . }}', DEEP],
		[
			"two that call each other twice",
			'{{ define "x" }}{{ template "y" }}{{ template "y" }}{{ end }}{{ define "y" }}{{ template "x" }}{{ template "x" }}{{ end }}{{ template "x" }}',
			DEEP,
		],
		["definitions that double a text", doubling("0123456789"), LONG],
		["definitions that double nothing", doubling(""), STEPS],
		["10,000 ifs inside one another", `${"{{if 1}}".repeat(10_000)}${"{{end}}".repeat(1_000)}`, DEEP],
		["10,000 parentheses", `{{ ${"(".repeat(10_000)}1${")".repeat(10_000)} }}`, DEEP],
		["a long chain of else if", `{{if 0}}${"{{else if 0}}".repeat(5_000)}{{end}}`, DEEP],
		[
			"ranges of ranges of ranges",
			"{{ range . }}{{ range $ }}{{ range $ }}{{ end }}{{ end }}{{ end }}",
			STEPS,
			one("a"),
		],
		["ranges that print", "{{ range . }}{{ range $ }}{{ range $ }}x{{ end }}{{ end }}{{ end }}", STEPS, one("a")],
		["a variable that doubles", `{{ $x := "0123456789" }}${"{{ $x = print $x $x }}".repeat(100)}`, REGEX],
		["values inside values", `{{ $x := args 1 }}${"{{ $x = args $x $x }}".repeat(60)}{{ $x }}`, LONG],
		["widths", `{{ printf "${"%1000000d".repeat(1_000)}" 1 }}`, LONG],
		[
			"widths that nobody prints",
			`{{ range . }}{{ range $ }}{{ $y := printf "%999999d" 1 }}{{ end }}{{ end }}`,
			STEPS,
			one("a"),
		],
		["long texts again and again", each("$y := title ."), STEPS, one("aB c".repeat(20_000))],
		["escapes of long texts", each("$y := js ."), STEPS, one("<".repeat(80_000))],
		["a pattern that explodes elsewhere", each('$y := match "(x+x+)+y" .'), REGEX, one("x".repeat(80_000))],
		["a pattern with counted repetitions", each('$y := match "((a{30}){30})*b" .'), REGEX, one("a".repeat(500))],
		["a pattern with many ways", each('$y := match "(a?){300}(a){90}" .'), REGEX, one("a".repeat(500))],
		["many patterns", each(`$y := match "${"(a|b)?".repeat(300)}" .`), REGEX, one("a")],
		[
			"a replacement that grows",
			each(`$y := reReplaceAll "" "${"z".repeat(1_000)}" .`),
			REGEX,
			one("a".repeat(80_000)),
		],
		["zones", each('$y := (tz "Asia/Shanghai" (toTime 5)).Format "MST MST MST"'), REGEX, list(100_000, "a")],
	])("of %s ends with a sentence", (_, text, expected, dot = null) => {
		const start = performance.now();
		const result = TemplateSet.empty.expand(text, dot);
		expect(performance.now() - start).toBeLessThan(TIME_MS_MAX);
		expect(result).toEqual({ ok: false, failure: expect.stringMatching(expected) });
		expect(result).toEqual({ ok: false, failure: expect.stringMatching(/^line 1, column \d+: /) });
	});

	it("goes down to its bound", () => {
		const nested = "{{if 1}}".repeat(TEMPLATE_DEPTH_MAX - 1);
		expect(TemplateSet.empty.expand(`${nested}x${"{{end}}".repeat(TEMPLATE_DEPTH_MAX - 1)}`, null)).toEqual({
			ok: true,
			value: "x",
		});
	});

	it("of a rule has fewer steps", () => {
		const text = "{{ range args 1 2 3 4 5 6 7 8 9 }}".repeat(6) + "{{ end }}".repeat(6);
		expect(expandRuleTemplate(text, { labels: {}, value: 1 }, 1_000)).toEqual({
			ok: false,
			failure: expect.stringContaining(`more than ${RULE_TEMPLATE_STEPS_MAX} steps`),
		});
	});

	it("gives at most as many characters as the caller wants", () => {
		const expand = (charsMax: number) =>
			TemplateSet.empty.expand("{{ range . }}{{ . }}{{ end }}", list(10, "ab"), { charsMax });
		expect(expand(20)).toEqual({ ok: true, value: "ab".repeat(10) });
		expect(expand(19)).toEqual({ ok: false, failure: "line 1, column 17: the text has more than 19 characters" });
	});

	it("is refused for a text, a pattern, a layout or a width that is too long", () => {
		const fails = (text: string) => TemplateSet.empty.expand(text, null);
		expect(fails(" ".repeat(TEMPLATE_CHARS_MAX + 1))).toMatchObject({
			failure: expect.stringContaining("the limit is"),
		});
		expect(fails(`{{ match "${"a".repeat(3_000)}" "" }}`)).toMatchObject({
			failure: expect.stringContaining("the limit is"),
		});
		const layout = "2".repeat(TEMPLATE_LAYOUT_CHARS_MAX + 1);
		expect(fails(`{{ date "${layout}" (toTime 1) }}`)).toMatchObject({
			failure: expect.stringContaining("the limit is"),
		});
		expect(fails(`{{ printf "%${TEMPLATE_WIDTH_MAX + 1}d" 1 }}`)).toEqual({ ok: true, value: "%!(BADWIDTH)1" });
	});

	it("has a bound on its variables", () => {
		const declare = (count: number) => Array.from({ length: count }, (_, i) => `{{ $v${i} := 1 }}`).join("");
		expect(TemplateSet.empty.check(declare(TEMPLATE_VARIABLES_MAX - 1))).toBeNull();
		expect(TemplateSet.empty.check(declare(TEMPLATE_VARIABLES_MAX))).toContain(
			`more than ${TEMPLATE_VARIABLES_MAX} variables`,
		);
	});

	it("remembers only so many zones", () => {
		const zones = Intl.supportedValuesOf("timeZone").slice(0, TEMPLATE_ZONES_MEMO_MAX + 10);
		const text = zones.map((zone) => `{{ (tz "${zone}" (toTime 0)).Unix }}`).join("");
		expect(TemplateSet.empty.expand(text, null)).toEqual({ ok: true, value: "0".repeat(zones.length) });
	});
});

describe("a set", () => {
	it("has a bound on its files and on its templates", () => {
		const files = Array.from({ length: TEMPLATE_FILES_MAX + 1 }, (_, i) => ({ name: `${i}`, text: "" }));
		expect(TemplateSet.empty.with(files)).toMatchObject({ ok: false });
		const text = Array.from({ length: TEMPLATES_MAX + 1 }, (_, i) => `{{define "${i}"}}x{{end}}`).join("");
		expect(TemplateSet.empty.with([{ name: "a", text }])).toMatchObject({ ok: false });
	});
});
