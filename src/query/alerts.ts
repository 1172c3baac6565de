/** Rules and their alerts as Prometheus' API shows them, read from the catalog and from the homes of the rules. */
import { err, ok, type Result } from "../lib/result.ts";
import type { ActiveAlert, RuleHealth } from "../model/alert.ts";
import type { Failure } from "../model/errors.ts";
import type { Rule, StoredRuleGroup } from "../model/rule.ts";
import { fanOut } from "../peers/fan-out.ts";
import { ask, catalogStub, metricStub, type ObjectEnv } from "../peers/stubs.ts";
import { formatValue } from "../promql/format-value.ts";

export type RuleState = {
	readonly groups: readonly StoredRuleGroup[];
	readonly health: readonly RuleHealth[];
	readonly alerts: readonly ActiveAlert[];
	/** Homes that did not answer: their alerts are not in the answer. */
	readonly missing: readonly string[];
};

/** All rules with their health and their active alerts. */
export async function ruleState(env: ObjectEnv): Promise<Result<RuleState, Failure>> {
	const answers = await Promise.all([
		ask("catalog", () => catalogStub(env).groups()),
		ask("catalog", () => catalogStub(env).health()),
	]);
	const [groups, health] = answers;
	if (!groups.ok) return err(groups.failure);
	if (!health.ok) return err(health.failure);
	const homes = new Set(groups.value.flatMap((group) => Object.values(group.homes)));
	const { answers: found, missing } = await fanOut([...homes], (home) => metricStub(env, home).alerts());
	const known = new Set(groups.value.flatMap((group) => group.rules.map((rule) => rule.id)));
	const alerts = found.flatMap(({ value }) => value).filter((alert) => known.has(alert.ruleId));
	return ok({ groups: groups.value, health: health.value, alerts, missing });
}

/** `data` of `GET /api/v1/rules` (Prometheus 3, HTTP API). */
export function rulesData({ groups, health, alerts }: RuleState): unknown {
	const healthOf = new Map(health.map((one) => [one.ruleId, one]));
	const alertsOf = new Map<string, ActiveAlert[]>();
	for (const alert of alerts) alertsOf.set(alert.ruleId, [...(alertsOf.get(alert.ruleId) ?? []), alert]);
	return {
		groups: groups.map((group) => {
			const rules = group.rules.map((rule) => ruleBody(rule, healthOf.get(rule.id), alertsOf.get(rule.id) ?? []));
			return {
				name: group.name,
				file: "perdure",
				interval: group.intervalMs / 1_000,
				limit: 0,
				rules,
				evaluationTime: rules.reduce((sum, rule) => sum + rule.evaluationTime, 0),
				lastEvaluation:
					rules
						.map((rule) => rule.lastEvaluation)
						.sort()
						.at(-1) ?? NEVER,
			};
		}),
	};
}

/** `data` of `GET /api/v1/alerts`. */
export function alertsData({ alerts }: RuleState): unknown {
	return { alerts: alerts.map(alertBody) };
}

const NEVER = "0001-01-01T00:00:00Z";

function ruleBody(rule: Rule, health: RuleHealth | undefined, alerts: readonly ActiveAlert[]) {
	const firing = alerts.some((alert) => alert.state === "firing");
	return {
		state: firing ? "firing" : alerts.length > 0 ? "pending" : "inactive",
		name: rule.alert,
		query: rule.expr,
		duration: rule.forMs / 1_000,
		keepFiringFor: rule.keepFiringForMs / 1_000,
		labels: rule.labels,
		annotations: rule.annotations,
		alerts: alerts.map(alertBody),
		health: health?.health ?? "unknown",
		...(health?.lastError == null ? {} : { lastError: health.lastError }),
		evaluationTime: (health?.evaluationMs ?? 0) / 1_000,
		lastEvaluation:
			health === undefined || health.lastEvaluationMs === 0 ? NEVER : new Date(health.lastEvaluationMs).toISOString(),
		type: "alerting",
	};
}

function alertBody(alert: ActiveAlert) {
	return {
		labels: alert.labels,
		annotations: alert.annotations,
		state: alert.state,
		activeAt: new Date(alert.activeAtMs).toISOString(),
		value: formatValue(alert.value),
	};
}
