import { describe, expect, it } from "vitest";
import {
	LABEL_NAME_CHARS_MAX,
	MATCHER_CHARS_MAX,
	MATCHERS_MAX,
	REGEX_CHARS_MAX,
	REGEX_MEMO_MAX,
} from "../../src/model/limits.ts";
import { compileMatchers, labelValue, type Matcher, matchesEmpty, parseMatcher } from "../../src/model/matcher.ts";

function accepts(matcher: Matcher, labels: Record<string, string>): boolean {
	const test = compileMatchers([matcher]);
	if (!test.ok) throw new Error(test.failure);
	return test.value(labels);
}

describe("matchers", () => {
	it.each([
		["=", "GET", true],
		["=", "GE", false],
		["!=", "GET", false],
		["!=", "POST", true],
		["=~", "G.T", true],
		["=~", "G", false],
		["=~", "GET|POST", true],
		["=~", "get", false],
		["=~", "(?i)get", true],
		["!~", "G.*", false],
		["!~", "P.*", true],
	] as const)("method%s%s of GET is %s", (op, value, wanted) => {
		expect(accepts({ name: "method", op, value }, { method: "GET" })).toBe(wanted);
	});

	it("take an absent label for the empty one", () => {
		expect(accepts({ name: "x", op: "=", value: "" }, {})).toBe(true);
		expect(accepts({ name: "x", op: "!=", value: "" }, {})).toBe(false);
		expect(accepts({ name: "x", op: "=~", value: "a|" }, {})).toBe(true);
		expect(accepts({ name: "x", op: "!~", value: ".+" }, { x: "" })).toBe(true);
		expect(matchesEmpty({ name: "x", op: "=~", value: ".*" })).toBe(true);
		expect(matchesEmpty({ name: "x", op: "=~", value: ".+" })).toBe(false);
	});

	it("let a dot match a newline, and match alternatives whole", () => {
		expect(accepts({ name: "x", op: "=~", value: "a.b" }, { x: "a\nb" })).toBe(true);
		expect(accepts({ name: "x", op: "=~", value: "a|bc" }, { x: "ac" })).toBe(false);
		expect(accepts({ name: "x", op: "=~", value: "a" }, { x: "a\n" })).toBe(false);
	});

	it("never find a label that only the object's prototype has", () => {
		expect(labelValue({}, "constructor")).toBe("");
		expect(labelValue({}, "__proto__")).toBe("");
		expect(accepts({ name: "toString", op: "=", value: "" }, {})).toBe(true);
	});

	it("answer in linear time where a backtracking engine would not end", () => {
		const started = performance.now();
		expect(accepts({ name: "x", op: "=~", value: "(a+)+b" }, { x: "a".repeat(500) })).toBe(false);
		expect(accepts({ name: "x", op: "=~", value: ".*.*.*.*.*z" }, { x: "a".repeat(500) })).toBe(false);
		expect(performance.now() - started).toBeLessThan(5_000);
	});

	it("stay right when more values were seen than are remembered", () => {
		const test = compileMatchers([{ name: "x", op: "=~", value: "[0-9]+" }]);
		for (let i = 0; i < REGEX_MEMO_MAX + 10; i++) expect(test.ok && test.value({ x: String(i) })).toBe(true);
		expect(test.ok && test.value({ x: "1x" })).toBe(false);
	});

	it.each([
		["a=b", { name: "a", op: "=", value: "b" }],
		[' a != "b c" ', { name: "a", op: "!=", value: "b c" }],
		["path=~/api/.*", { name: "path", op: "=~", value: "/api/.*" }],
		["a!~'x'", { name: "a", op: "!~", value: "x" }],
		["a=", { name: "a", op: "=", value: "" }],
		["a==b", { name: "a", op: "=", value: "=b" }],
	] as const)("are read as an operator types them: %s", (text, matcher) => {
		expect(parseMatcher(text)).toEqual({ ok: true, value: matcher });
	});

	it.each([
		["", "a matcher has the form"],
		["nothing", "a matcher has the form"],
		["1a=b", "a matcher has the form"],
		["a=~(", 'matcher on label "a": error parsing regexp'],
		["a=~(?=x)", "invalid or unsupported Perl syntax"],
		["a=~(a{1000}){1000}", "invalid repeat count"],
		[`a=~${"(".repeat(1_500)}`, "error parsing regexp"],
		[`a=~${"x".repeat(REGEX_CHARS_MAX + 1)}`, `the limit is ${REGEX_CHARS_MAX}`],
		[`a=${"x".repeat(MATCHER_CHARS_MAX)}`, `the limit is ${MATCHER_CHARS_MAX}`],
	])("that are wrong say why: %s", (text, reason) => {
		const parsed = parseMatcher(text);
		expect(parsed.ok ? "" : parsed.failure).toContain(reason);
	});

	it("are bounded in number, and leave room for the longest label name", () => {
		const many = Array.from({ length: MATCHERS_MAX + 1 }, (_, i): Matcher => ({ name: `l${i}`, op: "=", value: "" }));
		const test = compileMatchers(many);
		expect(test.ok ? "" : test.failure).toBe(`${MATCHERS_MAX + 1} matchers; the limit is ${MATCHERS_MAX}`);
		expect(MATCHER_CHARS_MAX).toBeGreaterThan(REGEX_CHARS_MAX + LABEL_NAME_CHARS_MAX);
	});
});
