/** What a sketch is made of, as the functions of this folder take it. For this folder only: everyone else has the Sketch. */
import type { BinStore } from "./bin-store.ts";

export interface SketchParts {
	/** Places as in scalars.ts. */
	readonly scalars: Float64Array;
	readonly positive: BinStore;
	/** Bins by magnitude. */
	readonly negative: BinStore;
	readonly count: number;
	readonly isEmpty: boolean;
	/** Samples in one bin, by its ordinal (bins.ts). */
	countIn(ordinal: number): number;
	/** Adds scalars and makes the counters wide enough for the new count. */
	addScalars(other: Float64Array): void;
	/** Takes scalars away. */
	subtractScalars(other: Float64Array): void;
}
