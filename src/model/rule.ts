/** A rule is a Prometheus alerting rule with three extensions, which stand in its annotations as `perdure_*`. */
import type { Labels } from "./labels.ts";

/** What a rule does when every selector of its expression comes back empty. */
export const NO_DATA_POLICIES = ["ok", "alert", "keep"] as const;
export type NoDataPolicy = (typeof NO_DATA_POLICIES)[number];

export type Rule = {
	/** `group/alert`, or `group/alert/2` for the second rule of that name: keeps its state when anything else changes. */
	readonly id: string;
	readonly group: string;
	readonly alert: string;
	readonly expr: string;
	readonly forMs: number;
	readonly keepFiringForMs: number;
	/** As written, without `alertname`. */
	readonly labels: Labels;
	/** As written, templates unexpanded, without the `perdure_*` extensions. */
	readonly annotations: Readonly<Record<string, string>>;
	/** `perdure_cooldown`: a new firing is told this long after the last one at the earliest. */
	readonly cooldownMs: number;
	/** `perdure_no_data`. */
	readonly noData: NoDataPolicy;
	/** `perdure_recover`: an expression whose result, matched by labels, ends the alert (hysteresis); null: none. */
	readonly recover: string | null;
	/** `limit` of its group: an evaluation with more label sets than this fails. Left out: only ALERTS_PER_RULE_MAX holds. */
	readonly limit?: number;
};

export type RuleGroup = {
	readonly name: string;
	readonly intervalMs: number;
	readonly rules: readonly Rule[];
};

/** A stored group: `version` grows with each change, `homes` says which object keeps the state of each rule id. */
export type StoredRuleGroup = RuleGroup & {
	readonly version: number;
	readonly updatedMs: number;
	readonly homes: Readonly<Record<string, string>>;
	/** The text that was stored, so that it can be given back as it came. */
	readonly source: string;
};

/** The home of a rule that names no metric: an object of its own. */
export function ownHome(ruleId: string): string {
	return `perdure.rule.${ruleId}`;
}
