/**
 * Alertmanager's API v2, as far as Prometheus, vmalert, amtool and Grafana speak it; also below `/alertmanager`, for clients that
 * want a path of its own. What goes wrong is answered as Alertmanager does: a JSON text.
 */
import { RELEASE } from "../../config.ts";
import { checkMediaType, type MediaTypes, readBody } from "../../ingest/body.ts";
import { readPostedAlerts } from "../../ingest/posted-alerts.ts";
import { parsePostedJson } from "../../ingest/posted-json.ts";
import { readPostedSilence } from "../../ingest/posted-silence.ts";
import { countRejected } from "../../ingest/record.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { uuid4 } from "../../lib/uuid4.ts";
import type { Listed, SilenceWish } from "../../model/alerting-rpc.ts";
import type { Failure } from "../../model/errors.ts";
import { ADMIN_BODY_BYTES_MAX, BODY_BYTES_MAX, BODY_UNPACKED_BYTES_MAX, POST_ISSUES_MAX } from "../../model/limits.ts";
import type { Silence } from "../../model/routing.ts";
import { ask, notifierStub } from "../../peers/stubs.ts";
import {
	alertsBody,
	groupsBody,
	receiversBody,
	silenceBody,
	silencesBody,
	statusBody,
} from "../../query/alertmanager-body.ts";
import { parseAlertsQuery, parseFilter } from "../alerts-query.ts";
import { handOver, issuesLine } from "../post-alerts.ts";
import { json, plainProblem } from "../reply.ts";
import type { Call, Route } from "../route.ts";

const JSON_BODY: MediaTypes = { accepted: ["application/json"], wish: "send application/json" };
const PREFIXES = ["/api/v2", "/alertmanager/api/v2"];

const ROUTES: readonly Route[] = [
	{
		method: "GET",
		path: "/status",
		access: "read",
		about: "Alertmanager's API v2, also below /alertmanager",
		answer: status,
	},
	{ method: "GET", path: "/receivers", access: "read", about: "names of receivers", answer: receivers },
	{ method: "GET", path: "/alerts", access: "read", about: "alerts; ?filter=&receiver=", answer: alerts },
	{ method: "POST", path: "/alerts", access: "record", about: "takes alerts in", answer: postAlerts },
	{ method: "GET", path: "/alerts/groups", access: "read", about: "alerts by group", answer: groups },
	{ method: "GET", path: "/silences", access: "read", about: "silences; ?filter=", answer: silences },
	{ method: "POST", path: "/silences", access: "admin", about: "makes a silence", answer: postSilence },
	{ method: "GET", path: "/silence/:id", access: "read", about: "one silence", answer: getSilence },
	{ method: "DELETE", path: "/silence/:id", access: "admin", about: "ends a silence", answer: deleteSilence },
];

export const ALERTMANAGER_ROUTES: readonly Route[] = PREFIXES.flatMap((prefix) =>
	ROUTES.map((route): Route => ({ ...route, path: prefix + route.path, errors: "text" })),
);

/** An isolate has no start that anyone could see; the first question counts. */
let sinceMs: number | null = null;

async function status({ env, nowMs }: Call): Promise<Response> {
	sinceMs ??= nowMs;
	const config = await ask("notifier", () => notifierStub(env).config());
	return config.ok ? json(statusBody(config.value, RELEASE, sinceMs)) : plainProblem(config.failure);
}

async function receivers({ env }: Call): Promise<Response> {
	const config = await ask("notifier", () => notifierStub(env).config());
	return config.ok ? json(receiversBody(config.value.receivers)) : plainProblem(config.failure);
}

async function alerts({ url, env, nowMs }: Call): Promise<Response> {
	const query = parseAlertsQuery(url);
	if (!query.ok) return plainProblem(query.failure);
	const found = flat(await ask("notifier", () => notifierStub(env).alerts(query.value)));
	if (!found.ok) return plainProblem(found.failure);
	return json(alertsBody(found.value.items, query.value, nowMs), 200, cutHeaders(found.value));
}

async function groups({ url, env, nowMs }: Call): Promise<Response> {
	const query = parseAlertsQuery(url);
	if (!query.ok) return plainProblem(query.failure);
	const found = flat(await ask("notifier", () => notifierStub(env).groups(query.value)));
	if (!found.ok) return plainProblem(found.failure);
	return json(groupsBody(found.value.items, query.value, nowMs), 200, cutHeaders(found.value));
}

/** The bodies are bare lists, as Alertmanager's clients read them: that one was cut stands in headers. */
function cutHeaders({ shown, total }: Listed<unknown>): Readonly<Record<string, string>> {
	if (shown >= total) return {};
	const words = `${shown} of ${total} alerts are shown: ask for fewer with filter= or receiver=`;
	return { "perdure-left-out": String(total - shown), warning: `299 perdure "${words}"` };
}

/** The valid ones are taken in, whatever the others are. */
async function postAlerts({ request, env }: Call): Promise<Response> {
	const body = await readJson(request, BODY_BYTES_MAX, BODY_UNPACKED_BYTES_MAX);
	const read = body.ok ? readPostedAlerts(body.value) : body;
	if (!read.ok) return plainProblem(read.failure);
	const refused = await handOver(env, read.value.alerts, "");
	if (!refused.ok) return plainProblem(refused.failure);
	const issues = [...read.value.issues, ...refused.value];
	if (issues.length === 0) return new Response(null, { status: 200 });
	countRejected("invalid");
	return json(issuesLine(issues, POST_ISSUES_MAX), 400);
}

async function silences({ url, env, nowMs }: Call): Promise<Response> {
	const matchers = parseFilter(url);
	if (!matchers.ok) return plainProblem(matchers.failure);
	const found = flat(await ask("notifier", () => notifierStub(env).silences(matchers.value)));
	return found.ok ? json(silencesBody(found.value, nowMs)) : plainProblem(found.failure);
}

async function postSilence({ request, env }: Call): Promise<Response> {
	const body = await readJson(request, ADMIN_BODY_BYTES_MAX, ADMIN_BODY_BYTES_MAX);
	if (!body.ok) return plainProblem(body.failure);
	const read = readPostedSilence(body.value);
	if (!read.ok) return badSilence(issuesLine(read.failure, POST_ISSUES_MAX));
	const before = read.value.id === null ? ok(null) : await silenceOf(env, read.value.id);
	if (!before.ok) return plainProblem(before.failure);
	// Alertmanager's clients do not know these two: what they change keeps them.
	const { recurring = null, remindBeforeMs = null } = before.value ?? {};
	const wish: SilenceWish = { ...read.value, recurring, remindBeforeMs, newId: newId() };
	const saved = flat(await ask("notifier", () => notifierStub(env).putSilence(wish)));
	if (saved.ok) return json({ silenceID: saved.value });
	return saved.failure.code === "invalid"
		? badSilence(issuesLine(saved.failure.issues, POST_ISSUES_MAX))
		: plainProblem(saved.failure);
}

async function getSilence({ params, env, nowMs }: Call): Promise<Response> {
	const found = await silenceOf(env, params["id"] ?? "");
	return found.ok ? json(silenceBody(found.value, nowMs)) : plainProblem(found.failure);
}

/** One that has ended already is as the caller wants it. */
async function deleteSilence({ params, env }: Call): Promise<Response> {
	const ended = flat(await ask("notifier", () => notifierStub(env).expireSilence(params["id"] ?? "")));
	if (ended.ok || ended.failure.code === "conflict") return new Response(null, { status: 200 });
	return plainProblem(ended.failure);
}

async function silenceOf(env: Env, id: string): Promise<Result<Silence, Failure>> {
	const all = flat(await ask("notifier", () => notifierStub(env).silences([])));
	if (!all.ok) return all;
	const found = all.value.find((silence) => silence.id === id);
	return found === undefined ? err({ code: "not_found", what: `silence ${id.slice(0, 40)}` }) : ok(found);
}

async function readJson(
	request: Request,
	wireBytesMax: number,
	unpackedBytesMax: number,
): Promise<Result<unknown, Failure>> {
	const type = checkMediaType(request, JSON_BODY);
	const body = type.ok ? await readBody(request, { wireBytesMax, unpackedBytesMax }) : type;
	return body.ok ? parsePostedJson(body.value) : body;
}

function badSilence(text: string): Response {
	countRejected("invalid");
	return json(`Failed to create silence: ${text}`, 400);
}

function newId(): string {
	return uuid4(crypto.getRandomValues(new Uint8Array(16)));
}

function flat<T>(answer: Result<Result<T, Failure>, Failure>): Result<T, Failure> {
	return answer.ok ? answer.value : answer;
}
