/** Prometheus' `status/...`: what answers here, in the form that its clients look at. No secret is in it. */
import { RELEASE } from "../../config.ts";
import { formatDuration } from "../../lib/duration.ts";
import {
	HOUR_KEPT_MS,
	HOUR_MS,
	LOOKBACK_MS,
	MINUTE_MS,
	OBJECTS_PER_SELECT_MAX,
	QUERY_TIMEOUT_MS,
	SAMPLES_PER_QUERY_MAX,
	TSDB_ENTRIES_DEFAULT,
	TSDB_ENTRIES_MAX,
} from "../../model/limits.ts";
import { ask, catalogStub } from "../../peers/stubs.ts";
import { cardinalityBody } from "../../query/cardinality.ts";
import { partialData } from "../../query/prometheus-body.ts";
import { findSeries } from "../../query/series-listing.ts";
import type { Call, Route } from "../route.ts";
import { first, parametersOf, wholeNumber } from "./prometheus-parameters.ts";
import { badData, ofObject, refused, success } from "./prometheus-reply.ts";

/** The Prometheus whose API and language this is: Grafana chooses by it which requests it sends. */
const SPOKEN_VERSION = "3.5.0";
const STATUS = "/api/v1/status";

export const PROMETHEUS_STATUS_ROUTES: readonly Route[] = [
	{ method: "GET", path: `${STATUS}/buildinfo`, access: "observe", about: "the version spoken", answer: buildInfo },
	{
		method: "GET",
		path: `${STATUS}/runtimeinfo`,
		access: "observe",
		about: "since when, and what is kept",
		answer: runtimeInfo,
	},
	{
		method: "GET",
		path: `${STATUS}/config`,
		access: "observe",
		about: "intervals, as a configuration",
		answer: config,
	},
	{ method: "GET", path: `${STATUS}/flags`, access: "observe", about: "bounds of queries, as flags", answer: flags },
	{
		method: "GET",
		path: `${STATUS}/tsdb`,
		access: "observe",
		about: "how many series there are of what",
		answer: tsdb,
	},
];

/** Without `features`: Grafana takes a server that lists some for Mimir. */
function buildInfo({ config }: Call): Response {
	return success({
		version: SPOKEN_VERSION,
		revision: config.versionId ?? RELEASE,
		branch: `perdure-${RELEASE}`,
		buildUser: "perdure",
		buildDate: "",
		goVersion: "none",
	});
}

async function runtimeInfo({ env, nowMs }: Call): Promise<Response> {
	const beat = await ask("catalog", () => catalogStub(env).heartbeat());
	if (!beat.ok) return refused(ofObject(beat.failure));
	const since = new Date(beat.value.servingSinceMs).toISOString();
	return success({
		startTime: since,
		CWD: "/",
		hostname: "perdure",
		serverTime: new Date(nowMs).toISOString(),
		reloadConfigSuccess: true,
		lastConfigTime: since,
		corruptionCount: 0,
		goroutineCount: 0,
		GOMAXPROCS: 1,
		GOMEMLIMIT: 0,
		GOGC: "",
		GODEBUG: "",
		storageRetention: formatDuration(HOUR_KEPT_MS),
	});
}

function config(): Response {
	const interval = formatDuration(MINUTE_MS);
	return success({
		yaml: `global:\n  scrape_interval: ${interval}\n  evaluation_interval: ${interval}\nrule_files:\n- perdure\n`,
	});
}

function flags(): Response {
	return success({
		"query.lookback-delta": formatDuration(LOOKBACK_MS),
		"query.max-samples": String(SAMPLES_PER_QUERY_MAX),
		"query.timeout": formatDuration(QUERY_TIMEOUT_MS),
		"storage.tsdb.retention.time": formatDuration(HOUR_KEPT_MS),
		"web.enable-admin-api": "false",
		"web.enable-lifecycle": "false",
	});
}

async function tsdb(call: Call): Promise<Response> {
	const parameters = await parametersOf(call);
	if (!parameters.ok) return refused(parameters.failure);
	const text = first(parameters.value, "limit");
	const limit = text === "" ? TSDB_ENTRIES_DEFAULT : wholeNumber(text);
	if (limit === null || limit < 1) return refused(badData("limit must be a positive number"));
	if (limit > TSDB_ENTRIES_MAX) return refused(badData(`limit must not exceed ${TSDB_ENTRIES_MAX}`));
	// The head of Prometheus: what may still go on.
	const question = { selectors: [], startMs: call.nowMs - HOUR_MS, endMs: call.nowMs + HOUR_MS };
	const answer = await findSeries(call.env, question, call.nowMs);
	if (!answer.ok) return refused(ofObject(answer.failure));
	const { found, missing, leftOut } = answer.value;
	const more = leftOut > 0 ? [`${leftOut} metrics are not counted, beyond ${OBJECTS_PER_SELECT_MAX} objects`] : [];
	return success(cardinalityBody(found, limit), { warnings: [...partialData(missing), ...more], infos: [] });
}
