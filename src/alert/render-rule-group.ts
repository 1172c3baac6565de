/** A rule group as Prometheus writes it in a file, as data: what parseRuleFile reads back into the same group. */
import { formatDuration } from "../lib/duration.ts";
import { isRecording, type RecordingRule, type Rule, type RuleGroup, rulesInOrder } from "../model/rule.ts";
import { COOLDOWN_MS_DEFAULT } from "./rule-fields.ts";

/** One group for a rule file in JSON; what has its default is left out, but for `interval` and `for`. */
export function renderRuleGroup(group: RuleGroup): Record<string, unknown> {
	const rules = rulesInOrder(group);
	const { limit, queryOffsetMs } = rules[0] ?? {};
	return {
		name: group.name,
		interval: formatDuration(group.intervalMs),
		...(limit === undefined ? {} : { limit }),
		...(queryOffsetMs === undefined ? {} : { query_offset: formatDuration(queryOffsetMs) }),
		rules: rules.map((rule) => (isRecording(rule) ? renderRecording(rule) : renderRule(rule))),
	};
}

function renderRecording({ record, expr, labels }: RecordingRule): Record<string, unknown> {
	return { record, expr, labels };
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
