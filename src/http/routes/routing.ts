/** Who is told: the configuration file, template files, where labels would go, and a test of a receiver. */
import * as v from "valibot";
import { checkMediaType, type MediaTypes } from "../../ingest/body.ts";
import { invalid } from "../../model/errors.ts";
import { parseLabels } from "../../model/labels.ts";
import { CONFIG_BYTES_MAX, TEMPLATE_CHARS_MAX } from "../../model/limits.ts";
import { ask, notifierStub } from "../../peers/stubs.ts";
import { parseJsonBody, readText } from "../parse.ts";
import { json, problem, text } from "../reply.ts";
import type { Call, Route } from "../route.ts";

const CONFIG = "/api/v1/alertmanager/config";
const TEMPLATES = "/api/v1/alertmanager/templates";
const TYPES: MediaTypes = {
	accepted: [
		"application/yaml",
		"application/x-yaml",
		"text/yaml",
		"text/x-yaml",
		"text/plain",
		"application/json",
		"application/x-www-form-urlencoded",
	],
	wish: "send application/yaml or text/plain",
};
const Labels = v.strictObject({ labels: v.record(v.string(), v.string()) });

export const ROUTING_ROUTES: readonly Route[] = [
	{ method: "GET", path: CONFIG, access: "read", about: "who is told, without secrets", answer: getConfig },
	{ method: "PUT", path: CONFIG, access: "admin", about: "stores an alertmanager.yml", answer: putConfig },
	{ method: "DELETE", path: CONFIG, access: "admin", about: "back to the default by severity", answer: deleteConfig },
	{ method: "GET", path: TEMPLATES, access: "read", about: "template files", answer: listTemplates },
	{ method: "GET", path: `${TEMPLATES}/:name`, access: "read", about: "one template file", answer: getTemplate },
	{
		method: "PUT",
		path: `${TEMPLATES}/:name`,
		access: "admin",
		about: "stores a template file ({{ define }} blocks)",
		answer: putTemplate,
	},
	{ method: "DELETE", path: `${TEMPLATES}/:name`, access: "admin", about: "forgets one", answer: deleteTemplate },
	{
		method: "POST",
		path: "/api/v1/routes/test",
		access: "read",
		about: "which receivers {labels} reach, and why",
		answer: explain,
	},
	{
		method: "POST",
		path: "/api/v1/receivers/:name/test",
		access: "admin",
		about: "sends a test message",
		answer: testReceiver,
	},
];

async function getConfig({ env }: Call): Promise<Response> {
	const config = await ask("notifier", () => notifierStub(env).config());
	return config.ok ? json(config.value) : problem(config.failure);
}

async function putConfig({ request, env }: Call): Promise<Response> {
	const type = checkMediaType(request, TYPES);
	const body = type.ok ? await readText(request, CONFIG_BYTES_MAX) : type;
	if (!body.ok) return problem(body.failure);
	const stored = await ask("notifier", () => notifierStub(env).putConfig(body.value));
	if (!stored.ok) return problem(stored.failure);
	return stored.value.ok ? json({ stored: true, warnings: stored.value.value }) : problem(stored.value.failure);
}

async function deleteConfig({ env }: Call): Promise<Response> {
	const stored = await ask("notifier", () => notifierStub(env).putConfig(null));
	return stored.ok ? json({ deleted: true }) : problem(stored.failure);
}

async function listTemplates({ env }: Call): Promise<Response> {
	const files = await ask("notifier", () => notifierStub(env).templates());
	if (!files.ok) return problem(files.failure);
	return json({ templates: files.value.map(({ name, text: body }) => ({ name, characters: body.length })) });
}

async function getTemplate({ env, params }: Call): Promise<Response> {
	const files = await ask("notifier", () => notifierStub(env).templates());
	if (!files.ok) return problem(files.failure);
	const found = files.value.find(({ name }) => name === params["name"]);
	return found === undefined ? problem({ code: "not_found", what: "template file of this name" }) : text(found.text);
}

async function putTemplate({ request, env, params }: Call): Promise<Response> {
	const body = await readText(request, TEMPLATE_CHARS_MAX);
	if (!body.ok) return problem(body.failure);
	const name = params["name"] ?? "";
	const stored = await ask("notifier", () => notifierStub(env).putTemplates(name, body.value));
	if (!stored.ok) return problem(stored.failure);
	return stored.value.ok ? json({ stored: name }) : problem(stored.value.failure);
}

async function deleteTemplate({ env, params }: Call): Promise<Response> {
	const name = params["name"] ?? "";
	const stored = await ask("notifier", () => notifierStub(env).putTemplates(name, null));
	if (!stored.ok) return problem(stored.failure);
	return stored.value.ok ? json({ deleted: name }) : problem(stored.value.failure);
}

async function explain({ request, env }: Call): Promise<Response> {
	const body = await parseJsonBody(request, Labels);
	if (!body.ok) return problem(body.failure);
	const labels = parseLabels(body.value.labels);
	if (!labels.ok) return problem(invalid("labels", labels.failure));
	const answer = await ask("notifier", () => notifierStub(env).explain(body.value.labels));
	return answer.ok ? json(answer.value) : problem(answer.failure);
}

async function testReceiver({ env, params }: Call): Promise<Response> {
	const sent = await ask("notifier", () => notifierStub(env).sendTest(params["name"] ?? ""));
	if (!sent.ok) return problem(sent.failure);
	return sent.value.ok ? json({ message_ids: sent.value.value }, 202) : problem(sent.value.failure);
}
