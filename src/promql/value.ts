/** What an evaluation answers. Plain data, told apart by `kind`. */
import type { Labels } from "../model/labels.ts";
import type { NativeHistogram } from "./series-data.ts";

export type Scalar = { readonly kind: "scalar"; readonly timeMs: number; readonly value: number };
export type Text = { readonly kind: "string"; readonly timeMs: number; readonly text: string };
export type Vector = { readonly kind: "vector"; readonly samples: readonly Sample[] };
export type Matrix = { readonly kind: "matrix"; readonly series: readonly Series[] };
export type Value = Scalar | Vector | Matrix | Text;

/** One element of a vector. `value` is NaN where `histogram` is given. */
export type Sample = {
	readonly labels: Labels;
	readonly timeMs: number;
	readonly value: number;
	readonly histogram: NativeHistogram | null;
};

/** One series of a matrix: arrays are parallel, and may be shared between series; `histograms` is null when it has none. */
export type Series = {
	readonly labels: Labels;
	readonly timestampsMs: Float64Array;
	readonly values: Float64Array;
	readonly histograms: readonly (NativeHistogram | null)[] | null;
};

export type Answer = {
	readonly value: Value;
	/** Something is likely wrong with the result. */
	readonly warnings: readonly string[];
	/** Something may be worth a look. */
	readonly infos: readonly string[];
	/** What did not answer the querier; not empty: the value rests on partial data. */
	readonly missing: readonly string[];
	/** How many selectors the expression has, and how many of them found no sample at all. */
	readonly selectors: { readonly total: number; readonly empty: number };
};
