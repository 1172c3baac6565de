/** Prometheus' query API: parameters come in the URL, in a form, or in both, since clients differ. */
import { countRejected } from "../../ingest/record.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { ADMIN_BODY_BYTES_MAX } from "../../model/limits.ts";
import { querierOf } from "../../peers/querier.ts";
import { evaluateInstant, evaluateRange } from "../../promql/evaluate.ts";
import { failureText, type QueryFailure } from "../../promql/failure.ts";
import type { Answer } from "../../promql/value.ts";
import { errorBody, queryBody } from "../../query/prometheus-body.ts";
import { readText } from "../parse.ts";
import { json } from "../reply.ts";
import type { Call, Route } from "../route.ts";

const UNITS: Readonly<Record<string, number>> = {
	ms: 1,
	s: 1e3,
	m: 6e4,
	h: 3.6e6,
	d: 8.64e7,
	w: 6.048e8,
	y: 3.1536e10,
};

export const PROMETHEUS_ROUTES: readonly Route[] = [
	{
		method: "GET",
		path: "/api/v1/query",
		access: "observe",
		about: "PromQL at one time; ?query=&time=",
		answer: instant,
	},
	{ method: "POST", path: "/api/v1/query", access: "observe", about: "the same, as a form", answer: instant },
	{
		method: "GET",
		path: "/api/v1/query_range",
		access: "observe",
		about: "PromQL over time; ?query=&start=&end=&step=",
		answer: range,
	},
	{ method: "POST", path: "/api/v1/query_range", access: "observe", about: "the same, as a form", answer: range },
];

async function instant(call: Call): Promise<Response> {
	const parameters = await parametersOf(call);
	if (!parameters.ok) return badData(parameters.failure);
	const timeMs = timeOf(parameters.value.get("time"), call.nowMs);
	if (!Number.isFinite(timeMs)) return badData('invalid parameter "time": it must be Unix seconds or RFC 3339');
	const querier = querierOf(call.env, call.nowMs);
	return reply(await evaluateInstant(parameters.value.get("query") ?? "", querier, { timeMs }));
}

async function range(call: Call): Promise<Response> {
	const parameters = await parametersOf(call);
	if (!parameters.ok) return badData(parameters.failure);
	const startMs = timeOf(parameters.value.get("start"), Number.NaN);
	const endMs = timeOf(parameters.value.get("end"), Number.NaN);
	const stepMs = durationOf(parameters.value.get("step"));
	if (!Number.isFinite(startMs) || !Number.isFinite(endMs))
		return badData("start and end must be Unix seconds or RFC 3339");
	if (!(stepMs > 0)) return badData("step must be a duration above zero, such as 15 or 1m");
	const querier = querierOf(call.env, call.nowMs);
	return reply(await evaluateRange(parameters.value.get("query") ?? "", querier, { startMs, endMs, stepMs }));
}

function reply(answer: Result<Answer, QueryFailure>): Response {
	if (answer.ok) return json(queryBody(answer.value));
	const { code } = answer.failure;
	if (code === "syntax" || code === "bad_request") return badData(failureText(answer.failure));
	const [status, type] = code === "execution" ? [422, "execution"] : [503, "unavailable"];
	return json(errorBody(type as string, failureText(answer.failure)), status as number);
}

function badData(why: string): Response {
	countRejected("invalid");
	return json(errorBody("bad_data", why), 400);
}

/** URL and form together; the form wins. vmalert posts an empty JSON body, so the type decides, not the method. */
async function parametersOf({ request, url }: Call): Promise<Result<URLSearchParams, string>> {
	const parameters = new URLSearchParams(url.search);
	const type = request.headers.get("content-type") ?? "";
	if (request.method !== "POST" || !type.includes("application/x-www-form-urlencoded")) return ok(parameters);
	const body = await readText(request, ADMIN_BODY_BYTES_MAX);
	if (!body.ok) return err("the form could not be read, or is too large");
	for (const [name, value] of new URLSearchParams(body.value)) parameters.set(name, value);
	return ok(parameters);
}

/** Unix seconds or RFC 3339, in whole milliseconds; NaN for anything else. */
function timeOf(text: string | null, absent: number): number {
	if (text === null || text === "") return absent;
	const seconds = Number(text);
	return Number.isNaN(seconds) ? Date.parse(text) : Math.round(seconds * 1_000);
}

/** Seconds, or a duration such as `1h30m`, in whole milliseconds; NaN for anything else. */
function durationOf(text: string | null): number {
	if (text === null || text.trim() === "" || text.length > 100) return Number.NaN;
	const seconds = Number(text);
	if (!Number.isNaN(seconds)) return Math.round(seconds * 1_000);
	if (!/^(?:\d+(?:ms|[smhdwy]))+$/.test(text)) return Number.NaN;
	return [...text.matchAll(/(\d+)(ms|[smhdwy])/g)].reduce((sum, [, count, unit]) => {
		return sum + Number(count) * (UNITS[unit as string] as number);
	}, 0);
}
