/** What the rows of a metric's tables hold (schema.ts says it of each column). */
import type { MetricKind } from "../model/metric.ts";

export type MetricRow = {
	readonly kind: MetricKind;
	readonly unit: string | null;
	readonly help: string | null;
	readonly first_ms: number;
	readonly registered: number;
	readonly totals_from_ms: number;
	/** Written when a series is deleted: until then the ids in the table say as much. */
	readonly next_series: number;
};
export type MinuteColumn = "total" | "coarse" | "fine" | "ids" | "points";
export type MinuteBlobs = Readonly<Record<MinuteColumn, Uint8Array<ArrayBuffer>>>;
export type HourColumn = "total" | "body" | "points";
export type HourBlobs = Readonly<Record<HourColumn, Uint8Array<ArrayBuffer>>>;
