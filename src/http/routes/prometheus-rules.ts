/** Prometheus' `rules` and `alerts`: what is judged, and what fires. */
import { err, ok, type Result } from "../../lib/result.ts";
import { RULE_FILTERS_MAX } from "../../model/limits.ts";
import { ruleState } from "../../query/alerts.ts";
import { type Notes, partialData } from "../../query/prometheus-body.ts";
import { alertsBody, type GroupBody, groupBodies, type RulesQuestion } from "../../query/rules-body.ts";
import type { Call, Route } from "../route.ts";
import { first, type Parameters, parametersOf, selectorsOf } from "./prometheus-parameters.ts";
import { type ApiFailure, badData, echo, invalidParameter, ofObject, refused, success } from "./prometheus-reply.ts";

export const PROMETHEUS_RULE_ROUTES: readonly Route[] = [
	{
		method: "GET",
		path: "/api/v1/rules",
		access: "observe",
		about: "rules, as Prometheus shows them; ?type=&rule_name[]=&rule_group[]=&match[]=",
		answer: rules,
	},
	{
		method: "GET",
		path: "/api/v1/alerts",
		access: "observe",
		about: "active alerts, as Prometheus shows them",
		answer: alerts,
	},
];

async function rules(call: Call): Promise<Response> {
	const parameters = await parametersOf(call);
	if (!parameters.ok) return refused(parameters.failure);
	const question = questionOf(parameters.value);
	if (!question.ok) return refused(question.failure);
	const page = pageOf(parameters.value);
	if (!page.ok) return refused(page.failure);
	const state = await ruleState(call.env);
	if (!state.ok) return refused(ofObject(state.failure));
	const shown = await pageGroups(groupBodies(state.value, question.value), page.value);
	if (!shown.ok) return refused(shown.failure);
	return success(shown.value, notesOf(state.value.missing));
}

async function alerts(call: Call): Promise<Response> {
	const state = await ruleState(call.env);
	if (!state.ok) return refused(ofObject(state.failure));
	return success(alertsBody(state.value), notesOf(state.value.missing));
}

function notesOf(missing: readonly string[]): Notes {
	return { warnings: partialData(missing), infos: [] };
}

function questionOf(parameters: Parameters): Result<RulesQuestion, ApiFailure> {
	const lists = ["rule_name[]", "rule_group[]", "file[]"].map((name) => parameters.get(name) ?? []);
	const [names = [], groups = [], files = []] = lists;
	if (lists.some((list) => list.length > RULE_FILTERS_MAX))
		return err(badData(`more than ${RULE_FILTERS_MAX} values of one filter`));
	const selectors = selectorsOf(parameters);
	if (!selectors.ok) return err(badData(selectors.failure));
	const type = first(parameters, "type").toLowerCase();
	if (type !== "" && type !== "alert" && type !== "record")
		return err(invalidParameter("type", `not supported value ${echo(type)}`));
	const exclude = first(parameters, "exclude_alerts").toLowerCase();
	const isExcluded = exclude === "" ? false : parseBool(exclude);
	if (isExcluded === null) {
		const why = `error converting exclude_alerts: strconv.ParseBool: parsing ${echo(exclude)}: invalid syntax`;
		return err(invalidParameter("exclude_alerts", why));
	}
	const wanted = type === "" ? null : type;
	return ok({ type: wanted, rules: names, groups, files, selectors: selectors.value, withAlerts: !isExcluded });
}

/** `limit` 0: all groups. `token` "": from the first one. */
type Page = { readonly limit: number; readonly token: string };

function pageOf(parameters: Parameters): Result<Page, ApiFailure> {
	const text = first(parameters, "group_limit");
	const token = first(parameters, "group_next_token");
	if (text === "") {
		if (token === "") return ok({ limit: 0, token });
		const why = "group_limit needs to be present in order to paginate over the groups";
		return err(invalidParameter("group_next_token", why));
	}
	const limit = /^[+-]?\d{1,9}$/.test(text) ? Number(text) : null;
	if (limit === null) {
		const why = `group_limit needs to be a valid number: strconv.ParseInt: parsing ${echo(text)}: invalid syntax`;
		return err(invalidParameter("group_limit", why));
	}
	if (limit <= 0) return err(invalidParameter("group_limit", "group_limit needs to be greater than 0"));
	return ok({ limit, token });
}

type Discovery = { readonly groups: readonly GroupBody[]; readonly groupNextToken?: string };

/** One page of groups. The token of the next one is made of the group that it begins with. */
async function pageGroups(
	groups: readonly GroupBody[],
	{ limit, token }: Page,
): Promise<Result<Discovery, ApiFailure>> {
	if (limit === 0) return ok({ groups });
	const tokens = await Promise.all(groups.map(tokenOf));
	const from = token === "" ? 0 : tokens.indexOf(token);
	if (from < 0) {
		const why = `invalid group_next_token '${token.slice(0, 100)}'. were rule groups changed?`;
		return err(invalidParameter("group_next_token", why));
	}
	const next = tokens[from + limit];
	const shown = groups.slice(from, from + limit);
	return ok(next === undefined ? { groups: shown } : { groups: shown, groupNextToken: next });
}

async function tokenOf({ file, name }: GroupBody): Promise<string> {
	const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(`${file};${name}`));
	return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** As Go's strconv reads it. */
function parseBool(text: string): boolean | null {
	if (["1", "t", "true"].includes(text)) return true;
	return ["0", "f", "false"].includes(text) ? false : null;
}
