/**
 * `POST /api/grafana/webhook`: alerts that Grafana tells of, each with its own status. What is usable is taken in and answered
 * with 202, whatever the rest is: on an error Grafana would send all of them again.
 */
import { readBody } from "../../ingest/body.ts";
import { grafanaMessageId, readGrafanaAlerts } from "../../ingest/grafana.ts";
import { parsePostedJson } from "../../ingest/posted-json.ts";
import { countRejected } from "../../ingest/record.ts";
import { err, type Result } from "../../lib/result.ts";
import type { Failure, Issue } from "../../model/errors.ts";
import { BODY_BYTES_MAX, BODY_UNPACKED_BYTES_MAX, POST_ISSUES_MAX } from "../../model/limits.ts";
import { callerRefusal, isSigned, signatureRefusal } from "../grafana-auth.ts";
import { handOver } from "../post-alerts.ts";
import { json, problem } from "../reply.ts";
import type { Call, Route } from "../route.ts";

const BOUNDS = { wireBytesMax: BODY_BYTES_MAX, unpackedBytesMax: BODY_UNPACKED_BYTES_MAX };

export const GRAFANA_ROUTES: readonly Route[] = [
	{
		method: "POST",
		path: "/api/grafana/webhook",
		// It has ways of its own to come in, beside a token.
		access: "public",
		about: "alerts of Grafana's webhook contact point",
		answer: receive,
	},
];

async function receive(call: Call): Promise<Response> {
	const body = await readTrusted(call);
	const parsed = body.ok ? parsePostedJson(body.value) : body;
	const read = parsed.ok ? readGrafanaAlerts(parsed.value, call.nowMs) : parsed;
	if (!read.ok) return problem(read.failure);
	const { alerts, issues } = read.value;
	if (alerts.length === 0) return problem({ code: "invalid", issues: issues.slice(0, POST_ISSUES_MAX) });
	const identified = alerts.map((placed) => {
		return { ...placed, alert: { ...placed.alert, id: grafanaMessageId(placed, call.nowMs) } };
	});
	const refused = await handOver(call.env, identified, "alerts");
	if (!refused.ok) return problem(refused.failure);
	const taken = alerts.filter(({ at }) => !refused.value.some(({ place }) => place.startsWith(`alerts[${at}]`)));
	if (taken.length === 0) return problem({ code: "overloaded", reason: "too many alerts are active", retryAfterS: 60 });
	const all = [...issues, ...refused.value];
	if (all.length > 0) countRejected("invalid");
	const ids = taken.map((alert) => grafanaMessageId(alert, call.nowMs));
	return json({ success: true, message_ids: ids, ...(all.length > 0 && { refused: named(all) }) }, 202);
}

function named(issues: readonly Issue[]) {
	return { count: issues.length, issues: issues.slice(0, POST_ISSUES_MAX) };
}

/** The body, after its sender has shown who it is: a signature needs the body first. */
async function readTrusted({ request, scopes, config, nowMs }: Call): Promise<Result<Uint8Array, Failure>> {
	if (!isSigned(request, config)) {
		const refusal = await callerRefusal(request, scopes, config);
		return refusal === null ? readBody(request, BOUNDS) : err(refusal);
	}
	const body = await readBody(request, BOUNDS);
	if (!body.ok) return body;
	const refusal = await signatureRefusal(request, body.value, config, nowMs);
	return refusal === null ? body : err(refusal);
}
