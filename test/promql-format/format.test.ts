/** Expressions as Prometheus writes them: its own vectors, and that what is written means the same. */
import { describe, expect, it } from "vitest";
import { EXPRESSION_DEPTH_MAX } from "../../src/model/limits.ts";
import type { Expr } from "../../src/promql/ast.ts";
import { validate } from "../../src/promql/check.ts";
import { prettifyExpression, printExpression } from "../../src/promql/format.ts";
import { parse } from "../../src/promql/parse.ts";
import { chance, generate } from "../promql/generate.ts";
import { PRETTY, PRINTED } from "./vectors.ts";

function parsed(text: string): Expr {
	const expr = parse(text);
	if (!expr.ok) throw new Error(`${text}: ${expr.failure.reason}`);
	return expr.value;
}

const print = (text: string): string => printExpression(parsed(text), text);
const prettify = (text: string, columns?: number): string => prettifyExpression(parsed(text), text, columns);

describe("an expression on one line", () => {
	it.each(PRINTED)("%s", (text, expected) => {
		expect(print(text)).toBe(expected ?? text);
	});
});

describe("an expression over lines of ten columns", () => {
	it.each(PRETTY)("%s", (text, expected) => {
		expect(prettify(text, 10)).toBe(expected.join("\n"));
	});
});

describe("what is written", () => {
	const random = chance(7);
	const texts = Array.from({ length: 500 }, () => generate(random)).filter((text) => parse(text).ok);

	it("is written the same again, in either form", () => {
		for (const text of texts) {
			const printed = print(text);
			expect(print(printed), text).toBe(printed);
			expect(print(prettify(text, 20)), text).toBe(printed);
			expect(prettify(prettify(text)), text).toBe(prettify(text));
			expect(validate(printed).ok, text).toBe(validate(text).ok);
		}
	});

	it("counts bytes, as Prometheus does, and breaks at a hundred of them", () => {
		const selector = (value: string) => `(a{b="${value}"})`;
		const room = 100 - selector("").length;
		expect(prettify(selector("x".repeat(room)))).not.toContain("\n");
		expect(prettify(selector("x".repeat(room + 1)))).toContain("\n");
		expect(prettify(selector("ü".repeat(room / 2)))).not.toContain("\n");
		expect(prettify(selector("ü".repeat(room / 2 + 1)))).toContain("\n");
	});

	it("may be as deep as an expression can be", () => {
		const deep = `${"(".repeat(EXPRESSION_DEPTH_MAX - 1)}a${")".repeat(EXPRESSION_DEPTH_MAX - 1)}`;
		expect(prettify(deep).split("\n").length).toBeGreaterThan(EXPRESSION_DEPTH_MAX);
		expect(print(deep)).toBe(deep);
	});
});
