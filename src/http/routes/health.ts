/** How Perdure is: for probes, for people, and for whoever watches the watchman. */
import {
	basicBody,
	detailedBody,
	HEALTH_JSON,
	healthJsonBody,
	prefersHealthJson,
	serviceBody,
} from "../../health/body.ts";
import { objects } from "../../health/checks/objects.ts";
import { readFigures } from "../../health/figures.ts";
import { currentVerdict, examine, statusCodeOf, type Verdict } from "../../health/verdict.ts";
import { HEARTBEAT_GRACE_MS } from "../../model/limits.ts";
import { ask, catalogStub } from "../../peers/stubs.ts";
import { refusal } from "../auth.ts";
import { json, problem, text } from "../reply.ts";
import type { Call, Route } from "../route.ts";

export const HEALTH_ROUTES: readonly Route[] = [
	{ method: "GET", path: "/api/health", access: "public", about: "healthy, degraded or unhealthy", answer: basic },
	{ method: "GET", path: "/api/health/detailed", access: "observe", about: "every check", answer: detailed },
	{
		method: "GET",
		path: "/health",
		access: "public",
		about: "the same with figures, for those with a token",
		answer: service,
	},
	{ method: "GET", path: "/livez", access: "public", about: "200 while the Worker runs", answer: () => text("ok\n") },
	{ method: "GET", path: "/readyz", access: "public", about: "200 while it can record", answer: ready },
	{
		method: "GET",
		path: "/heartbeat",
		access: "public",
		about: "when rules were last evaluated; 503 when overdue",
		answer: heartbeat,
	},
];

async function basic(call: Call): Promise<Response> {
	const verdict = await currentVerdict(call.env, call.config, call.nowMs);
	return negotiated(call, verdict, () => basicBody(verdict, call.config));
}

async function detailed(call: Call): Promise<Response> {
	const [verdict, figures] = await Promise.all([
		currentVerdict(call.env, call.config, call.nowMs),
		readFigures(call.env, call.nowMs),
	]);
	return negotiated(call, verdict, () => detailedBody(verdict, figures));
}

async function service(call: Call): Promise<Response> {
	const [verdict, figures] = await Promise.all([
		currentVerdict(call.env, call.config, call.nowMs),
		mayObserve(call) ? readFigures(call.env, call.nowMs) : null,
	]);
	return negotiated(call, verdict, () => serviceBody(verdict, figures));
}

async function ready({ env, config, nowMs }: Call): Promise<Response> {
	const { status } = await examine([objects], env, config, nowMs);
	return status === "unhealthy" ? json({ status: "not ready" }, 503) : json({ status: "ready" });
}

async function heartbeat({ env, nowMs }: Call): Promise<Response> {
	const beat = await ask("catalog", () => catalogStub(env).heartbeat());
	if (!beat.ok) return problem(beat.failure);
	const { last, overdueMs } = beat.value;
	const isOverdue = overdueMs > HEARTBEAT_GRACE_MS;
	const lastTick =
		last === null
			? null
			: { tick: iso(last.tickMs), ended: iso(last.endedMs), ageS: Math.round((nowMs - last.endedMs) / 1_000) };
	return json({ status: isOverdue ? "overdue" : "ok", lastTick }, isOverdue ? 503 : 200);
}

/** A token that reads, or a deployment that shows it to everybody. */
function mayObserve({ scopes, config }: Call): boolean {
	return refusal(scopes, "observe", config) === null;
}

function negotiated(call: Call, verdict: Verdict, plain: () => Record<string, unknown>): Response {
	const status = statusCodeOf(verdict.status);
	if (!prefersHealthJson(call.request.headers.get("accept"))) return json(plain(), status, { vary: "accept" });
	const body = healthJsonBody(verdict, call.config, mayObserve(call));
	return json(body, status, { "content-type": HEALTH_JSON, vary: "accept" });
}

function iso(ms: number): string {
	return new Date(ms).toISOString();
}
