/** Expressions by chance, from a seed: typed, so that nearly all of them can be evaluated. For comparison with another engine. */

/** A small deterministic generator (mulberry32). */
export function chance(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
	};
}

const METRICS = ["requests", "gauge", "info", "dup", "gone"];
const MATCHERS = [
	'job="api"',
	'job!="api"',
	'job=~"a.*"',
	'instance!~"[1-9]"',
	'nope=""',
	'instance=~"0|1"',
	'group!=""',
];
const LABELS = ["job", "instance", "group", "a", "nope"];
const OVER_RANGE = [
	"rate increase delta irate idelta deriv changes resets avg_over_time min_over_time max_over_time sum_over_time",
	"count_over_time last_over_time present_over_time stddev_over_time stdvar_over_time absent_over_time",
]
	.join(" ")
	.split(" ");
const OF_VECTOR = [
	"abs ceil floor exp ln log2 log10 sqrt sgn absent timestamp round sort sort_desc deg rad",
	"acos acosh asin asinh atan atanh cos cosh sin sinh tan tanh histogram_count histogram_sum",
	"histogram_avg histogram_stddev histogram_stdvar",
]
	.join(" ")
	.split(" ");
const CALENDAR = "minute hour day_of_week day_of_month day_of_year days_in_month month year".split(" ");
const AGGREGATES = "sum avg min max count group stddev stdvar".split(" ");
const ARITHMETIC = ["+", "-", "*", "/", "%", "^", "atan2"];
const COMPARE = ["==", "!=", ">", "<", ">=", "<="];

/** One expression. Ranges keep off whole multiples of the samples' 30 s, where versions 2 and 3 of Prometheus differ. */
export function generate(random: () => number): string {
	const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
	const some = (from: readonly string[], most: number) => from.filter(() => random() < 0.5).slice(0, most);
	const number = () => pick(["0", "1", "2.5", "-3", "10", "1e3", "0.5", "1m", "0x1f", "Inf"]);
	const selector = () => {
		const several = `{__name__=~"${pick(METRICS)}|${pick(METRICS)}"${random() < 0.5 ? `,${pick(MATCHERS)}` : ""}}`;
		const one = `${pick(METRICS)}${random() < 0.5 ? `{${some(MATCHERS, 2).join(",")}}` : ""}`;
		return `${random() < 0.05 ? several : one}${shift()}`;
	};
	const shift = () =>
		random() < 0.85 ? "" : pick([" offset 2m", " offset 35s", " @ 1201", " @ end()", " @ 1021 offset 1m"]);
	const range = () => {
		const window = pick(["1m20s", "3m10s", "5m5s", "12m"]);
		return random() < 0.8
			? `${pick(METRICS)}{${some(MATCHERS, 1).join("")}}[${window}]${shift()}`
			: `(${pick(METRICS)} ${pick(["+ 1", "> 2", "* 3"])})[${window}:${pick(["25s", "1m", ""])}]`;
	};
	const buckets = () =>
		pick([
			"rate(latency_bucket[5m5s])",
			"sum by (le) (rate(latency_bucket[5m5s]))",
			"latency_bucket",
			'latency_bucket{job="a"}',
		]);
	const grouping = () => (random() < 0.3 ? "" : ` ${pick(["by", "without"])} (${some(LABELS, 3).join(", ")})`);
	const scalar = (depth: number): string => {
		if (depth > 0 && random() < 0.2) return `scalar(${vector(depth - 1)})`;
		return random() < 0.9 ? number() : pick(["(time() % 97)", "pi()", "-pi()"]);
	};
	const matching = () => {
		const clause = `${pick(["on", "ignoring"])}(${some(LABELS, 3).join(", ")})`;
		const group = `${pick(["group_left", "group_right"])}${random() < 0.7 ? "" : ` (${pick(["version", "b", "nope"])})`}`;
		return random() < 0.4 ? "" : `${clause}${random() < 0.5 ? "" : ` ${group}`}`;
	};
	const binary = (depth: number): string => {
		const [left, right] = [vector(depth - 1), vector(depth - 1)];
		const kind = random();
		if (kind < 0.3) return `(${left} ${pick(["and", "or", "unless"])} ${matching().replace(/ group_.*/, "")} ${right})`;
		if (kind < 0.5) return `(${left} ${pick(ARITHMETIC)} ${scalar(depth - 1)})`;
		if (kind < 0.6) return `(${scalar(depth - 1)} ${pick(COMPARE)}${pick(["", " bool"])} ${right})`;
		if (kind < 0.8) return `(${left} ${pick(COMPARE)}${pick(["", " bool"])} ${matching()} ${right})`;
		return `(${left} ${pick(ARITHMETIC)} ${matching()} ${right})`;
	};
	const vector = (depth: number): string => {
		if (depth <= 0) return selector();
		switch (Math.floor(random() * 9)) {
			case 0:
				return selector();
			case 1:
			case 2:
				return `${pick(OVER_RANGE)}(${range()})`;
			case 3:
				return `${pick(OF_VECTOR)}(${vector(depth - 1)})`;
			case 4:
				return `${pick(AGGREGATES)}${grouping()} (${vector(depth - 1)})`;
			case 5:
				return pick([
					() => `${pick(["topk", "bottomk"])}${grouping()} (${pick(["1", "2", "0", "100"])}, ${vector(depth - 1)})`,
					() => `quantile${grouping()} (${pick(["0", "0.3", "0.9", "1"])}, ${vector(depth - 1)})`,
					() => `count_values${grouping()} ("v", ${vector(depth - 1)})`,
					() => `quantile_over_time(${pick(["0", "0.5", "0.99"])}, ${range()})`,
					() => `histogram_quantile(${pick(["0", "0.5", "0.9", "1", "-1", "2"])}, ${buckets()})`,
					() => `histogram_fraction(${pick(["0", "0.2", "-Inf"])}, ${pick(["0.3", "1", "Inf"])}, ${buckets()})`,
					() => `predict_linear(${range()}, 60)`,
					() => `double_exponential_smoothing(${range()}, ${pick(["0.1", "0.5"])}, ${pick(["0.3", "0.9"])})`,
				])();
			case 6:
				return pick([
					() => `clamp(${vector(depth - 1)}, 1, 100)`,
					() => `${pick(["clamp_min", "clamp_max"])}(${vector(depth - 1)}, ${scalar(depth - 1)})`,
					() => `label_replace(${vector(depth - 1)}, "new", "$1-x", "job", "(.).*")`,
					() => `label_join(${vector(depth - 1)}, "new", "-", "job", "instance")`,
					// Of numbers that are no time Go makes whatever the processor does.
					() => `${pick(CALENDAR)}(requests * 86400)`,
					() => `${pick(CALENDAR)}()`,
					() => `-${vector(depth - 1)}`,
					() => `vector(${scalar(depth - 1)})`,
				])();
			default:
				return binary(depth);
		}
	};
	return vector(1 + Math.floor(random() * 3));
}
