import { describe, expect, it } from "vitest";
import {
	ANNOTATIONS_MAX,
	CLOCK_EVERY_SAMPLES,
	EXPRESSION_CHARS_MAX,
	EXPRESSION_DEPTH_MAX,
	MATCHERS_MAX,
	MISSING_NAME_CHARS_MAX,
	MISSING_NAMED_MAX,
	POINTS_HELD_MAX,
	REGEX_CHARS_MAX,
	SAMPLES_PER_QUERY_MAX,
	SAMPLES_VISITED_MAX,
	SELECTORS_PER_EXPRESSION_MAX,
} from "../../src/model/limits.ts";
import { Budget } from "../../src/promql/budget.ts";
import { validate } from "../../src/promql/check.ts";
import { Notes } from "../../src/promql/context.ts";
import { evaluateInstant, evaluateRange } from "../../src/promql/evaluate.ts";
import { failureText } from "../../src/promql/failure.ts";
import type { Querier } from "../../src/promql/querier.ts";
import { MemoryQuerier, readSeriesLine } from "./memory-querier.ts";

function complaint(text: string): string {
	const result = validate(text);
	return result.ok ? "accepted" : failureText(result.failure);
}

function querierOf(...lines: string[]): MemoryQuerier {
	const querier = new MemoryQuerier();
	for (const line of lines) querier.series.push(readSeriesLine(line, 60_000));
	return querier;
}

describe("hostile expressions", () => {
	const deep = `nested too deeply: more than ${EXPRESSION_DEPTH_MAX} levels`;
	it.each([
		["10,000 parentheses that close", `${"(".repeat(9_999)}1${")".repeat(9_999)}`, deep],
		["10,000 parentheses that do not", "(".repeat(10_000), deep],
		["10,000 signs", `${"-".repeat(10_000)}1`, deep],
		["5,000 operators in a row", `1${"+1".repeat(5_000)}`, deep],
		["5,000 powers in a row", `1${"^1".repeat(5_000)}`, deep],
		["2,000 calls in one another", `${"abs(".repeat(2_000)}x${")".repeat(2_000)}`, deep],
		["10,000 opening braces", "{".repeat(10_000), 'unexpected "{" in label matching'],
		["10,000 opening brackets", `x${"[".repeat(10_000)}`, 'unexpected "["'],
		["1,000 subqueries behind one another", `x${"[1m:]".repeat(1_000)}`, "subquery is only allowed on instant vector"],
		["text of 1 MB", "x".repeat(1_000_000), `expression of 1000000 characters; the limit is ${EXPRESSION_CHARS_MAX}`],
		["a string that never ends", `"${"a".repeat(10_000)}`, "unterminated quoted string"],
		["quotes and backslashes", `"${"\\".repeat(9_999)}`, "unterminated quoted string"],
		["a lone surrogate", "x{a=\ud800}", "unexpected character"],
		["a null byte", "x\u0000", "unexpected character"],
		["a long pattern", `x{a=~"${"b".repeat(REGEX_CHARS_MAX + 1)}"}`, `the limit is ${REGEX_CHARS_MAX}`],
		["repeats of repeats", 'x{a=~"((a{100}){100}){100}"}', "invalid repeat count"],
		["many matchers", `x{${'a="b",'.repeat(MATCHERS_MAX)}}`, `more than ${MATCHERS_MAX - 1} matchers`],
		["many labels to group by", `sum by (${"a,".repeat(MATCHERS_MAX + 1)}) (x)`, `more than ${MATCHERS_MAX} labels`],
		["many arguments", `label_join(x, "a", "b"${', "c"'.repeat(100)})`, "more than 64 arguments"],
		["many selectors", `x${"+x".repeat(SELECTORS_PER_EXPRESSION_MAX)}`, `the limit is ${SELECTORS_PER_EXPRESSION_MAX}`],
	])("%s are refused with a reason", (_, text, reason) => {
		const started = performance.now();
		expect(complaint(text)).toContain(reason);
		expect(performance.now() - started).toBeLessThan(5_000);
	});

	it("are still read just below the bounds", () => {
		const levels = EXPRESSION_DEPTH_MAX - 5;
		expect(complaint(`${"(".repeat(levels)}1${")".repeat(levels)}`)).toBe("accepted");
		expect(complaint(`1${"+1".repeat(levels)}`)).toBe("accepted");
		expect(complaint(`x${"+x".repeat(SELECTORS_PER_EXPRESSION_MAX - 1)}`)).toBe("accepted");
		expect(complaint(`x #${"x".repeat(EXPRESSION_CHARS_MAX - 3)}`)).toBe("accepted");
	});

	it("evaluate as deep as they may be read", async () => {
		const levels = EXPRESSION_DEPTH_MAX - 5;
		const result = await evaluateInstant(`${"-".repeat(levels)}1`, querierOf(), { timeMs: 0 });
		expect(result.ok && result.value.value).toMatchObject({ kind: "scalar", value: levels % 2 === 0 ? 1 : -1 });
	});

	it("that ask for too many points are refused in Prometheus' words", async () => {
		const tooMany = "query processing would load too many samples into memory in query execution";
		const querier = querierOf("x 1x10");
		for (const text of [
			"sum_over_time(x[10y:1ms])",
			"max_over_time((x + x)[1y:1s])",
			"absent_over_time(x[200y:1ms])",
		]) {
			const started = performance.now();
			const result = await evaluateInstant(text, querier, { timeMs: 600_000 });
			expect(result).toEqual({ ok: false, failure: { code: "execution", reason: tooMany } });
			expect(performance.now() - started).toBeLessThan(5_000);
		}
	});

	it("find their bound on samples loaded, on samples visited and on points held", () => {
		const loading = new Budget();
		expect([loading.load(SAMPLES_PER_QUERY_MAX), loading.load(1)]).toEqual([true, false]);
		const budget = new Budget();
		expect([budget.visit(SAMPLES_VISITED_MAX), budget.visit(1)]).toEqual([true, false]);
		expect(budget.hold(POINTS_HELD_MAX)).toBe(true);
		expect(budget.hold(1)).toBe(false);
		budget.release(2);
		expect(budget.hold(1)).toBe(true);
	});

	it("give back what they no longer hold", { timeout: 30_000 }, async () => {
		// 240,400 points a node, and more than twenty nodes: above the bound if nothing were given back.
		const querier = new MemoryQuerier();
		for (let i = 0; i < 400; i++) querier.series.push(readSeriesLine(`x{i="${i}"} 1x10`, 60_000));
		const text = `abs(x)${" + abs(x)".repeat(8)} + sum_over_time((x > 0)[10m:1m]) and topk(3, x) or -x unless count_values("v", x)`;
		const result = await evaluateRange(text, querier, { startMs: 0, endMs: 600_000, stepMs: 1_000 });
		expect(result.ok).toBe(true);
		expect(20 * 400 * 601).toBeGreaterThan(POINTS_HELD_MAX);
	});

	it("that look for an absurd topk or group by prototypes harm nothing", async () => {
		const querier = querierOf('x{a="1"} 1x10', 'x{a="2"} 2x10');
		const top = await evaluateInstant("topk(1000000000000, x)", querier, { timeMs: 60_000 });
		expect(top.ok && top.value.value.kind === "vector" && top.value.value.samples.length).toBe(2);
		const grouped = await evaluateInstant("sum by (constructor, __proto__, toString) (x)", querier, { timeMs: 60_000 });
		expect(grouped.ok && grouped.value.value).toMatchObject({ samples: [{ labels: {}, value: 3 }] });
		const set = await evaluateInstant('label_replace(x, "__proto__", "evil", "a", ".*")', querier, { timeMs: 60_000 });
		expect(
			set.ok && set.value.value.kind === "vector" && Object.keys(set.value.value.samples[0]?.labels ?? {}),
		).toContain("__proto__");
		expect(({} as Record<string, unknown>)["evil"]).toBeUndefined();
	});

	it("with times that are no times are refused", async () => {
		for (const timeMs of [Number.NaN, Number.POSITIVE_INFINITY, 0.5]) {
			expect((await evaluateInstant("x", querierOf(), { timeMs })).ok).toBe(false);
		}
		expect((await evaluateInstant("x", querierOf(), { timeMs: 0, lookbackMs: 0 })).ok).toBe(false);
		expect((await evaluateRange("x", querierOf(), { startMs: 0, endMs: 1e300, stepMs: 1 })).ok).toBe(false);
	});

	it("never make an exception of a querier that throws", async () => {
		const broken: Querier = { select: () => Promise.reject(new Error("no stub")) };
		const result = await evaluateInstant("x", broken, { timeMs: 0 });
		expect(result).toEqual({
			ok: false,
			failure: { code: "storage", reason: "the series could not be read: no stub" },
		});
	});

	it("end at their deadline, in Prometheus' words and with a code of their own", async () => {
		const timeout = { ok: false, failure: { code: "timeout", reason: "query timed out in expression evaluation" } };
		const querier = new MemoryQuerier();
		for (let i = 0; i < 50; i++) querier.series.push(readSeriesLine(`x{i="${i}"} 1+1x100`, 60_000));
		/** A clock that is a millisecond further at every look. */
		const clock = () => {
			let looks = 0;
			return { now: () => looks++, looks: () => looks };
		};
		const ask = (atMs: number, { now }: { readonly now: () => number }) =>
			evaluateRange("sum(stddev_over_time(x[1h])) + 1", querier, {
				...{ startMs: 0, endMs: 6_000_000, stepMs: 10_000 },
				deadline: { atMs, now },
			});
		const free = clock();
		expect((await ask(1e9, free)).ok).toBe(true);
		// Not at every sample, which would cost more than the samples; within the windows of one function all the same.
		expect(free.looks()).toBeLessThan(1_000);
		expect(free.looks()).toBeGreaterThan((50 * 600 * 30) / CLOCK_EVERY_SAMPLES);
		for (const atMs of [0, 3, 20]) {
			const late = clock();
			expect(await ask(atMs, late)).toEqual(timeout);
			expect(late.looks()).toBe(atMs + 1);
		}
	});

	it("name what did not answer in one warning, which does not grow", async () => {
		const lost = Array.from({ length: 1_000 }, (_, i) => `m${i}${"x".repeat(10_000)}`);
		const querier: Querier = { select: () => Promise.resolve([]), missing: () => lost };
		const result = await evaluateInstant("x", querier, { timeMs: 0 });
		const [warning = ""] = result.ok ? result.value.warnings : [];
		expect(warning).toMatch(/^partial data: no answer from m0x.*, m1x.* and 990 more$/);
		expect(warning.length).toBeLessThan(MISSING_NAMED_MAX * (MISSING_NAME_CHARS_MAX + 2) + 60);
		const one: Querier = { select: () => Promise.resolve([]), missing: () => ["api.errors#2"] };
		const few = await evaluateInstant("x", one, { timeMs: 0 });
		expect(few.ok && few.value.warnings).toEqual(["partial data: no answer from api.errors#2"]);
	});

	it("leave a bounded number of warnings", () => {
		const notes = new Notes(null);
		for (let i = 0; i < 100; i++) notes.warn({ from: 0, to: 1 }, `warning ${i}`);
		expect(notes.warnings.size).toBe(ANNOTATIONS_MAX);
	});
});
