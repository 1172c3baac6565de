/** What the templates in the labels and annotations of an alerting rule can speak of: `$labels`, `$value`, `.Labels`, ... */
import type { Labels } from "../model/labels.ts";
import { struct, type TemplateStruct, type TemplateValue, textMap } from "./value.ts";

export type RuleTemplateData = {
	readonly labels: Labels;
	/** The largest double stands for infinity, as in stored states (see alert/evaluation.ts). */
	readonly value: number;
	readonly externalLabels?: Labels;
	/** "" or left out: not known. */
	readonly externalUrl?: string;
	/** For `now`: when the rule was evaluated, Unix milliseconds. */
	readonly nowMs?: number;
};

/** The variables of rules, with their signs. */
export const RULE_VARIABLES: readonly string[] = ["$labels", "$externalLabels", "$externalURL", "$value"];

/** The dot of a rule's template. */
export function ruleDot({ labels, value, externalLabels, externalUrl }: RuleTemplateData): TemplateStruct {
	return struct("template.AlertTemplateData", {
		Labels: textMap(labels),
		ExternalLabels: textMap(externalLabels ?? {}),
		ExternalURL: externalUrl ?? "",
		Value: unstored(value),
	});
}

/** The variables of a rule's template: the fields of its dot. */
export function ruleVariables({ fields }: TemplateStruct): ReadonlyMap<string, TemplateValue> {
	return new Map([
		["$labels", fields.get("Labels") ?? null],
		["$externalLabels", fields.get("ExternalLabels") ?? null],
		["$externalURL", fields.get("ExternalURL") ?? null],
		["$value", fields.get("Value") ?? null],
	]);
}

function unstored(value: number): number {
	if (Math.abs(value) < Number.MAX_VALUE) return value;
	return value > 0 ? Number.POSITIVE_INFINITY : value < 0 ? Number.NEGATIVE_INFINITY : value;
}
