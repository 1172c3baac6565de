/** What a plan says of one series. Must never hold what does not count. */

/** Values of one series that count. `timesMs` null: all of them when the batch arrived. */
export type PlannedColumn = {
	readonly seriesId: number;
	readonly values: Float64Array;
	readonly timesMs: Float64Array | null;
};
