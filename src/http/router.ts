/**
 * Every HTTP request: finds the route, asks whether the caller may use it, and answers. Nothing that goes wrong inside
 * leaves as a stack trace. A new route is one line in its theme's list.
 */
import { type IRequest, Router } from "itty-router";
import { configOf } from "../config.ts";
import { nowMs } from "../lib/clock.ts";
import { flushSelf } from "../peers/self-meter.ts";
import { refusal, scopesOf } from "./auth.ts";
import { plainProblem, problem } from "./reply.ts";
import type { Call, Route } from "./route.ts";
import { ALERTMANAGER_ROUTES } from "./routes/alertmanager-v2.ts";
import { BUSINESS_ROUTES } from "./routes/business.ts";
import { DELIVERY_ROUTES } from "./routes/deliveries.ts";
import { DEV_ROUTES } from "./routes/dev.ts";
import { EXPOSITION_ROUTES } from "./routes/exposition.ts";
import { GRAFANA_ROUTES } from "./routes/grafana.ts";
import { GROUP_ROUTES } from "./routes/groups.ts";
import { HEALTH_ROUTES } from "./routes/health.ts";
import { METRIC_ROUTES } from "./routes/metrics.ts";
import { NOTIFICATION_ROUTES } from "./routes/notifications.ts";
import { PROMETHEUS_ROUTES } from "./routes/prometheus.ts";
import { PROMETHEUS_EXPRESSION_ROUTES } from "./routes/prometheus-expressions.ts";
import { PROMETHEUS_FEDERATE_ROUTES } from "./routes/prometheus-federate.ts";
import { PROMETHEUS_RULE_ROUTES } from "./routes/prometheus-rules.ts";
import { PROMETHEUS_SERIES_ROUTES } from "./routes/prometheus-series.ts";
import { PROMETHEUS_STATUS_ROUTES } from "./routes/prometheus-status.ts";
import { RECORD_ROUTES } from "./routes/record.ts";
import { rootRoutes } from "./routes/root.ts";
import { ROUTING_ROUTES } from "./routes/routing.ts";
import { RULE_ROUTES } from "./routes/rules.ts";
import { SILENCE_ROUTES } from "./routes/silences.ts";
import { TEMPLATE_ROUTES } from "./routes/templates.ts";
import { TOKEN_ROUTES } from "./routes/tokens.ts";
import { USER_CONFIG_ROUTES } from "./routes/user-configs.ts";

const THEMES: readonly Route[] = [
	...RECORD_ROUTES,
	...METRIC_ROUTES,
	...EXPOSITION_ROUTES,
	...HEALTH_ROUTES,
	...RULE_ROUTES,
	...PROMETHEUS_ROUTES,
	...PROMETHEUS_SERIES_ROUTES,
	...PROMETHEUS_RULE_ROUTES,
	...PROMETHEUS_EXPRESSION_ROUTES,
	...PROMETHEUS_STATUS_ROUTES,
	...PROMETHEUS_FEDERATE_ROUTES,
	...TOKEN_ROUTES,
	...DELIVERY_ROUTES,
	...ROUTING_ROUTES,
	...ALERTMANAGER_ROUTES,
	...SILENCE_ROUTES,
	...GROUP_ROUTES,
	...GRAFANA_ROUTES,
	...BUSINESS_ROUTES,
	...NOTIFICATION_ROUTES,
	...TEMPLATE_ROUTES,
	...USER_CONFIG_ROUTES,
	...DEV_ROUTES,
];
const ROUTES: readonly Route[] = [...rootRoutes(THEMES), ...THEMES];

/** Paths without parameters, by method and path: itty-router tries one expression after the other, which records pay for. */
const FIXED = new Map(
	ROUTES.filter(({ path }) => !path.includes(":")).map((route) => [`${route.method} ${route.path}`, route]),
);

const router = Router<IRequest, [Env, ExecutionContext]>({ catch: (error: unknown) => unforeseen(error) });
for (const route of ROUTES) {
	router[route.method === "GET" ? "get" : (route.method.toLowerCase() as "post" | "put" | "delete")](
		route.path,
		(request, env, ctx) => serve(route, request as unknown as Request, request.params, env, ctx),
	);
}
for (const path of new Set(ROUTES.map((route) => route.path))) router.all(path, () => otherMethod(path));
router.all("*", (request) => notFound(request));

/** Answers a request. It never throws. */
export async function handleRequest(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
	const isHead = request.method === "HEAD";
	const asked = isHead ? new Request(request, { method: "GET" }) : request;
	let response: Response;
	const fixed = FIXED.get(`${asked.method} ${pathOf(asked.url)}`);
	if (request.method === "OPTIONS") response = options(request);
	else if (fixed !== undefined) response = await serve(fixed, asked, {}, env, ctx).catch(unforeseen);
	else response = (await router.fetch(asked as IRequest, env, ctx)) as Response;
	flushSelf(env, nowMs(), (promise) => ctx.waitUntil(promise));
	return isHead ? new Response(null, response) : response;
}

async function serve(
	route: Route,
	request: Request,
	encoded: Readonly<Record<string, string>>,
	env: Env,
	ctx: ExecutionContext,
): Promise<Response> {
	const config = configOf(env);
	const now = nowMs();
	const scopes = await scopesOf(request, env, config, now);
	const refuse = route.errors === "text" ? plainProblem : problem;
	if (!scopes.ok && route.access !== "public") return refuse(scopes.failure);
	const allowed = scopes.ok ? scopes.value : [];
	const refused = refusal(allowed, route.access, config);
	if (refused !== null) return refuse(refused);
	const params = decodeParams(encoded);
	if (params === null) return problem({ code: "not_found", what: "such path: it is not percent-encoded UTF-8" });
	const waitUntil = (promise: Promise<unknown>): void => ctx.waitUntil(promise);
	const call: Call = {
		request,
		// Parsed for whoever looks: recording does not.
		get url() {
			return new URL(request.url);
		},
		params,
		env,
		config,
		nowMs: now,
		scopes: allowed,
		waitUntil,
	};
	return route.answer(call);
}

/** The path of a URL as it came. A URL that looks another way finds no fixed route, and itty-router parses it. */
function pathOf(url: string): string {
	const from = url.indexOf("/", url.indexOf("://") + 3);
	const query = url.indexOf("?", from);
	return query === -1 ? url.slice(from) : url.slice(from, query);
}

function decodeParams(params: Readonly<Record<string, string>>): Record<string, string> | null {
	const decoded: Record<string, string> = {};
	try {
		for (const [name, value] of Object.entries(params)) decoded[name] = decodeURIComponent(value);
	} catch {
		return null;
	}
	return decoded;
}

function methodsOf(path: string): string[] {
	const methods = ROUTES.filter((route) => route.path === path).map((route) => route.method as string);
	return [
		...(methods.includes("GET") ? ["GET", "HEAD"] : []),
		...methods.filter((method) => method !== "GET"),
		"OPTIONS",
	];
}

function otherMethod(path: string): Response {
	return problem({ code: "method_not_allowed", allow: methodsOf(path) });
}

function notFound(request: IRequest): Response {
	const { pathname } = new URL(request.url);
	return problem({ code: "not_found", what: `endpoint ${pathname.slice(0, 200)}; GET / lists them` });
}

function options(request: Request): Response {
	const { pathname } = new URL(request.url);
	const found = router.routes.find(([method, pattern]) => method === "ALL" && pattern.test(pathname));
	const path = found?.[3];
	const allow = path === undefined || path === "*" ? ["GET", "HEAD", "OPTIONS"] : methodsOf(path);
	return new Response(null, { status: 204, headers: { allow: allow.join(", ") } });
}

/** The log tells us why; the caller learns that it was not his fault. */
function unforeseen(error: unknown): Response {
	const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
	console.error(JSON.stringify({ level: "error", message: "a request failed", error: why }));
	const body = { type: "urn:perdure:problem:internal", title: "Internal error", status: 500, code: "internal" };
	const detail = "this is a mistake of ours, not of the request; the log of the Worker says what it was";
	return new Response(`${JSON.stringify({ ...body, detail })}\n`, {
		status: 500,
		headers: { "content-type": "application/problem+json", "cache-control": "no-store" },
	});
}
