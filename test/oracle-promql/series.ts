/** The series that both engines get, made by chance from a seed, and the notation in which Prometheus takes them. */
import type { Labels } from "../../src/model/labels.ts";
import type { SeriesData } from "../../src/promql/series-data.ts";

/** One value every fifteen seconds. */
export const STEP_S = 15;
/** How long the series are. */
export const SPAN_S = 3_300;
const POINTS = SPAN_S / STEP_S;

/** What is recorded: of counters the growth since the point before, of gauges the value, of buckets the count so far. */
export type Drawn = {
	readonly kind: "counter" | "gauge" | "bucket";
	readonly labels: Labels;
	readonly values: readonly number[];
};

/** Under the names and labels of which the generator makes expressions. */
export function drawSeries(random: () => number): readonly Drawn[] {
	const whole = (most: number) => Math.floor(random() * most);
	const draw = (next: (i: number, before: number) => number, points = POINTS) => {
		const values: number[] = [];
		for (let i = 0; i < points; i++) values.push(next(i, values[i - 1] ?? 0));
		return values;
	};
	const counter = (labels: Labels, most: number): Drawn => ({
		kind: "counter",
		labels: { __name__: "requests", ...labels },
		values: draw(() => whole(most)),
	});
	const gauge = (
		name: string,
		labels: Labels,
		next: (i: number, before: number) => number,
		points?: number,
	): Drawn => ({
		kind: "gauge",
		labels: { __name__: name, ...labels },
		values: draw(next, points),
	});
	return [
		counter({ job: "api", instance: "0", group: "production" }, 20),
		counter({ job: "api", instance: "1", group: "production" }, 3),
		counter({ job: "api", instance: "0", group: "canary" }, 500),
		counter({ job: "app", instance: "0", group: "production" }, 2),
		counter({ job: "app", instance: "1", group: "canary" }, 50),
		gauge("gauge", { job: "api", instance: "0" }, () => whole(10)),
		gauge("gauge", { job: "api", instance: "1" }, (_, before) => before + whole(21) / 4 - 2.5),
		gauge("gauge", { job: "app", instance: "0" }, () => 1e6),
		gauge("gauge", { job: "app", instance: "1" }, (i) => i / 8 - 5),
		gauge("info", { job: "api", version: "1" }, () => 1),
		gauge("info", { job: "app", version: "2" }, () => 1),
		gauge("dup", { a: "1", b: "x" }, () => 1),
		gauge("dup", { a: "1", b: "y" }, () => 2),
		gauge("dup", { a: "2", b: "x" }, () => 3),
		gauge("gone", { a: "1" }, () => 1, POINTS / 2),
		...bucketsOf(
			"a",
			draw(() => 2 + whole(20)),
			["0.1", "0.5", "1", "+Inf"],
			random,
		),
		...bucketsOf(
			"b",
			draw(() => whole(3)),
			["0.1", "+Inf"],
			random,
		),
	];
}

function bucketsOf(job: string, growth: readonly number[], bounds: readonly string[], random: () => number): Drawn[] {
	let below: readonly number[] = growth.map(() => 0);
	return bounds.map((le, i) => {
		const share = (i + 1) / bounds.length;
		let sum = 0;
		// Never less than the bucket below has: what it counts is counted here too.
		const more = growth.map((count) => (le === "+Inf" ? count : Math.floor(count * share * random())) * 1);
		const own = more.map((count) => (sum += count));
		const values = own.map((count, at) => count + (below[at] ?? 0));
		below = values;
		return { kind: "bucket", labels: { __name__: "latency_bucket", job, le }, values };
	});
}

/**
 * The series as an engine sees them: counters summed up, one of them begun anew in the middle. No point stands on a whole
 * second, so that none stands on the edge of a window, where versions 2 and 3 differ.
 */
export function seriesOf(drawn: readonly Drawn[], baseS: number, random: () => number): readonly SeriesData[] {
	return drawn.map(({ kind, labels, values }, at) => {
		let sum = 0;
		const points = values.map((value, i) => {
			if (kind !== "counter") return value;
			sum = at % 2 === 0 && i === 150 ? value : sum + value;
			return sum;
		});
		const timestampsMs = values.map((_, i) => (baseS + i * STEP_S) * 1_000 + 100 + Math.floor(random() * 800));
		return { labels, timestampsMs: Float64Array.from(timestampsMs), values: Float64Array.from(points) };
	});
}

/** OpenMetrics, as `promtool tsdb create-blocks-from openmetrics` reads it: one metric after the other. */
export function openMetrics(series: readonly SeriesData[]): string {
	const lines: string[] = [];
	for (const [name, all] of Map.groupBy(series, ({ labels }) => labels["__name__"] ?? "")) {
		lines.push(`# TYPE ${name} unknown`);
		for (const { labels, timestampsMs, values } of all) {
			const pairs = Object.entries(labels).filter(([key]) => key !== "__name__");
			const head = `${name}{${pairs.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(",")}}`;
			for (const [i, timeMs] of timestampsMs.entries()) lines.push(`${head} ${values[i]} ${timeMs / 1_000}`);
		}
	}
	return `${lines.join("\n")}\n# EOF\n`;
}
