/** Answers of PromQL in the JSON of Prometheus' query API. Pure. Values are texts, times are seconds. */
import { formatValue } from "../promql/format-value.ts";
import type { Answer, Series, Value } from "../promql/value.ts";

/** A whole answer: `{status, data, warnings?, infos?}`. */
export function queryBody({ value, warnings, infos, missing }: Answer): Record<string, unknown> {
	const notes =
		missing.length === 0 ? warnings : [...warnings, `partial data: ${missing.length} objects did not answer`];
	return {
		status: "success",
		data: dataOf(value),
		...(notes.length > 0 ? { warnings: notes } : {}),
		...(infos.length > 0 ? { infos } : {}),
	};
}

/** `errorType` is one of Prometheus': bad_data, execution, timeout, internal, unavailable. */
export function errorBody(errorType: string, error: string): Record<string, unknown> {
	return { status: "error", errorType, error };
}

function dataOf(value: Value): unknown {
	switch (value.kind) {
		case "scalar":
			return { resultType: "scalar", result: [value.timeMs / 1_000, formatValue(value.value)] };
		case "string":
			return { resultType: "string", result: [value.timeMs / 1_000, value.text] };
		case "vector":
			return {
				resultType: "vector",
				result: value.samples.map(({ labels, timeMs, value: number, histogram }) => ({
					metric: labels,
					...(histogram === null
						? { value: [timeMs / 1_000, formatValue(number)] }
						: { histogram: [timeMs / 1_000, histogramBody(histogram)] }),
				})),
			};
		case "matrix":
			return { resultType: "matrix", result: value.series.map(seriesBody) };
	}
}

function seriesBody({ labels, timestampsMs, values, histograms }: Series): Record<string, unknown> {
	const points: unknown[] = [];
	const shapes: unknown[] = [];
	for (let i = 0; i < timestampsMs.length; i++) {
		const seconds = (timestampsMs[i] as number) / 1_000;
		const histogram = histograms?.[i] ?? null;
		if (histogram === null) points.push([seconds, formatValue(values[i] as number)]);
		else shapes.push([seconds, histogramBody(histogram)]);
	}
	return {
		metric: labels,
		...(points.length > 0 ? { values: points } : {}),
		...(shapes.length > 0 ? { histograms: shapes } : {}),
	};
}

type Shape = NonNullable<Extract<Value, { kind: "vector" }>["samples"][number]["histogram"]>;

/** A native histogram: buckets as [boundaries, lower, upper, count]; 0: open on the left, 1: open on the right, 3: closed. */
function histogramBody({ count, sum, lowers, uppers, counts }: Shape): Record<string, unknown> {
	const buckets = [...counts].map((each, i) => {
		const upper = uppers[i] as number;
		const rule = upper === 0 && lowers[i] === 0 ? 3 : upper <= 0 ? 1 : 0;
		return [rule, formatValue(lowers[i] as number), formatValue(upper), formatValue(each)];
	});
	return { count: formatValue(count), sum: formatValue(sum), buckets };
}
