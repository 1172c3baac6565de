/** What an engine says of an expression at one time or over many, in one form, whichever engine it is. */
import type { Labels } from "../../src/model/labels.ts";
import { evaluateInstant, evaluateRange } from "../../src/promql/evaluate.ts";
import { failureText } from "../../src/promql/failure.ts";
import type { Querier } from "../../src/promql/querier.ts";
import type { Value } from "../../src/promql/value.ts";
import { readNumber } from "../promql/memory-querier.ts";
import type { Sample, Verdict } from "../promql/promtool.ts";

/** Seconds. With a step it is a range query. */
export type Times = { readonly startS: number; readonly endS: number; readonly stepS: number | null };
/** One call of a query API, which answers with its body, whatever the status. */
export type AskApi = (path: string, form: URLSearchParams) => Promise<string>;

/** Asks our engine. */
export async function askEngine(text: string, querier: Querier, { startS, endS, stepS }: Times): Promise<Verdict> {
	const result =
		stepS === null
			? await evaluateInstant(text, querier, { timeMs: endS * 1_000 })
			: await evaluateRange(text, querier, { startMs: startS * 1_000, endMs: endS * 1_000, stepMs: stepS * 1_000 });
	if (!result.ok) return { kind: "error", text: failureText(result.failure) };
	return { kind: "samples", samples: samplesOf(result.value.value) };
}

function samplesOf(value: Value): readonly Sample[] {
	switch (value.kind) {
		case "scalar":
			return [{ labels: {}, value: value.value, timeMs: value.timeMs }];
		case "string":
			throw new Error("no text was asked for");
		case "vector":
			return value.samples.map(({ labels, timeMs, value: one }) => ({ labels, timeMs, value: one }));
		case "matrix":
			return value.series.flatMap(({ labels, timestampsMs, values }) =>
				Array.from(timestampsMs, (timeMs, i) => ({ labels, timeMs, value: values[i] as number })),
			);
	}
}

/** Asks an engine behind Prometheus' API. */
export async function askApi(text: string, ask: AskApi, { startS, endS, stepS }: Times): Promise<Verdict> {
	if (stepS === null) return readVerdict(await ask("/api/v1/query", formOf({ query: text, time: endS })));
	return readVerdict(await ask("/api/v1/query_range", formOf({ query: text, start: startS, end: endS, step: stepS })));
}

function formOf(fields: Readonly<Record<string, string | number>>): URLSearchParams {
	return new URLSearchParams(Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)]));
}

type Point = readonly [number, string];
type Body = {
	readonly status: string;
	readonly error?: string;
	readonly data: {
		readonly resultType: string;
		readonly result:
			| Point
			| readonly { readonly metric: Labels; readonly value?: Point; readonly values?: readonly Point[] }[];
	};
};

/** The answer of Prometheus' API as a verdict. */
export function readVerdict(text: string): Verdict {
	const body = JSON.parse(text) as Body;
	if (body.status !== "success") return { kind: "error", text: body.error ?? "" };
	const { resultType, result } = body.data;
	if (resultType === "scalar") return { kind: "samples", samples: [sampleOf({}, result as Point)] };
	const series = result as Exclude<Body["data"]["result"], Point>;
	return {
		kind: "samples",
		samples: series.flatMap(({ metric, value, values }) =>
			(values ?? (value === undefined ? [] : [value])).map((point) => sampleOf(metric, point)),
		),
	};
}

function sampleOf(labels: Labels, [seconds, text]: Point): Sample {
	return { labels, timeMs: Math.round(seconds * 1_000), value: readNumber(text) };
}
