/** The rules that ship: valid here and for promtool, each with window, `for` and severity, no two for the same fact. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { expandAll } from "../../src/alert/annotate.ts";
import { parseRuleFile } from "../../src/alert/rule-file.ts";
import { SEVERITIES } from "../../src/model/channel.ts";
import type { Rule } from "../../src/model/rule.ts";
import { validate } from "../../src/promql/check.ts";

const FILE = resolve(import.meta.dirname, "../../src/alert/default-rules.yaml");
const parsed = parseRuleFile(readFileSync(FILE, "utf8"), validate);
const rules: readonly Rule[] = parsed.ok ? parsed.value.flatMap((group) => group.rules) : [];

function hasPromtool(): boolean {
	try {
		execFileSync("promtool", ["--version"], { stdio: "ignore" });
		return true;
	} catch {
		return false;
	}
}

describe("the default rules", () => {
	it("are a valid rule file, and every expression can be evaluated", () => {
		expect(parsed).toMatchObject({ ok: true });
	});

	it("are the alert table and the KPI table of the seed", () => {
		expect(rules.map(({ alert, forMs, labels }) => `${alert} ${forMs / 60_000}m ${labels["severity"]}`)).toEqual([
			"API_HIGH_ERROR_RATE 5m critical",
			"API_ELEVATED_ERROR_RATE 5m warning",
			"API_SLOW_RESPONSE 10m warning",
			"API_P95_OVER_TARGET 10m info",
			"API_P50_OVER_TARGET 10m info",
			"API_P99_OVER_TARGET 10m info",
			"DATABASE_CONNECTION_FAILURE 0m critical",
			"DATABASE_SLOW_QUERY 5m warning",
			"QUEUE_BACKLOG 2m warning",
			"QUEUE_HIGH_DELAY 5m warning",
			"WORKER_EXCEEDED_MEMORY 0m warning",
			"WORKER_EXCEEDED_CPU 0m warning",
			"NOTIFICATION_HIGH_FAILURE_RATE 5m critical",
		]);
		expect(new Set(rules.map(({ expr }) => expr)).size).toBe(rules.length);
	});

	it("state severity, threshold and both languages, and every template is one that is filled in", () => {
		for (const rule of rules) {
			expect(SEVERITIES).toContain(rule.labels["severity"]);
			expect(Object.keys(rule.annotations)).toEqual(
				expect.arrayContaining(["summary", "description", "summary_zh", "threshold"]),
			);
			expect(rule.annotations["summary_zh"]).toMatch(/\p{Script=Han}/u);
			const texts = Object.values(expandAll(rule.annotations, { labels: { queue: "q", script: "s" }, value: 0.07 }));
			expect(texts.join(" ")).not.toContain("{{");
		}
	});

	it("tell the details that the seed's handler told", () => {
		const rule = rules.find(({ alert }) => alert === "API_HIGH_ERROR_RATE");
		expect(expandAll(rule?.annotations ?? {}, { labels: {}, value: 0.0731 })).toMatchObject({
			errorRate: "0.0731",
			threshold: "0.05",
			summary: "API error rate is 7.31%",
		});
	});

	it("look at nothing that a Worker cannot see (defect 8: memory > 120 MB)", () => {
		for (const { expr } of rules) expect(expr).not.toMatch(/memory(?!")/i);
		expect(rules.filter(({ expr }) => expr.includes("worker_outcomes")).length).toBe(2);
	});

	it.skipIf(!hasPromtool())("are valid for promtool, and fire in Prometheus when they should", () => {
		const folder = mkdtempSync(join(tmpdir(), "perdure-rules-"));
		try {
			execFileSync("promtool", ["check", "rules", FILE], { stdio: "pipe" });
			const test = join(folder, "test.json");
			writeFileSync(test, JSON.stringify(promtoolTest()));
			execFileSync("promtool", ["test", "rules", test], { stdio: "pipe" });
		} finally {
			rmSync(folder, { recursive: true });
		}
	});
});

/** Counters at a steady pace, and which of the rules fire after 20 minutes. */
function promtoolTest(): unknown {
	const cases = [
		{ errors: 6, success: null, db: 0, firing: ["API_HIGH_ERROR_RATE", "NOTIFICATION_HIGH_FAILURE_RATE"] },
		{ errors: 3, success: 97, db: 1, firing: ["API_ELEVATED_ERROR_RATE", "DATABASE_CONNECTION_FAILURE"] },
		{ errors: 1, success: 94, db: 0, firing: ["NOTIFICATION_HIGH_FAILURE_RATE"] },
		{ errors: null, success: 95, db: null, firing: [] },
	];
	const counter = (name: string, perMinute: number | null) =>
		perMinute === null ? [] : [{ series: `${name}{environment="test"}`, values: `0+${perMinute}x30` }];
	return {
		rule_files: [FILE],
		evaluation_interval: "1m",
		tests: cases.map(({ errors, success, db, firing }) => ({
			interval: "1m",
			input_series: [
				...counter("api_requests", 100),
				...counter("api_errors", errors),
				...counter("notification_total", 100),
				...counter("notification_success", success),
				...counter("db_errors", db),
			],
			promql_expr_test: [
				{
					expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
					eval_time: "20m",
					exp_samples: firing.map((alertname) => ({ labels: `{alertname="${alertname}"}`, value: 1 })),
				},
			],
		})),
	};
}
