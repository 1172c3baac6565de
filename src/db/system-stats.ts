/** Table system_stats: one row a day (UTC). Totals are written whole, so that writing them twice is harmless. */
import type { Result } from "../lib/result.ts";
import type { Failure } from "../model/errors.ts";
import { finite, isoTime, type Writer, writeRows } from "./rows.ts";

export type SystemStats = {
	/** Any time of the day that is meant. */
	readonly dayMs: number;
	readonly totalRequests: number;
	readonly failedRequests: number;
	readonly averageResponseTimeMs: number;
	readonly totalTokens: number;
	/** 0 to 1; null: nothing was looked up. */
	readonly cacheHitRate: number | null;
	readonly updatedMs: number;
};

const WRITER: Writer<SystemStats> = {
	into: "INSERT INTO system_stats",
	columns: [
		["date", (row) => isoTime(row.dayMs).slice(0, 10)],
		["total_requests", (row) => row.totalRequests],
		["failed_requests", (row) => row.failedRequests],
		["average_response_time", (row) => row.averageResponseTimeMs],
		["total_tokens", (row) => row.totalTokens],
		["cache_hit_rate", (row) => finite(row.cacheHitRate)],
		["updated_at", (row) => Math.floor(row.updatedMs / 1_000)],
	],
	onConflict: `ON CONFLICT (date) DO UPDATE SET
		total_requests = excluded.total_requests, failed_requests = excluded.failed_requests,
		average_response_time = excluded.average_response_time, total_tokens = excluded.total_tokens,
		cache_hit_rate = excluded.cache_hit_rate, updated_at = excluded.updated_at
		WHERE excluded.updated_at >= system_stats.updated_at`,
};

/** Replaces the totals of the days, unless newer ones are there. */
export function saveSystemStats(db: D1Database, rows: readonly SystemStats[]): Promise<Result<number, Failure>> {
	return writeRows(db, WRITER, rows);
}
