/** Rules and their alerts, read from the catalog and from the homes of the rules. */
import { err, ok, type Result } from "../lib/result.ts";
import type { ActiveAlert, RuleHealth } from "../model/alert.ts";
import type { Failure } from "../model/errors.ts";
import type { StoredRuleGroup } from "../model/rule.ts";
import { fanOut } from "../peers/fan-out.ts";
import { ask, catalogStub, metricStub, type ObjectEnv } from "../peers/stubs.ts";

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
