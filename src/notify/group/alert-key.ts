/** What tells two alerts apart, in 16 hex digits: the labels, and for Perdure's own the rule too. Pure. */
import { fingerprint } from "../../model/fingerprint.ts";
import type { Labels } from "../../model/labels.ts";

/** Stands for the rule among the labels of our own alerts; an alert of another sender that has it is refused. */
export const RULE_LABEL = "__rule__";

/** Two rules may give the same labels; senders outside know labels only. */
export function alertKey(labels: Labels, ruleId: string | null): string {
	return fingerprint(ruleId === null ? labels : { ...labels, [RULE_LABEL]: ruleId });
}
