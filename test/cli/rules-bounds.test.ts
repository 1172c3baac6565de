/** Where tests of rules end: texts, samples and evaluations beyond their bounds are refused with words. */
import { describe, expect, it } from "vitest";
import { readHistogram } from "../../src/cli/perdure-rules-histogram.ts";
import { readMetric } from "../../src/cli/perdure-rules-metric.ts";
import { parseTestFile, type TestGroup } from "../../src/cli/perdure-rules-test-file.ts";
import { runTest } from "../../src/cli/perdure-rules-test-run.ts";
import { readValues } from "../../src/cli/perdure-rules-values.ts";
import {
	MINUTE_MS,
	RULE_TEST_EVALUATIONS_MAX,
	RULE_TEST_FILE_BYTES_MAX,
	RULE_TEST_FILE_TOKENS_MAX,
	RULE_TEST_ISSUES_MAX,
	RULE_TEST_SAMPLES_MAX,
} from "../../src/model/limits.ts";

const OPTIONS = { evaluationIntervalMs: MINUTE_MS, fuzzyCompare: false };

function testOf(more: Partial<TestGroup>): TestGroup {
	return {
		name: "",
		intervalMs: MINUTE_MS,
		inputSeries: [],
		alertTests: [],
		exprTests: [],
		externalLabels: {},
		externalUrl: "",
		...more,
	};
}

describe("the bounds of tests of rules", () => {
	it("hold for the text, its tokens and its issues", () => {
		expect(parseTestFile(" ".repeat(RULE_TEST_FILE_BYTES_MAX + 1))).toMatchObject({
			failure: { code: "too_large", limit: RULE_TEST_FILE_BYTES_MAX },
		});
		expect(parseTestFile(`tests: [${"1,".repeat(RULE_TEST_FILE_TOKENS_MAX)}]`)).toMatchObject({
			failure: { code: "too_large", limit: RULE_TEST_FILE_TOKENS_MAX },
		});
		const wrong = Array.from({ length: RULE_TEST_ISSUES_MAX + 5 }, (_, i) => `wrong${i}: 1`).join("\n");
		const issues = parseTestFile(wrong);
		expect(issues).toMatchObject({ failure: { code: "invalid", issues: { length: RULE_TEST_ISSUES_MAX + 1 } } });
	});

	it("hold for one series, and for all of a test", async () => {
		expect(readValues(`1x${RULE_TEST_SAMPLES_MAX}`).ok).toBe(false);
		expect(readValues(`_x${RULE_TEST_SAMPLES_MAX + 1}`).ok).toBe(false);
		expect(readValues("1x999999999999999999999").ok).toBe(false);
		const half = `1x${RULE_TEST_SAMPLES_MAX / 2}`;
		const inputSeries = ["a", "b"].map((series) => ({ series, values: half }));
		expect(await runTest(testOf({ inputSeries }), [], OPTIONS)).toEqual([
			`    more than ${RULE_TEST_SAMPLES_MAX} samples in one test`,
		]);
	});

	it("hold for evaluations", async () => {
		const evalTimeMs = RULE_TEST_EVALUATIONS_MAX * MINUTE_MS;
		const [problem] = await runTest(testOf({ exprTests: [{ expr: "1", evalTimeMs, expected: [] }] }), [], OPTIONS);
		expect(problem).toContain(`the limit is ${RULE_TEST_EVALUATIONS_MAX}`);
	});
});

describe("a metric", () => {
	it.each([
		["up", { __name__: "up" }],
		["a:b{}", { __name__: "a:b" }],
		["{}", {}],
		[`up{a="b", c='d',}`, { __name__: "up", a: "b", c: "d" }],
		["{a=`b\\n`}", { a: "b\\n" }],
		['up{a="\\"\\n\\u00e4"}', { __name__: "up", a: '"\nä' }],
		['{"a.b", c="d"}', { __name__: "a.b", c: "d" }],
		['up{a=""}', { __name__: "up" }],
	])("is read: %s", (text, labels) => {
		expect(readMetric(text)).toEqual({ ok: true, value: labels });
	});

	it.each(["", "1", "up{", "up{a}", 'up{a!="b"}', 'up{a=~"b"}', 'up{a="b"} 1', 'up{a="b}', "up up", 'up{a="b" c="d"}'])(
		"is refused: %s",
		(text) => {
			expect(readMetric(text).ok).toBe(false);
		},
	);
});

describe("a histogram", () => {
	it("has the bins of its schema", () => {
		const read = readHistogram(
			"schema:1 sum:10 count:7 z_bucket:1 z_bucket_w:0.5 offset:1 buckets:[1 2] n_buckets:[3]",
		);
		if (!read.ok) throw new Error(read.failure);
		const { count, sum, lowers, uppers, counts } = read.value;
		const root = Math.SQRT2;
		expect({ count, sum, counts: [...counts] }).toEqual({ count: 7, sum: 10, counts: [3, 1, 1, 2] });
		const edges = [...lowers].map((lower, i) => [lower, uppers[i] as number]);
		const wanted = [
			[-1, -1 / root],
			[-0.5, 0.5],
			[1, root],
			[root, 2],
		];
		for (const [i, edge] of edges.entries()) {
			expect(edge[0]).toBeCloseTo(wanted[i]?.[0] as number, 12);
			expect(edge[1]).toBeCloseTo(wanted[i]?.[1] as number, 12);
		}
	});

	it("may have bounds of its own", () => {
		const read = readHistogram("schema:-53 sum:5 count:4 custom_values:[1 5] buckets:[1 2 1]");
		if (!read.ok) throw new Error(read.failure);
		expect([...read.value.lowers]).toEqual([Number.NEGATIVE_INFINITY, 1, 5]);
		expect([...read.value.uppers]).toEqual([1, 5, Number.POSITIVE_INFINITY]);
	});

	it.each(["schema:99", "colour:red", "sum", "buckets:[one]", `buckets:[${"1 ".repeat(2_000)}]`])(
		"is refused: %s",
		(text) => {
			expect(readHistogram(text).ok).toBe(false);
		},
	);
});
