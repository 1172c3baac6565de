/** What each function takes and gives. The list of what the evaluator can do: a name that is not here is refused. */
import type { ValueType } from "./ast.ts";

export type Signature = {
	readonly args: readonly ValueType[];
	/** How many of the last `args` may be left out. */
	readonly optional: number;
	/** Whether the last of `args` may come again. */
	readonly repeats: boolean;
	readonly returns: ValueType;
};

const MATRIX_TO_VECTOR = [
	"rate increase delta irate idelta deriv changes resets",
	"avg_over_time min_over_time max_over_time sum_over_time count_over_time last_over_time stddev_over_time",
	"stdvar_over_time present_over_time absent_over_time",
];
const VECTOR_TO_VECTOR = [
	"abs ceil floor exp ln log2 log10 sqrt sgn deg rad",
	"acos acosh asin asinh atan atanh cos cosh sin sinh tan tanh",
	"absent sort sort_desc timestamp",
	"histogram_count histogram_sum histogram_avg histogram_stddev histogram_stdvar",
];
const CALENDAR = "day_of_month day_of_week day_of_year days_in_month hour minute month year";
/** Functions of Prometheus that stand behind its feature flag. */
const EXPERIMENTAL =
	"first_over_time histogram_quantiles info mad_over_time sort_by_label sort_by_label_desc start_timestamp " +
	"ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time range step start end";

const SIGNATURES: ReadonlyMap<string, Signature> = new Map([
	...MATRIX_TO_VECTOR.flatMap((names) => entries(names, ["matrix"])),
	...VECTOR_TO_VECTOR.flatMap((names) => entries(names, ["vector"])),
	...entries(CALENDAR, ["vector"], 1),
	...entries("quantile_over_time", ["scalar", "matrix"]),
	...entries("predict_linear", ["matrix", "scalar"]),
	...entries("double_exponential_smoothing", ["matrix", "scalar", "scalar"]),
	...entries("histogram_quantile", ["scalar", "vector"]),
	...entries("histogram_fraction", ["scalar", "scalar", "vector"]),
	...entries("clamp", ["vector", "scalar", "scalar"]),
	...entries("clamp_max clamp_min", ["vector", "scalar"]),
	...entries("round", ["vector", "scalar"], 1),
	...entries("label_replace", ["vector", "string", "string", "string", "string"]),
	...entries("label_join", ["vector", "string", "string", "string"], 1, "vector", true),
	...entries("vector", ["scalar"]),
	...entries("scalar", ["vector"], 0, "scalar"),
	...entries("time pi", [], 0, "scalar"),
]);
const NOT_SUPPORTED = new Set(EXPERIMENTAL.split(" "));

/** The signature of a function, or null when there is none of this name. Names are case-sensitive, as in Prometheus. */
export function signatureOf(name: string): Signature | null {
	return SIGNATURES.get(name) ?? null;
}

/** Every function that can be evaluated. */
export function functionNames(): readonly string[] {
	return [...SIGNATURES.keys()];
}

/** Whether Prometheus knows the function behind a feature flag and this evaluator does not. */
export function isExperimental(name: string): boolean {
	return NOT_SUPPORTED.has(name);
}

function entries(
	names: string,
	args: readonly ValueType[],
	optional = 0,
	returns: ValueType = "vector",
	repeats = false,
): [string, Signature][] {
	return names.split(" ").map((name) => [name, { args, optional, repeats, returns }]);
}
