/** From the evaluator's columns to the answer's plain data. */
import { ABSENT, type Column, type Evaluated, FLOAT, type Grid } from "./column.ts";
import { compareLabels } from "./labels.ts";
import type { Sample, Series, Value } from "./value.ts";
import { type Ranges, slide } from "./window.ts";

/** The value at the only step. */
export function answerInstant(value: Evaluated, timeMs: number): Value {
	switch (value.kind) {
		case "scalar":
			return { kind: "scalar", timeMs, value: value.values[0] as number };
		case "string":
			return { kind: "string", timeMs, text: value.text };
		case "vector":
			return { kind: "vector", samples: value.columns.flatMap((column) => sampleOf(column, timeMs)) };
	}
}

/** A matrix over the steps of the grid, its series in the order of their labels. */
export function answerRange(value: Evaluated, grid: Grid): Value {
	if (value.kind === "string") return { kind: "string", timeMs: grid.startMs, text: value.text };
	const columns = value.kind === "vector" ? value.columns : [wholeColumn(value.values)];
	const times = Float64Array.from({ length: grid.steps }, (_, step) => grid.startMs + step * grid.stepMs);
	const series = columns.flatMap((column) => seriesOf(column, times));
	return { kind: "matrix", series: series.sort((a, b) => compareLabels(a.labels, b.labels)) };
}

/** The samples of a range selector, as an instant query shows them. */
export function answerRanges(ranges: Ranges): Value {
	const found: Series[] = [];
	for (const series of ranges.series) {
		slide(series, ranges, ({ from, to }) => {
			found.push({
				labels: series.labels,
				timestampsMs: series.timestampsMs.slice(from, to),
				values: series.values.slice(from, to),
				histograms: series.histograms?.slice(from, to) ?? null,
			});
			return true;
		});
	}
	return { kind: "matrix", series: found.sort((a, b) => compareLabels(a.labels, b.labels)) };
}

function sampleOf({ labels, present, values, histograms }: Column, timeMs: number): readonly Sample[] {
	if (present[0] === ABSENT) return [];
	if (present[0] === FLOAT) return [{ labels, timeMs, value: values[0] as number, histogram: null }];
	return [{ labels, timeMs, value: Number.NaN, histogram: histograms?.[0] ?? null }];
}

function seriesOf({ labels, present, values, histograms }: Column, times: Float64Array): readonly Series[] {
	if (histograms === null && !present.includes(ABSENT)) return [{ labels, timestampsMs: times, values, histograms }];
	const steps = Array.from(present.keys()).filter((step) => present[step] !== ABSENT);
	if (steps.length === 0) return [];
	return [
		{
			labels,
			timestampsMs: Float64Array.from(steps, (step) => times[step] as number),
			values: Float64Array.from(steps, (step) => values[step] as number),
			histograms:
				histograms === null ? null : steps.map((step) => (present[step] === FLOAT ? null : (histograms[step] ?? null))),
		},
	];
}

function wholeColumn(values: Float64Array): Column {
	return { labels: {}, values, present: new Uint8Array(values.length).fill(FLOAT), histograms: null };
}
