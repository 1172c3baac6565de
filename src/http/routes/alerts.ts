/** Rules and alerts in Prometheus' JSON shape. */
import { alertsData, type RuleState, ruleState, rulesData } from "../../query/alerts.ts";
import { json, problem } from "../reply.ts";
import type { Call, Route } from "../route.ts";

export const ALERT_ROUTES: readonly Route[] = [
	{
		method: "GET",
		path: "/api/v1/rules",
		access: "observe",
		about: "rules, as Prometheus shows them",
		answer: (call) => show(call, rulesData),
	},
	{
		method: "GET",
		path: "/api/v1/alerts",
		access: "observe",
		about: "active alerts, as Prometheus shows them",
		answer: (call) => show(call, alertsData),
	},
];

async function show({ env }: Call, data: (state: RuleState) => unknown): Promise<Response> {
	const state = await ruleState(env);
	if (!state.ok) return problem(state.failure);
	const { missing } = state.value;
	const warnings = missing.length === 0 ? {} : { warnings: [`${missing.length} objects did not answer`] };
	return json({ status: "success", data: data(state.value), ...warnings });
}
