/** Templates: those of applications, stored and tried out, and texts of Perdure's own receivers, tried out before they are stored. */
import * as v from "valibot";
import { deleteNotificationTemplate } from "../../db/notification-templates.ts";
import {
	ANY_CHANNEL,
	type AppTemplate,
	AppTemplateSchema,
	TEMPLATE_LANGUAGES,
	VariableName,
} from "../../model/app-template.ts";
import { invalid } from "../../model/errors.ts";
import { MESSAGE_FIELD_CHARS_MAX, MESSAGE_VARIABLES_MAX } from "../../model/limits.ts";
import { appTemplate, appTemplates, previewTemplate, putAppTemplate } from "../../query/app-templates.ts";
import { iso } from "../../query/metric-body.ts";
import { parseJsonBody } from "../parse.ts";
import { json, problem } from "../reply.ts";
import type { Call, Route } from "../route.ts";
import { PreviewSchema, previewMessage } from "../template-preview.ts";

const PATH = "/api/v1/templates";
const ONE = `${PATH}/:key`;

const Preview = v.strictObject({
	language: v.optional(v.picklist(TEMPLATE_LANGUAGES), "en"),
	channel: v.optional(v.pipe(v.string(), v.maxLength(MESSAGE_FIELD_CHARS_MAX)), ANY_CHANNEL),
	variables: v.optional(
		v.pipe(v.record(VariableName, v.unknown()), v.maxEntries(MESSAGE_VARIABLES_MAX, "too many variables")),
		{},
	),
});

export const TEMPLATE_ROUTES: readonly Route[] = [
	{ method: "GET", path: PATH, access: "read", about: "templates of applications", answer: list },
	{ method: "GET", path: ONE, access: "read", about: "one, with its texts", answer: getOne },
	{
		method: "PUT",
		path: ONE,
		access: "admin",
		about: "stores {contents: [{channel, language, content}]}",
		answer: put,
	},
	{ method: "DELETE", path: ONE, access: "admin", about: "forgets it; one that ships comes back", answer: remove },
	{
		method: "POST",
		path: `${ONE}/preview`,
		access: "read",
		about: "what {language, channel, variables} make of it",
		answer: preview,
	},
	{
		method: "POST",
		path: "/api/v1/alertmanager/templates/preview",
		access: "read",
		about: "what {text} or {receiver} says of a sample {message}",
		answer: previewNotification,
	},
];

async function list({ env }: Call): Promise<Response> {
	const templates = await appTemplates(env.DB);
	if (!templates.ok) return problem(templates.failure);
	return json({
		templates: templates.value.map(({ key, name, variables, isActive, updatedMs }) => {
			return { key, name, variables, isActive, ...updatedBody(updatedMs) };
		}),
	});
}

async function getOne({ env, params }: Call): Promise<Response> {
	const found = await appTemplate(env.DB, params["key"] ?? "");
	if (!found.ok) return problem(found.failure);
	return found.value === null ? problem({ code: "not_found", what: "template of this key" }) : json(body(found.value));
}

async function put({ request, env, params, nowMs }: Call): Promise<Response> {
	const key = params["key"] ?? "";
	if (key.length > MESSAGE_FIELD_CHARS_MAX) {
		return problem(invalid("key", `it must have at most ${MESSAGE_FIELD_CHARS_MAX} characters`));
	}
	const wish = await parseJsonBody(request, AppTemplateSchema);
	if (!wish.ok) return problem(wish.failure);
	const stored = await putAppTemplate(env.DB, key, wish.value, nowMs);
	return stored.ok ? json(body(stored.value)) : problem(stored.failure);
}

async function remove({ env, params }: Call): Promise<Response> {
	const key = params["key"] ?? "";
	const deleted = await deleteNotificationTemplate(env.DB, key);
	if (!deleted.ok) return problem(deleted.failure);
	return deleted.value ? json({ deleted: key }) : problem({ code: "not_found", what: "stored template of this key" });
}

async function preview({ request, env, params }: Call): Promise<Response> {
	const wish = await parseJsonBody(request, Preview);
	if (!wish.ok) return problem(wish.failure);
	const found = await appTemplate(env.DB, params["key"] ?? "");
	if (!found.ok) return problem(found.failure);
	if (found.value === null) return problem({ code: "not_found", what: "template of this key" });
	const { channel, language, variables } = wish.value;
	const made = previewTemplate(found.value, channel, language, variables);
	return made.ok ? json(made.value) : problem(made.failure);
}

async function previewNotification({ request, env, nowMs }: Call): Promise<Response> {
	const wish = await parseJsonBody(request, PreviewSchema);
	if (!wish.ok) return problem(wish.failure);
	const made = await previewMessage(env, wish.value, nowMs);
	return made.ok ? json(made.value) : problem(made.failure);
}

function body({ updatedMs, ...rest }: AppTemplate) {
	return { ...rest, ...updatedBody(updatedMs) };
}

/** What ships was never stored. */
function updatedBody(updatedMs: number | null) {
	return { shipped: updatedMs === null, updatedAt: updatedMs === null ? null : iso(updatedMs) };
}
