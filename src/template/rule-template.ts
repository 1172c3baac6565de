/**
 * Templates in the labels and annotations of alerting rules. Checked when a rule file is stored, as Prometheus does;
 * expanded at every evaluation, with bounds that let one evaluation expand thousands.
 */
import { err, ok, type Result } from "../lib/result.ts";
import { RULE_TEMPLATE_STEPS_MAX } from "../model/limits.ts";
import { type Expanded, evaluate } from "./evaluate.ts";
import { RULE_LIBRARY } from "./libraries.ts";
import { ParseMemo } from "./parse-memo.ts";
import { RULE_VARIABLES, type RuleTemplateData, ruleDot, ruleVariables } from "./rule-data.ts";
import { Run } from "./run.ts";
import { type Place, placeOf, sentence } from "./source.ts";

const MEMO = new ParseMemo(RULE_LIBRARY);

/**
 * What is wrong with a text, and where in it, or null. Only what Prometheus would refuse too: a `query`, or a template that
 * is not defined, fails when it is expanded.
 */
export function checkRuleTemplate(text: string): ({ readonly reason: string } & Place) | null {
	const parsed = MEMO.parse(text, RULE_VARIABLES);
	return parsed.ok ? null : { reason: parsed.failure.reason, ...placeOf(text, parsed.failure.at) };
}

/** Expands a text up to so many characters. The failure is a sentence with its place. */
export function expandRuleTemplate(text: string, data: RuleTemplateData, charsMax: number): Result<Expanded, string> {
	const parsed = MEMO.parse(text, RULE_VARIABLES);
	if (!parsed.ok) return err(sentence({ name: null, text }, parsed.failure));
	const { main, defined } = parsed.value;
	const library = { functions: RULE_LIBRARY, template: (name: string) => defined.get(name) ?? null };
	const bounds = { stepsMax: RULE_TEMPLATE_STEPS_MAX, charsMax, cuts: true };
	const context = { nowMs: data.nowMs ?? null, externalUrl: data.externalUrl ?? "", html: false };
	const dot = ruleDot(data);
	const expanded = evaluate(new Run(main.source, library, bounds, context), main, dot, ruleVariables(dot));
	return expanded.ok ? ok(expanded.value) : expanded;
}
