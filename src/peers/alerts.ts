/** The alerts of all rules, asked from the homes of the rules. */

import { ok, type Result } from "../lib/result.ts";
import type { ActiveAlert } from "../model/alert.ts";
import type { Failure } from "../model/errors.ts";
import type { StoredRuleGroup } from "../model/rule.ts";
import { fanOut } from "./fan-out.ts";
import { ask, catalogStub, metricStub, type ObjectEnv } from "./stubs.ts";

export type AllAlerts = {
	readonly groups: readonly StoredRuleGroup[];
	readonly alerts: readonly ActiveAlert[];
	/** Homes that did not answer; their alerts are not in the list. */
	readonly missing: readonly string[];
};

/** All groups and what is pending or firing of them. */
export async function activeAlerts(env: ObjectEnv): Promise<Result<AllAlerts, Failure>> {
	const groups = await ask("catalog", () => catalogStub(env).groups());
	if (!groups.ok) return groups;
	const homes = [...new Set(groups.value.flatMap((group) => Object.values(group.homes)))];
	const answered = await fanOut(homes, (home) => metricStub(env, home).alerts());
	const alerts = answered.answers.flatMap((answer) => answer.value);
	return ok({ groups: groups.value, alerts, missing: answered.missing });
}
