/** `GET /metrics`: what Prometheus scrapes. */
import { EXPOSITION_LINES_MAX } from "../../model/limits.ts";
import { CONTENT_TYPES, negotiate, renderExposition } from "../../query/exposition.ts";
import { allFamilies } from "../../query/families.ts";
import { problem } from "../reply.ts";
import type { Call, Route } from "../route.ts";

export const EXPOSITION_ROUTES: readonly Route[] = [
	{
		method: "GET",
		path: "/metrics",
		access: "observe",
		about: "all metrics for Prometheus or OpenMetrics",
		answer: scrape,
	},
];

async function scrape({ request, env, nowMs }: Call): Promise<Response> {
	const all = await allFamilies(env, nowMs);
	if (!all.ok) return problem(all.failure);
	const format = negotiate(request.headers.get("accept"));
	const { text, leftOut } = renderExposition(all.value.families, format, EXPOSITION_LINES_MAX);
	const headers = new Headers({ "content-type": CONTENT_TYPES[format], "cache-control": "no-store", vary: "accept" });
	const hidden = leftOut + all.value.leftOut;
	if (hidden > 0) headers.set("perdure-left-out", String(hidden));
	if (all.value.missing.length > 0) headers.set("perdure-missing", String(all.value.missing.length));
	return new Response(text, { headers });
}
