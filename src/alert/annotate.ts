/**
 * Fills in the templates of a rule's labels and annotations (the language stands in template/). A text that cannot be
 * expanded says so itself, as in Prometheus: nothing that is written in a rule stops its alert. Never grows past its bound.
 */
import { ANNOTATION_CHARS_MAX } from "../model/limits.ts";
import type { RuleTemplateData } from "../template/rule-data.ts";
import { expandRuleTemplate } from "../template/rule-template.ts";
import { cut } from "../template/writer.ts";

const OPEN = "{{";
const CUT = "…";

/** Expands a text; a label that is not there is empty. At most `charsMax` characters, cut with `…`. */
export function expand(text: string, data: RuleTemplateData, charsMax: number = ANNOTATION_CHARS_MAX): string {
	if (!text.includes(OPEN)) return short(text, charsMax);
	const expanded = expandRuleTemplate(text, data, charsMax);
	if (!expanded.ok) return short(`<error expanding template: ${expanded.failure}>`, charsMax);
	return expanded.value.isCut ? ending(expanded.value.text, charsMax) : expanded.value.text;
}

/** Expands the values of a record, names as they are. */
export function expandAll(
	texts: Readonly<Record<string, string>>,
	data: RuleTemplateData,
	charsMax: number = ANNOTATION_CHARS_MAX,
): Record<string, string> {
	return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, expand(text, data, charsMax)]));
}

function short(text: string, charsMax: number): string {
	return text.length <= charsMax ? text : ending(text, charsMax);
}

/** A text that goes on shows it by its last character. */
function ending(text: string, charsMax: number): string {
	return cut(text, charsMax - CUT.length) + CUT;
}
