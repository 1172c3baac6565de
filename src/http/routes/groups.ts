/** Groups of alerts as they stand: what fires, what mutes it, who has taken it on, and when it is looked at next. */
import * as v from "valibot";
import { invalid } from "../../model/errors.ts";
import { SILENCE_AUTHOR_CHARS_MAX, SILENCE_COMMENT_CHARS_MAX } from "../../model/limits.ts";
import { ask, notifierStub } from "../../peers/stubs.ts";
import { ownGroupsBody } from "../../query/alerting-body.ts";
import { parseAlertsQuery } from "../alerts-query.ts";
import { parseJsonBody } from "../parse.ts";
import { json, problem } from "../reply.ts";
import type { Call, Route } from "../route.ts";

const PATH = "/api/v1/groups";
const ACKNOWLEDGE = `${PATH}/acknowledge`;

/** Nobody may take a group on without a name: the empty one gives it back. */
const Acknowledgement = v.strictObject({
	groupKey: v.pipe(v.string(), v.minLength(1)),
	by: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(SILENCE_AUTHOR_CHARS_MAX)),
	comment: v.optional(v.pipe(v.string(), v.maxLength(SILENCE_COMMENT_CHARS_MAX)), ""),
});

export const GROUP_ROUTES: readonly Route[] = [
	{ method: "GET", path: PATH, access: "read", about: "groups of alerts; ?filter=&receiver=&silenced=", answer: list },
	{
		method: "POST",
		path: ACKNOWLEDGE,
		access: "admin",
		about: "takes a group on: {groupKey, by, comment?}",
		answer: acknowledge,
	},
	{ method: "DELETE", path: ACKNOWLEDGE, access: "admin", about: "gives it back; ?groupKey=", answer: giveBack },
];

async function list({ url, env }: Call): Promise<Response> {
	const query = parseAlertsQuery(url);
	if (!query.ok) return problem(query.failure);
	const found = await ask("notifier", () => notifierStub(env).groups(query.value));
	const groups = found.ok ? found.value : found;
	return groups.ok ? json(ownGroupsBody(groups.value)) : problem(groups.failure);
}

async function acknowledge({ request, env }: Call): Promise<Response> {
	const body = await parseJsonBody(request, Acknowledgement);
	if (!body.ok) return problem(body.failure);
	const { groupKey, by, comment } = body.value;
	const done = await ask("notifier", () => notifierStub(env).acknowledge(groupKey, by, comment));
	const acknowledged = done.ok ? done.value : done;
	return acknowledged.ok ? json({ acknowledged: groupKey, by }) : problem(acknowledged.failure);
}

async function giveBack({ url, env }: Call): Promise<Response> {
	const groupKey = url.searchParams.get("groupKey");
	if (groupKey === null || groupKey === "")
		return problem(invalid("groupKey", "say which group, as GET shows its key"));
	const done = await ask("notifier", () => notifierStub(env).acknowledge(groupKey, "", ""));
	const given = done.ok ? done.value : done;
	return given.ok ? json({ givenBack: groupKey }) : problem(given.failure);
}
