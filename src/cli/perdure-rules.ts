/** `perdure rules check` and `perdure rules test`, as promtool has them, and `perdure rules backtest`. */
import { ok } from "../lib/result.ts";
import type { Command } from "./perdure-command.ts";
import { BACKTEST_COMMAND } from "./perdure-rules-backtest.ts";
import { checkRuleFile } from "./perdure-rules-check.ts";
import { testRuleFile } from "./perdure-rules-test.ts";
import { clean } from "./perdure-table.ts";

const FILES_MAX = 1_000;

export const RULE_COMMANDS: readonly Command[] = [
	{
		words: "rules check",
		operands: "FILE...",
		operandsMin: 1,
		operandsMax: FILES_MAX,
		about: "whether rule files are right: promtool's verdicts, with the place of what is wrong",
		help: `  FILE    rule files, as Prometheus reads them

A rule of one name with the same labels twice is a warning.`,
		options: {},
		run: async ({ operands }) => {
			const files = operands.map(checkRuleFile);
			const text = files.map(({ file, rules, errors, warnings }) => {
				const verdict = errors.length === 0 ? [`  SUCCESS: ${rules} rules found`] : ["  FAILED:"];
				const lines = [...errors.map(indented), ...warnings.map((warning) => `  WARNING: ${clean(warning)}`)];
				return `Checking ${file}\n${[...verdict, ...lines].join("\n")}\n`;
			});
			return ok({ body: { files }, text: `${text.join("\n")}`, isBad: files.some(({ errors }) => errors.length > 0) });
		},
	},
	{
		words: "rules test",
		operands: "FILE...",
		operandsMin: 1,
		operandsMax: FILES_MAX,
		about: "runs tests of rules in the format of promtool, without any server",
		help: `  FILE    files of tests: rule_files, evaluation_interval, tests with input_series, alert_rule_test, promql_expr_test`,
		options: {},
		run: async ({ operands }) => {
			const files = [];
			for (const file of operands) files.push(await testRuleFile(file));
			const text = files.map(({ file, problems, warnings }) => {
				const lines = warnings.map((warning) => `  WARNING: ${clean(warning)}`);
				const verdict = problems.length === 0 ? ["  SUCCESS"] : ["  FAILED:", ...problems];
				return `Unit Testing:  ${file}\n${[...lines, ...verdict].join("\n")}\n`;
			});
			return ok({ body: { files }, text: text.join("\n"), isBad: files.some(({ problems }) => problems.length > 0) });
		},
	},
	BACKTEST_COMMAND,
];

function indented(text: string): string {
	return `    ${clean(text)}`;
}
