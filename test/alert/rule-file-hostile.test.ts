/** Rule files that mean harm: each is refused, in bounded time and memory, and none throws. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseRuleFile } from "../../src/alert/rule-file.ts";
import { err, ok } from "../../src/lib/result.ts";
import { invalid } from "../../src/model/errors.ts";
import {
	RULE_FILE_BYTES_MAX,
	RULE_FILE_DEPTH_MAX,
	RULE_FILE_TOKENS_MAX,
	RULE_GROUPS_MAX,
	RULES_PER_GROUP_MAX,
} from "../../src/model/limits.ts";

const parse = (text: string) => parseRuleFile(text, () => ok(null));
const filled = (piece: string): string => piece.repeat(Math.floor(RULE_FILE_BYTES_MAX / piece.length));

describe("a hostile rule file", { timeout: 60_000 }, () => {
	it("of one byte too many is refused before it is read", () => {
		expect(parse("#".repeat(RULE_FILE_BYTES_MAX + 1))).toEqual(
			err({
				code: "too_large",
				what: "bytes of a rule file",
				limit: RULE_FILE_BYTES_MAX,
				got: RULE_FILE_BYTES_MAX + 1,
			}),
		);
		expect(parse("报".repeat(RULE_FILE_BYTES_MAX / 2))).toMatchObject({ failure: { code: "too_large" } });
	});

	it("of exactly the largest size is read", () => {
		const text = "name: g\n#".padEnd(RULE_FILE_BYTES_MAX, "x");
		expect(parse(text).ok).toBe(true);
	});

	it("with anchors that explode is refused", () => {
		const laughs = ["a: &a0 [x,x,x,x,x,x,x,x,x]"];
		for (let i = 1; i < 10; i++)
			laughs.push(
				`a${i}: &a${i} [${Array(9)
					.fill(`*a${i - 1}`)
					.join(",")}]`,
			);
		expect(parse(`${laughs.join("\n")}\ngroups: *a9`)).toMatchObject({ failure: { code: "invalid" } });
	});

	it("that repeats a large rule by alias is as large as what it repeats", () => {
		const rule = `&r {alert: A, expr: x, annotations: {${Array.from({ length: 50 }, (_, i) => `a${i}: ${"y".repeat(9_000)}`)}}}`;
		const text = `name: g\nrules: [${rule}${", *r".repeat(RULES_PER_GROUP_MAX - 1)}]`;
		expect(text.length).toBeLessThan(RULE_FILE_BYTES_MAX);
		expect(parse(text)).toMatchObject({ failure: { code: "too_large", limit: RULE_FILE_BYTES_MAX } });
	});

	it("that repeats a group by alias is refused for its name", () => {
		const text = `groups: [&g {name: g, rules: [${"{alert: A, expr: x},".repeat(900)}]}${", *g".repeat(RULE_GROUPS_MAX - 1)}]`;
		const result = parse(text);
		expect(result.ok).toBe(false);
	});

	it("that repeats an expression by alias has it checked once", () => {
		let checks = 0;
		const rules = `{alert: A, expr: &e x}${", {alert: A, expr: *e}".repeat(900)}`;
		const result = parseRuleFile(`name: g\nrules: [${rules}]`, () => {
			checks++;
			return ok(null);
		});
		expect(result.ok).toBe(true);
		expect(checks).toBe(1);
	});

	it("whose anchor holds itself is refused", () => {
		expect(parse("groups: &a [*a]")).toMatchObject({ failure: { code: "invalid" } });
		expect(parse("&a\nname: g\nrules: [*a]")).toMatchObject({ failure: { code: "invalid" } });
	});

	it("with too many groups or rules is refused", () => {
		const groups = Array.from({ length: RULE_GROUPS_MAX + 1 }, (_, i) => `{name: g${i}}`);
		expect(parse(`groups: [${groups}]`)).toMatchObject({
			failure: {
				issues: [
					{ place: "line 1, column 9", reason: `${RULE_GROUPS_MAX + 1} groups; the limit is ${RULE_GROUPS_MAX}` },
				],
			},
		});
		const rules = "- {alert: A, expr: x}\n".repeat(RULES_PER_GROUP_MAX + 1);
		expect(JSON.stringify(parse(`name: g\nrules:\n${rules}`))).toContain(
			`${RULES_PER_GROUP_MAX + 1} rules are too many`,
		);
	});

	it.each([
		["commas", ",", "["],
		["quotes", '"'],
		["anchors", "&a "],
		["tags", "!x "],
		["documents", "---\n"],
		["errors", "- @\n"],
		["percent signs", "%A\n"],
		["line breaks", "\n"],
		["comments", "#\n"],
	] as [string, string, string?][])(
		"that is a megabyte of %s is refused before a tree is made",
		(_, piece, before = "") => {
			expect(parse(before + filled(piece).slice(before.length))).toMatchObject({
				failure: { code: "too_large", limit: RULE_FILE_TOKENS_MAX },
			});
		},
	);

	it.each([
		["brackets", "[".repeat(100_000), RULE_FILE_DEPTH_MAX + 1],
		["closed brackets", "[".repeat(50_000) + "]".repeat(50_000), RULE_FILE_DEPTH_MAX + 1],
		["braces", "{a: ".repeat(50_000), RULE_FILE_DEPTH_MAX * 4 + 1],
		["dashes", "- ".repeat(100_000), RULE_FILE_DEPTH_MAX * 2 + 1],
		["question marks", "? ".repeat(100_000), RULE_FILE_DEPTH_MAX * 2 + 1],
	])("of %s inside each other is refused before a tree is made", (_, text, column) => {
		expect(parse(`# deep\n${text}`)).toEqual(err(invalid(`line 2, column ${column}`, "nested too deeply")));
	});

	it("of lines that are indented ever more is refused where the stack ends, or for what it says", () => {
		const text = Array.from({ length: 1_400 }, (_, i) => `${" ".repeat(i)}a:`).join("\n");
		expect(parse(text)).toMatchObject({ failure: { code: "invalid" } });
	});

	it("with as many keys as fit in a map takes time that grows with them, not with their square", () => {
		const keys = Array.from({ length: 40_000 }, (_, i) => `a${i}: b`).join("\n");
		expect(parse(keys)).toMatchObject({ failure: { code: "invalid" } });
	});

	it("of any bytes is refused or read, and never throws", () => {
		const piece = fc.constantFrom(
			..."groups:|name: g|rules:|- |alert: A|expr: x|for: 5m|labels:|  |\n|\n  |&a |*a|[|]|{|}|,|: |'|\"|\\|!!x |--- |%|\t|? |~|<<: |>|#|😀|\u0000".split(
				"|",
			),
			"|",
		);
		fc.assert(
			fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
				const result = parse(pieces.join(""));
				if (!result.ok && result.failure.code === "invalid") expect(result.failure.issues.length).toBeGreaterThan(0);
			}),
			{ numRuns: 2_000 },
		);
	});
});
