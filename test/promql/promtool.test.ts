import { describe, expect, it } from "vitest";
import { labelsKey } from "../../src/model/labels.ts";
import { evaluateInstant } from "../../src/promql/evaluate.ts";
import { chance, generate } from "./generate.ts";
import { MemoryQuerier, readSeriesLine } from "./memory-querier.ts";
import { askPromtool, promtoolMissing, type Verdict } from "./promtool.ts";
import { alike, forVersionTwo, ruleOf } from "./version-two.ts";

const STEP_MS = 30_000;
/** A second off the samples' times: Prometheus 2.42 closes its windows to the left, 3 opens them. */
const TIME_MS = 1_501_000;
const EXPRESSIONS = 3_000;
const SERIES = `
	requests{job="api",instance="0",group="production"} 0+10x50
	requests{job="api",instance="1",group="production"} 0+20x30 0+5x19
	requests{job="api",instance="0",group="canary"} 100+30x50
	requests{job="app",instance="0",group="production"} 7 9 12 _ _ 20 25 30 stale _ _ 40 41 42 1 2 3 4 5 6 7 8 9 10x20
	requests{job="app",instance="1",group="canary"} 5+50.5x50
	gauge{job="api",instance="0"} 3 1 4 1 5 9 2 6 5 3 5 8 9 7 9 3 2 3 8 4 6 2 6 4 3 3 8 3 2 7 9 5 0 2 8 8 4 1 9 7 1 6 9 3 9 9 3 7 5 1
	gauge{job="api",instance="1"} -3 NaN 4 -1 Inf 9 2 6 5 3 5 8 9 7 NaN 3 2 3 8 4 6 2 6 4 3 3 8 3 2 7 9 5 0 2 8 8 4 1 9 7 1 6 9 3 NaN 9 3 7 5 -4
	gauge{job="app",instance="0"} 1e6+0x50
	gauge{job="app",instance="1"} -5+0.1x50
	info{job="api",version="1"} 1x50
	info{job="app",version="2"} 1x50
	latency_bucket{job="a",le="0.1"} 0+1x50
	latency_bucket{job="a",le="0.5"} 0+4x50
	latency_bucket{job="a",le="1"} 0+8x50
	latency_bucket{job="a",le="+Inf"} 0+10x50
	latency_bucket{job="b",le="0.1"} 0+0x50
	latency_bucket{job="b",le="+Inf"} 0+3x50
	dup{a="1",b="x"} 1x50
	dup{a="1",b="y"} 2x50
	dup{a="2",b="x"} 3x50
	gone{a="1"} 1x20 stale
`;

const missing = promtoolMissing();
if (missing !== null) console.info(missing);

describe.skipIf(missing !== null)("the evaluator beside Prometheus 2.42", () => {
	it(`answers ${EXPRESSIONS} expressions made by chance alike`, { timeout: 120_000 }, async () => {
		const querier = new MemoryQuerier();
		for (const line of SERIES.trim().split("\n")) querier.series.push(readSeriesLine(line, STEP_MS));
		const random = chance(20_261_121);
		const expressions = Array.from({ length: EXPRESSIONS }, () => generate(random));
		const verdicts = askPromtool(querier.series, STEP_MS, TIME_MS, expressions.map(forVersionTwo));
		const differences: string[] = [];
		let failures = 0;
		let samples = 0;
		for (const [i, expression] of expressions.entries()) {
			const theirs = verdicts[i] as Verdict;
			const ours = await ask(querier, expression);
			if (theirs.kind === "error") failures++;
			else samples += theirs.samples.length;
			if (!alike(ours, theirs) && ruleOf(expression, ours, theirs) === null)
				differences.push(`${expression}\n${show(ours)}\n${show(theirs)}`);
		}
		expect(differences).toEqual([]);
		// The comparison is worth something: most are answered, with series in them.
		expect(failures).toBeLessThan(EXPRESSIONS / 3);
		expect(samples).toBeGreaterThan(EXPRESSIONS);
	});
});

async function ask(querier: MemoryQuerier, expression: string): Promise<Verdict> {
	const result = await evaluateInstant(expression, querier, { timeMs: TIME_MS });
	if (!result.ok) return { kind: "error", text: result.failure.reason };
	const { value } = result.value;
	if (value.kind === "vector") {
		return { kind: "samples", samples: value.samples.map(({ labels, value: one }) => ({ labels, value: one })) };
	}
	return { kind: "samples", samples: value.kind === "scalar" ? [{ labels: {}, value: value.value }] : [] };
}

function show(verdict: Verdict): string {
	if (verdict.kind === "error") return `  error: ${verdict.text}`;
	return `  ${verdict.samples
		.map(({ labels, value }) => `${labelsKey(labels)} ${value}`)
		.sort()
		.join("  ")}`;
}
