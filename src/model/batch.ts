/**
 * A batch: samples of many metrics under one id, and the part of it that goes to one metric. The parts travel as
 * columns of doubles, because structured clone moves a Float64Array at the price of a copy and an object per sample at
 * many times that.
 */
import type { LabelsKey } from "./labels.ts";
import type { MetricKind } from "./metric.ts";

/** A batch's identity: 32 lower-case hex digits. A retry of the same batch has the same id. */
export type BatchId = string;

/** The part of a batch that goes to one metric. */
export type MetricPart = {
	readonly name: string;
	/** Null: whatever the metric is already; a distribution if it is new. */
	readonly kind: MetricKind | null;
	readonly unit: string | null;
	readonly help: string | null;
	/** One entry a column, each the canonical key of its label set. */
	readonly labels: readonly LabelsKey[];
	/** Where each column ends in `values`; ascending, the last one equals `values.length`. */
	readonly ends: readonly number[];
	/** The values of all columns, one after the other. */
	readonly values: Float64Array;
	/** Unix milliseconds of each value; NaN, or null for all, means "when it arrives". */
	readonly timestampsMs: Float64Array | null;
};

export type Batch = {
	readonly id: BatchId;
	/** When the caller made it, Unix milliseconds; a batch older than the dedupe window is refused as expired. */
	readonly createdMs: number;
	/** False for a bare `Idempotency-Key`, which does not say when it was made: always goes to shard 0. */
	readonly timed: boolean;
	readonly parts: readonly MetricPart[];
};

/** What one object is asked to record: its part, and the batch's identity. */
export type RecordRequest = { readonly id: BatchId; readonly createdMs: number; readonly part: MetricPart };
