/** Asks Debian's promtool what an expression is worth: its unit tests print what they got when the expectation is wrong. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Labels } from "../../src/model/labels.ts";
import type { SeriesData } from "../../src/promql/series-data.ts";
import { readLabels, readNumber, writeSeries } from "./memory-querier.ts";

/** `timeMs` where samples of several times are compared. */
export type Sample = { readonly labels: Labels; readonly value: number; readonly timeMs?: number };
export type Verdict =
	| { readonly kind: "samples"; readonly samples: readonly Sample[] }
	| { readonly kind: "error"; readonly text: string };

/** Why promtool cannot be asked, or null. */
export function promtoolMissing(): string | null {
	const found = spawnSync("promtool", ["--version"], { encoding: "utf8" });
	return found.status === 0 ? null : "promtool is not installed (Debian package prometheus): its comparison is skipped";
}

/** The verdict on each expression, all at one time, over series with a sample every `stepMs`. */
export function askPromtool(
	series: readonly SeriesData[],
	stepMs: number,
	timeMs: number,
	expressions: readonly string[],
): Verdict[] {
	const test = {
		interval: `${stepMs}ms`,
		input_series: series.map((one) => writeSeries(one, stepMs)),
		promql_expr_test: expressions.map((expr) => ({
			expr,
			eval_time: `${timeMs}ms`,
			exp_samples: [{ labels: '{never_there="1"}', value: 0 }],
		})),
	};
	// JSON is YAML.
	const cases = JSON.stringify({ rule_files: [], evaluation_interval: "1m", tests: [test] });
	const { stdout, stderr } = testRules(cases);
	const blocks = `${stdout}${stderr}`.split(/\n {4}expr: /).slice(1);
	if (blocks.length !== expressions.length) {
		throw new Error(`promtool answered ${blocks.length} of ${expressions.length}: ${stderr.slice(0, 2_000)}`);
	}
	return blocks.map(readVerdict);
}

function testRules(cases: string): { readonly stdout: string; readonly stderr: string } {
	const folder = mkdtempSync(join(tmpdir(), "promtool-"));
	try {
		const file = join(folder, "cases.json");
		writeFileSync(file, cases);
		return spawnSync("promtool", ["test", "rules", file], { encoding: "utf8", maxBuffer: 1 << 28 });
	} finally {
		rmSync(folder, { recursive: true });
	}
}

function readVerdict(block: string): Verdict {
	const got = /\n\s+got: ([\s\S]*)$/.exec(block);
	if (got === null) return { kind: "error", text: (/err: ([\s\S]*)$/.exec(block)?.[1] ?? block).trim() };
	const text = (got[1] as string).trim();
	if (text === "nil") return { kind: "samples", samples: [] };
	const samples = [
		...text.matchAll(/(\w*)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})? ([+-]?(?:[\d.]+(?:E[+-]\d+)?|Inf|NaN))(?:, |$)/g),
	];
	return {
		kind: "samples",
		samples: samples.map(([, name, labels, value]) => ({
			labels: { ...readLabels(labels ?? ""), ...(name ? { __name__: name } : {}) },
			value: readNumber(value as string),
		})),
	};
}
