/** Table api_key_metrics: how each API key fares. Totals are written whole, so that writing them twice is harmless. */
import type { Result } from "../lib/result.ts";
import type { Failure } from "../model/errors.ts";
import { type Writer, writeRows } from "./rows.ts";

export type ApiKeyMetrics = {
	/** SHA-256 of the API key, hex. */
	readonly keyHash: string;
	/** Since the key was first seen. */
	readonly totalRequests: number;
	readonly successfulRequests: number;
	readonly averageResponseTimeMs: number;
	readonly healthy: boolean;
	readonly updatedMs: number;
};

const WRITER: Writer<ApiKeyMetrics> = {
	into: "INSERT INTO api_key_metrics",
	columns: [
		["key_hash", (row) => row.keyHash],
		["total_requests", (row) => row.totalRequests],
		["successful_requests", (row) => row.successfulRequests],
		["average_response_time", (row) => row.averageResponseTimeMs],
		["is_healthy", (row) => (row.healthy ? 1 : 0)],
		["updated_at", (row) => Math.floor(row.updatedMs / 1_000)],
	],
	onConflict: `ON CONFLICT (key_hash) DO UPDATE SET
		total_requests = excluded.total_requests, successful_requests = excluded.successful_requests,
		average_response_time = excluded.average_response_time, is_healthy = excluded.is_healthy,
		updated_at = excluded.updated_at
		WHERE excluded.updated_at >= api_key_metrics.updated_at`,
};

/** Replaces the totals of the keys, unless newer ones are there. */
export function saveApiKeyMetrics(db: D1Database, rows: readonly ApiKeyMetrics[]): Promise<Result<number, Failure>> {
	return writeRows(db, WRITER, rows);
}
