/** Where the wrapped bindings put what they measure. A monitor is one; a binding must never know more of it. */
import type { Labels } from "../model/labels.ts";

export interface Meter {
	/** Adds to a counter. `delta` is finite and not negative. */
	count(name: string, delta?: number, labels?: Labels): void;
	/** Sets a gauge: the last value counts. */
	gauge(name: string, value: number, labels?: Labels): void;
	/** Adds a value to a distribution: every value counts, quantiles come of it. */
	record(name: string, value: number, labels?: Labels, options?: { readonly unit?: string }): void;
}
