/** deriv, predict_linear and double_exponential_smoothing: where the values of a window are heading. */
import type { Grid } from "../column.ts";
import { Sum } from "../kahan.ts";
import type { OverWindow, Window } from "../window.ts";
import { floats } from "./over-time.ts";

/** The slope per second of the line through the samples. */
export const deriv: OverWindow = floats((values, from, to, window) => {
	if (to - from < 2) return null;
	return lineThrough(values, window, window.series.timestampsMs[from] as number).slope;
});

/** Where that line will be so many seconds after the step, whose own time counts: `offset` moves the samples alone. */
export function predictLinear(seconds: Float64Array, grid: Grid): OverWindow {
	return floats((values, from, to, window) => {
		if (to - from < 2) return null;
		const { slope, intercept } = lineThrough(values, window, grid.startMs + window.step * grid.stepMs);
		return slope * (seconds[window.step] as number) + intercept;
	});
}

/** Holt's smoothing: `smoothing` weighs the values, `trend` the slope. Both are within (0, 1), or the result is NaN. */
export function doubleExponentialSmoothing(smoothing: Float64Array, trend: Float64Array): OverWindow {
	return floats((values, from, to, { step }) => {
		const sf = smoothing[step] as number;
		const tf = trend[step] as number;
		if (to - from < 2) return null;
		if (!(sf > 0 && sf < 1 && tf > 0 && tf < 1)) return Number.NaN;
		let slope = (values[from + 1] as number) - (values[from] as number);
		let smoothed = values[from] as number;
		let before = 0;
		for (let i = from + 1; i < to; i++) {
			if (i > from + 1) slope = tf * (smoothed - before) + (1 - tf) * slope;
			const next = sf * (values[i] as number) + (1 - sf) * (smoothed + slope);
			before = smoothed;
			smoothed = next;
		}
		return smoothed;
	});
}

/** Least squares. `originMs` is where the intercept is taken. Values that are all the same give a slope of exactly 0. */
function lineThrough(
	values: Float64Array,
	{ series, from, to }: Window,
	originMs: number,
): { slope: number; intercept: number } {
	const sums = { x: new Sum(), y: new Sum(), xy: new Sum(), xx: new Sum() };
	const first = values[from] as number;
	let constant = true;
	for (let i = from; i < to; i++) {
		const x = ((series.timestampsMs[i] as number) - originMs) / 1_000;
		const y = values[i] as number;
		constant &&= y === first;
		sums.x.add(x);
		sums.y.add(y);
		sums.xy.add(x * y);
		sums.xx.add(x * x);
	}
	if (constant)
		return Number.isFinite(first) ? { slope: 0, intercept: first } : { slope: Number.NaN, intercept: Number.NaN };
	const n = to - from;
	const covariance = sums.xy.value - (sums.x.value * sums.y.value) / n;
	const spread = sums.xx.value - (sums.x.value * sums.x.value) / n;
	const slope = covariance / spread;
	return { slope, intercept: sums.y.value / n - (slope * sums.x.value) / n };
}
