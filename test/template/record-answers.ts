/** Run by hand with node: asks the oracles about all cases and keeps their answers in answers.json beside this file. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { HTML_CASES, MESSAGES, messageJson, NOTIFICATION_CASES } from "./notification-cases.ts";
import { askAmtool, askPromtool } from "./oracles.ts";
import { RULE_CASES, RULE_DATA } from "./rule-cases.ts";

const ruleAnswers = askPromtool(RULE_CASES, RULE_DATA);
const amtool = (type: "text" | "html") => (text: string) => ({
	text,
	answers: MESSAGES.map((message) => askAmtool(text, messageJson(message), type)),
});
const recorded = {
	rules: RULE_CASES.map((text, i) => ({ text, answers: ruleAnswers[i] })),
	notifications: NOTIFICATION_CASES.map(amtool("text")),
	html: HTML_CASES.map(amtool("html")),
};
writeFileSync(join(import.meta.dirname, "answers.json"), `${JSON.stringify(recorded, null, "\t")}\n`);
