/** A rule group as Prometheus writes it in a file, as data: what parseRuleFile reads back into the same group. */
import { formatDuration } from "../lib/duration.ts";
import type { Rule, RuleGroup } from "../model/rule.ts";
import { COOLDOWN_MS_DEFAULT } from "./rule-fields.ts";

/** One group for a rule file in JSON; what has its default is left out, but for `interval` and `for`. */
export function renderRuleGroup(group: RuleGroup): Record<string, unknown> {
	const limit = group.rules[0]?.limit;
	return {
		name: group.name,
		interval: formatDuration(group.intervalMs),
		...(limit === undefined ? {} : { limit }),
		rules: group.rules.map(renderRule),
	};
}

/** One rule of such a group, with its extensions back among the annotations. */
export function renderRule(rule: Rule): Record<string, unknown> {
	const extensions = {
		...(rule.cooldownMs === COOLDOWN_MS_DEFAULT ? {} : { perdure_cooldown: formatDuration(rule.cooldownMs) }),
		...(rule.noData === "ok" ? {} : { perdure_no_data: rule.noData }),
		...(rule.recover === null ? {} : { perdure_recover: rule.recover }),
	};
	return {
		alert: rule.alert,
		expr: rule.expr,
		for: formatDuration(rule.forMs),
		...(rule.keepFiringForMs === 0 ? {} : { keep_firing_for: formatDuration(rule.keepFiringForMs) }),
		labels: rule.labels,
		annotations: { ...rule.annotations, ...extensions },
	};
}
