/** The *_over_time functions: one number out of the samples of a window. */
import { addScaled, scale } from "../histogram.ts";
import { meanOf, quantileOfSorted, Sum, sortNumbers, variance } from "../kahan.ts";
import type { NativeHistogram } from "../series-data.ts";
import type { OverWindow, Window } from "../window.ts";

export const countOverTime: OverWindow = ({ from, to }) => to - from;
export const presentOverTime: OverWindow = () => 1;
export const lastOverTime: OverWindow = ({ series, to }) =>
	series.histograms?.[to - 1] ?? (series.values[to - 1] as number);

export const sumOverTime: OverWindow = (window) => {
	const { series, from, to } = window;
	if (series.histograms !== null) return sumHistograms(window, series.histograms);
	const sum = new Sum();
	for (let i = from; i < to; i++) sum.add(series.values[i] as number);
	return sum.value;
};

export const avgOverTime: OverWindow = (window) => {
	const { series, from, to } = window;
	if (series.histograms !== null) return scale(sumHistograms(window, series.histograms), 1 / (to - from));
	return meanOf(series.values, from, to);
};

export const minOverTime: OverWindow = floats((values, from, to) => {
	let least = values[from] as number;
	for (let i = from + 1; i < to; i++) {
		const value = values[i] as number;
		if (value < least || Number.isNaN(least)) least = value;
	}
	return least;
});

export const maxOverTime: OverWindow = floats((values, from, to) => {
	let most = values[from] as number;
	for (let i = from + 1; i < to; i++) {
		const value = values[i] as number;
		if (value > most || Number.isNaN(most)) most = value;
	}
	return most;
});

export const stdvarOverTime: OverWindow = floats(variance);
export const stddevOverTime: OverWindow = floats((values, from, to) => Math.sqrt(variance(values, from, to)));

/** quantile_over_time, with a quantile for each step. */
export function quantileOverTime(quantiles: Float64Array): OverWindow {
	return floats((values, from, to, window) =>
		quantileOfSorted(quantiles[window.step] as number, sortNumbers(values.slice(from, to))),
	);
}

/** A function that knows floats alone, and makes nothing of distributions. */
export function floats(
	run: (values: Float64Array, from: number, to: number, window: Window) => number | null,
): OverWindow {
	return (window) => {
		const { series, from, to } = window;
		return series.histograms === null ? run(series.values, from, to, window) : null;
	};
}

function sumHistograms({ from, to }: Window, histograms: readonly NativeHistogram[]): NativeHistogram {
	let sum = histograms[from] as NativeHistogram;
	for (let i = from + 1; i < to; i++) sum = addScaled(sum, histograms[i] as NativeHistogram, 1);
	return sum;
}
