/** Matchers as texts: the classic form, the newer one behind it, and what Alertmanager shows. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MATCHERS_CHARS_MAX, MATCHERS_MAX } from "../../src/model/limits.ts";
import type { MatchOp } from "../../src/model/matcher.ts";
import {
	compareTexts,
	matchersText,
	matcherText,
	parseMatchers,
	parseOneMatcher,
	sortMatchers,
} from "../../src/routing/matcher-text.ts";

/** Each matcher as `name op value`. */
function words(text: string): unknown {
	const parsed = parseMatchers(text);
	return parsed.ok ? parsed.value.map(({ name, op, value }) => [name, op, value]) : parsed.failure;
}

describe("matchers in a text", () => {
	it.each([
		['foo="bar"', [["foo", "=", "bar"]]],
		["foo=bar", [["foo", "=", "bar"]]],
		["foo=", [["foo", "=", ""]]],
		['foo=""', [["foo", "=", ""]]],
		["  foo  !=  bar baz  ", [["foo", "!=", "bar baz"]]],
		["foo=~bar|baz", [["foo", "=~", "bar|baz"]]],
		['foo!~"5.."', [["foo", "!~", "5.."]]],
		["foo==bar", [["foo", "=", "=bar"]]],
		["foo=~=bar", [["foo", "=~", "=bar"]]],
		["a:b=c", [["a:b", "=", "c"]]],
		[
			'{a="b",c!="d"}',
			[
				["a", "=", "b"],
				["c", "!=", "d"],
			],
		],
		[
			'{ a = "b" , c =~ "d" , }',
			[
				["a", "=", "b"],
				["c", "=~", "d"],
			],
		],
		[
			"a=b,c=d",
			[
				["a", "=", "b"],
				["c", "=", "d"],
			],
		],
		[
			'a="b,c",d=e',
			[
				["a", "=", "b,c"],
				["d", "=", "e"],
			],
		],
		[
			'a="say \\"hi, you\\"",b=c',
			[
				["a", "=", 'say "hi, you"'],
				["b", "=", "c"],
			],
		],
		['a="x\\ny\\\\z\\d"', [["a", "=", "x\ny\\z\\d"]]],
		["a=~\\d+\\.\\d", [["a", "=~", "\\d+\\.\\d"]]],
		["a=b\\", [["a", "=", "b\\"]]],
		["", []],
		["{}", []],
		["{a=b", [["a", "=", "b"]]],
		["a={b}", [["a", "=", "{b"]]],
	])("%s is read as in Alertmanager 0.25", (text, expected) => {
		expect(words(text)).toEqual(expected);
	});

	it.each([
		['"foo bar"="x"', [["foo bar", "=", "x"]]],
		[
			'{"foo bar"=~"x|y", "é"!=z}',
			[
				["foo bar", "=~", "x|y"],
				["é", "!=", "z"],
			],
		],
		["föö=bar", [["föö", "=", "bar"]]],
		["foo.bar=baz", [["foo.bar", "=", "baz"]]],
		['"a\\"b\\u00e9"="\\t"', [['a"bé', "=", "\t"]]],
		['{"a"="b",}', [["a", "=", "b"]]],
	])("%s is read as in Alertmanager 0.27, since the classic form refuses it", (text, expected) => {
		expect(words(text)).toEqual(expected);
	});

	it.each([
		["foo", 'bad matcher "foo": it has the form'],
		["=bar", "bad matcher"],
		["foo=bar,,a=b", 'bad matcher ""'],
		["0foo", "bad matcher"],
		['foo="bar', "needs a backslash"],
		['foo=bar"', "needs a backslash"],
		['foo="b"ar"', "needs a backslash"],
		['{"foo bar"="x"', 'bad matcher "\\"foo bar'],
		['"foo bar"="x"}', "bad matcher"],
		['"foo bar"="x" "y"="z"', "bad matcher"],
		['"foo bar"=', "bad matcher"],
		['"\\q"="x"', "bad matcher"],
	])("%s is refused, with the reason", (text, expected) => {
		expect(words(text)).toContain(expected);
	});

	it("are bounded, in length and in number", () => {
		expect(words("x".repeat(MATCHERS_CHARS_MAX + 1))).toContain(`the limit is ${MATCHERS_CHARS_MAX}`);
		expect(words("a=b,".repeat(MATCHERS_MAX + 1))).toContain(`the limit is ${MATCHERS_MAX}`);
		expect(parseMatchers("a=b,".repeat(MATCHERS_MAX)).ok).toBe(true);
	});

	it("take time that grows with the text", () => {
		const started = performance.now();
		for (const piece of ['"', "\\", "a=", "{", '"\\', "a=b,"]) words(piece.repeat(MATCHERS_CHARS_MAX / piece.length));
		expect(performance.now() - started).toBeLessThan(2_000);
	});

	it("are one, where one is wanted", () => {
		expect(parseOneMatcher("a=b")).toEqual({ ok: true, value: { name: "a", op: "=", value: "b" } });
		for (const text of ["{a=b}", "a=b,c=d", "", "a"]) expect(parseOneMatcher(text).ok).toBe(false);
	});
});

describe("a matcher", () => {
	it("is shown as Alertmanager shows it", () => {
		expect(matcherText({ name: "a", op: "=~", value: 'x"y\\d\nz' })).toBe('a=~"x\\"y\\\\d\\nz"');
		expect(matcherText({ name: "foo bar", op: "=", value: 'x"\u0001' })).toBe('"foo bar"="x\\"\\x01"');
		expect(matchersText([])).toBe("{}");
	});

	it("comes back from its text", () => {
		const text = fc.string({ unit: "grapheme", maxLength: 20 }).filter((value) => value.isWellFormed());
		const name = fc.oneof(
			fc.stringMatching(/^[a-z_:][a-z0-9_:]{0,5}$/),
			text.filter((value) => value !== ""),
		);
		const op = fc.constantFrom<MatchOp>("=", "!=", "=~", "!~");
		fc.assert(
			fc.property(fc.array(fc.record({ name, op, value: text }), { minLength: 1, maxLength: 3 }), (matchers) => {
				// What the classic form misreads in names has to be in quotes: everything that is no classic name and not reserved.
				fc.pre(matchers.every((one) => /^[a-z_:][a-z0-9_:]*$/.test(one.name) || /[\s{}!=~,\\"'`]/.test(one.name)));
				expect(parseMatchers(matchersText(matchers))).toEqual({ ok: true, value: matchers });
			}),
		);
	});

	it("is sorted by the bytes of its name, then its value, then =, !=, =~, !~", () => {
		const sorted = sortMatchers([
			{ name: "b", op: "=", value: "" },
			{ name: "a", op: "!~", value: "x" },
			{ name: "a", op: "=", value: "y" },
			{ name: "a", op: "=", value: "x" },
			{ name: "😀", op: "=", value: "" },
			{ name: "\uffee", op: "=", value: "" },
		]);
		expect(sorted.map(matcherText)).toEqual(['a="x"', 'a!~"x"', 'a="y"', 'b=""', '\uffee=""', '😀=""']);
		fc.assert(
			fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (a, b) => {
				expect(Math.sign(compareTexts(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
			}),
		);
	});
});
