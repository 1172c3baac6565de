/** What there is to ask for: Prometheus' `series`, `labels`, `label/<name>/values`, `metadata` and `query_exemplars`. */
import { ok, type Result } from "../../lib/result.ts";
import type { Failure } from "../../model/errors.ts";
import { OBJECTS_PER_SELECT_MAX } from "../../model/limits.ts";
import { directoryWith } from "../../peers/directory.ts";
import { validate } from "../../promql/check.ts";
import { failureText } from "../../promql/failure.ts";
import { listLabelNames, listLabelValues, type TextListing } from "../../query/labels-listing.ts";
import { metadataBody } from "../../query/metadata.ts";
import { type Notes, partialData, TRUNCATED } from "../../query/prometheus-body.ts";
import { listSeries, type SeriesQuestion } from "../../query/series-listing.ts";
import type { Call, Route } from "../route.ts";
import {
	first,
	limitOf,
	type Parameters,
	parametersOf,
	selectorsOf,
	timeRangeOf,
	wholeNumber,
} from "./prometheus-parameters.ts";
import { type ApiFailure, badData, invalidParameter, ofObject, refused, success } from "./prometheus-reply.ts";

const SERIES = "/api/v1/series";
const LABELS = "/api/v1/labels";
const EXEMPLARS = "/api/v1/query_exemplars";

export const PROMETHEUS_SERIES_ROUTES: readonly Route[] = [
	{ method: "GET", path: SERIES, access: "observe", about: "series; ?match[]=&start=&end=&limit=", answer: series },
	{ method: "POST", path: SERIES, access: "observe", about: "the same, as a form", answer: series },
	{ method: "GET", path: LABELS, access: "observe", about: "names of labels", answer: labels },
	{ method: "POST", path: LABELS, access: "observe", about: "the same, as a form", answer: labels },
	{
		method: "GET",
		path: "/api/v1/label/:name/values",
		access: "observe",
		about: "values of a label",
		answer: values,
	},
	{ method: "GET", path: "/api/v1/metadata", access: "observe", about: "kinds of metrics", answer: metadata },
	{ method: "GET", path: EXEMPLARS, access: "observe", about: "exemplars: there are none", answer: exemplars },
	{ method: "POST", path: EXEMPLARS, access: "observe", about: "the same, as a form", answer: exemplars },
];

async function series(call: Call): Promise<Response> {
	const parameters = await parametersOf(call);
	if (!parameters.ok) return refused(parameters.failure);
	if (!parameters.value.has("match[]")) return refused(badData("no match[] parameter provided"));
	const wish = wishOf(parameters.value, (why) => invalidParameter("match[]", why));
	if (!wish.ok) return refused(wish.failure);
	const listing = await listSeries(call.env, wish.value, wish.value.limit, call.nowMs);
	if (!listing.ok) return refused(ofObject(listing.failure));
	return success(listing.value.series, notesOf(listing.value));
}

async function labels(call: Call): Promise<Response> {
	const parameters = await parametersOf(call);
	if (!parameters.ok) return refused(parameters.failure);
	const wish = wishOf(parameters.value, badData);
	if (!wish.ok) return refused(wish.failure);
	return textReply(await listLabelNames(call.env, wish.value, wish.value.limit, call.nowMs));
}

async function values(call: Call): Promise<Response> {
	const parameters = await parametersOf(call);
	if (!parameters.ok) return refused(parameters.failure);
	const wish = wishOf(parameters.value, badData);
	if (!wish.ok) return refused(wish.failure);
	const name = unescapeName(call.params["name"] ?? "");
	return textReply(await listLabelValues(call.env, name, wish.value, wish.value.limit, call.nowMs));
}

async function metadata(call: Call): Promise<Response> {
	const parameters = await parametersOf(call);
	if (!parameters.ok) return refused(parameters.failure);
	const limits: number[] = [];
	for (const name of ["limit", "limit_per_metric"]) {
		const text = first(parameters.value, name);
		const limit = text === "" ? -1 : wholeNumber(text);
		if (limit === null) return refused(badData(`${name} must be a number`));
		limits.push(limit);
	}
	const name = first(parameters.value, "metric");
	// Whoever looks at the list wants the metric that was born a moment ago, too: at most a second old.
	const directory = await directoryWith(call.env, call.nowMs, (known) => known.named(name).length > 0);
	if (!directory.ok) return refused(ofObject(directory.failure));
	const [limit = -1, limitPerMetric = -1] = limits;
	return success(metadataBody(directory.value.metrics, { name, limit, limitPerMetric }));
}

/** Samples carry no exemplars here; what is asked is checked all the same, as Prometheus does. */
async function exemplars(call: Call): Promise<Response> {
	const parameters = await parametersOf(call);
	if (!parameters.ok) return refused(parameters.failure);
	const times = timeRangeOf(parameters.value);
	if (!times.ok) return refused(times.failure);
	if (times.value.endMs < times.value.startMs)
		return refused(badData("end timestamp must not be before start timestamp"));
	const expr = validate(first(parameters.value, "query"));
	return expr.ok ? success([]) : refused(badData(failureText(expr.failure)));
}

type Wish = SeriesQuestion & { readonly limit: number };

/** `ofSelectors`: how an error in `match[]` is told, which differs between the endpoints. */
function wishOf(parameters: Parameters, ofSelectors: (why: string) => ApiFailure): Result<Wish, ApiFailure> {
	const limit = limitOf(parameters);
	if (!limit.ok) return limit;
	const times = timeRangeOf(parameters);
	if (!times.ok) return times;
	const selectors = selectorsOf(parameters);
	if (!selectors.ok) return { ok: false, failure: ofSelectors(selectors.failure) };
	return ok({ ...times.value, selectors: selectors.value, limit: limit.value });
}

function textReply(listing: Result<TextListing, Failure>): Response {
	if (!listing.ok) return refused(ofObject(listing.failure));
	return success(listing.value.texts, notesOf(listing.value));
}

type Gaps = { readonly missing: readonly string[]; readonly leftOut: number; readonly isCut: boolean };

function notesOf({ missing, leftOut, isCut }: Gaps): Notes {
	const tooMany = `${leftOut} metrics were not asked, since a request asks ${OBJECTS_PER_SELECT_MAX} objects at most`;
	return {
		warnings: [
			...partialData(missing),
			...(leftOut > 0 ? [`partial data: ${tooMany}; match[] narrows it`] : []),
			...(isCut ? [TRUNCATED] : []),
		],
		infos: [],
	};
}

/** A name that Prometheus could not say before version 3, as its clients put it into a path: `U__http_2e_method`. */
function unescapeName(name: string): string {
	if (!name.startsWith("U__")) return name;
	const escaped = name.slice(3);
	if (!/^(?:[^_]|__|_[0-9a-fA-F]{1,6}_)*$/.test(escaped)) return name;
	return escaped.replace(/__|_([0-9a-fA-F]{1,6})_/g, (whole, hex: string | undefined) => {
		if (hex === undefined) return "_";
		const code = Number.parseInt(hex, 16);
		return code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? whole : String.fromCodePoint(code);
	});
}
