/**
 * Templates against what Prometheus and Alertmanager themselves make of them. The answers were recorded once
 * (record-answers.ts); where the programs are installed, they are asked again.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DEFAULT_TEMPLATES } from "../../src/template/default-templates.ts";
import { notificationData } from "../../src/template/notification-data.ts";
import { checkRuleTemplate, expandRuleTemplate } from "../../src/template/rule-template.ts";
import { TemplateSet } from "../../src/template/template-set.ts";
import { HTML_CASES, MESSAGES, messageJson, NOTIFICATION_CASES } from "./notification-cases.ts";
import { askAmtool, askPromtool, missing, type RuleAnswer } from "./oracles.ts";
import { RULE_CASES, RULE_DATA } from "./rule-cases.ts";

type Answers = { readonly text: string; readonly answers: readonly (string | null)[] };
type Recorded = {
	readonly rules: readonly { readonly text: string; readonly answers: RuleAnswer }[];
	readonly notifications: readonly Answers[];
	readonly html: readonly Answers[];
};

const recorded = JSON.parse(readFileSync(join(import.meta.dirname, "answers.json"), "utf8")) as Recorded;
const set = TemplateSet.empty.with(DEFAULT_TEMPLATES);
if (!set.ok) throw new Error(set.failure);

/** What ours makes of a rule's text, in the form of an answer. */
function ruleAnswer(text: string): RuleAnswer {
	if (checkRuleTemplate(text) !== null) return "refused";
	return RULE_DATA.map((data) => {
		const expanded = expandRuleTemplate(text, data, 100_000);
		return expanded.ok ? expanded.value.text : null;
	});
}

function notificationAnswers(text: string, html: boolean): readonly (string | null)[] {
	return MESSAGES.map((message) => {
		const expanded = set.ok ? set.value.expand(text, notificationData(message), { html }) : set;
		return expanded.ok ? expanded.value : null;
	});
}

describe("a rule's template", () => {
	it("is recorded for every case", () => {
		expect(recorded.rules.map(({ text }) => text)).toEqual(RULE_CASES);
	});

	it.each(recorded.rules)("reads as in Prometheus: $text", ({ text, answers }) => {
		expect(ruleAnswer(text)).toEqual(answers);
	});
});

describe("a notification's template", () => {
	it("is recorded for every case", () => {
		expect(recorded.notifications.map(({ text }) => text)).toEqual(NOTIFICATION_CASES);
		expect(recorded.html.map(({ text }) => text)).toEqual(HTML_CASES);
	});

	it.each(recorded.notifications)("reads as in Alertmanager: $text", ({ text, answers }) => {
		expect(notificationAnswers(text, false)).toEqual(answers);
	});

	it.each(recorded.html)("reads as in Alertmanager's HTML: $text", ({ text, answers }) => {
		expect(notificationAnswers(text, true)).toEqual(answers);
	});
});

describe("the recorded answers", () => {
	it.skipIf(missing("promtool") !== null)("are those of promtool", { timeout: 60_000 }, () => {
		const answers = askPromtool(RULE_CASES, RULE_DATA);
		expect(RULE_CASES.map((text, i) => ({ text, answers: answers[i] }))).toEqual(recorded.rules);
	});

	it.skipIf(missing("amtool") !== null)("are those of amtool, every fifth of them", { timeout: 60_000 }, () => {
		const again = (cases: readonly Answers[], type: "text" | "html") => {
			const some = cases.filter((_, i) => i % 5 === 0);
			const ask = ({ text }: Answers) => MESSAGES.map((message) => askAmtool(text, messageJson(message), type));
			expect(some.map((one) => ({ text: one.text, answers: ask(one) }))).toEqual(some);
		};
		again(recorded.notifications, "text");
		again(recorded.html, "html");
	});
});
