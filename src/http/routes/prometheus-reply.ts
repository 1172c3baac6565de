/** Answers and refusals as Prometheus' HTTP API has them: its envelope, its error types, its statuses. */
import { countRejected } from "../../ingest/record.ts";
import { quote } from "../../lib/go-string.ts";
import type { Failure } from "../../model/errors.ts";
import { PARAMETER_ECHOED_CHARS_MAX } from "../../model/limits.ts";
import { failureText, type QueryFailure } from "../../promql/failure.ts";
import { errorBody, NO_NOTES, type Notes, successBody } from "../../query/prometheus-body.ts";
import { json } from "../reply.ts";

const STATUSES = { bad_data: 400, execution: 422, timeout: 503, unavailable: 503, not_found: 404 } as const;

/** Why a question is not answered, by Prometheus' own types of errors. */
export type ApiFailure = { readonly errorType: keyof typeof STATUSES; readonly error: string };

export function success(data: unknown, notes: Notes = NO_NOTES): Response {
	return json(successBody(data, notes));
}

/** The reply to what is not answered. What the caller got wrong is counted as `perdure.rejected`. */
export function refused({ errorType, error }: ApiFailure): Response {
	if (errorType === "bad_data") countRejected("invalid");
	return json(errorBody(errorType, error), STATUSES[errorType]);
}

export function badData(error: string): ApiFailure {
	return { errorType: "bad_data", error };
}

/** `invalid parameter "step": cannot parse "x" to a valid duration`. */
export function invalidParameter(name: string, why: string): ApiFailure {
	return badData(`invalid parameter ${quote(name)}: ${why}`);
}

/** A caller's own text as an error repeats it: between quotes, and not without end. */
export function echo(text: string): string {
	return quote(text.slice(0, PARAMETER_ECHOED_CHARS_MAX));
}

/** An evaluation that failed. What cannot be asked is said of the parameter `query`: the others were checked before. */
export function ofQuery(failure: QueryFailure): ApiFailure {
	switch (failure.code) {
		case "syntax":
		case "bad_request":
			return invalidParameter("query", failureText(failure));
		case "execution":
		case "timeout":
			return { errorType: failure.code, error: failure.reason };
		case "storage":
			return { errorType: "unavailable", error: failure.reason };
	}
}

/** An object that is needed for any answer did not give one. */
export function ofObject(failure: Failure): ApiFailure {
	if (failure.code === "not_found") return { errorType: "not_found", error: `there is no ${failure.what}` };
	const what = failure.code === "unavailable" ? `${failure.what} did not answer` : "the catalog has too much to do";
	return { errorType: "unavailable", error: `${what}: ask again` };
}
