/** `GET /federate`: what another Prometheus takes over; `match[]` says which series. Errors are plain text, as there. */
import { countRejected } from "../../ingest/record.ts";
import { EXPOSITION_LINES_MAX } from "../../model/limits.ts";
import { CONTENT_TYPES } from "../../query/exposition.ts";
import { federation } from "../../query/federation.ts";
import type { Call, Route } from "../route.ts";
import { parametersOf, selectorsOf } from "./prometheus-parameters.ts";

export const PROMETHEUS_FEDERATE_ROUTES: readonly Route[] = [
	{
		method: "GET",
		path: "/federate",
		access: "observe",
		about: "the latest samples for another Prometheus; ?match[]=",
		answer: federate,
	},
];

async function federate(call: Call): Promise<Response> {
	const parameters = await parametersOf(call);
	if (!parameters.ok) return plainRefusal(parameters.failure.error);
	const selectors = selectorsOf(parameters.value);
	if (!selectors.ok) return plainRefusal(selectors.failure);
	const { text, leftOut, missing } = await federation(call.env, selectors.value, EXPOSITION_LINES_MAX, call.nowMs);
	// Which metrics exist is not known: an empty answer would look like the truth.
	if (missing.includes("catalog") && text === "") return plainRefusal("catalog did not answer: ask again", 503);
	const headers = new Headers({ "content-type": CONTENT_TYPES.text, "cache-control": "no-store" });
	if (leftOut > 0) headers.set("perdure-left-out", String(leftOut));
	if (missing.length > 0) headers.set("perdure-missing", String(missing.length));
	return new Response(text, { headers });
}

function plainRefusal(why: string, status = 400): Response {
	if (status === 400) countRejected("invalid");
	const headers = { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" };
	return new Response(`${why}\n`, { status, headers });
}
