/** Table request_logs: one row a request of the application. Its time is in Unix seconds, as operators query it. */
import type { Result } from "../lib/result.ts";
import type { Failure } from "../model/errors.ts";
import { type Writer, writeRows } from "./rows.ts";

export type RequestLog = {
	readonly requestId: string;
	readonly atMs: number;
	readonly method: string;
	/** Route pattern, never a raw path. */
	readonly endpoint: string;
	readonly status: number;
	readonly responseTimeMs: number;
	readonly hasError: boolean;
	readonly model: string | null;
	readonly totalTokens: number | null;
	/** SHA-256 of the API key, hex. */
	readonly keyHash: string | null;
};

const WRITER: Writer<RequestLog> = {
	into: "INSERT OR IGNORE INTO request_logs",
	columns: [
		["timestamp", (row) => Math.floor(row.atMs / 1_000)],
		["request_id", (row) => row.requestId],
		["method", (row) => row.method],
		["endpoint", (row) => row.endpoint],
		["status", (row) => row.status],
		["response_time", (row) => row.responseTimeMs],
		["has_error", (row) => (row.hasError ? 1 : 0)],
		["model", (row) => row.model],
		["total_tokens", (row) => row.totalTokens],
		["key_hash", (row) => row.keyHash],
	],
	onConflict: "",
};

/** Adds requests; one that is there already (same time and id) changes nothing. */
export function saveRequestLogs(db: D1Database, rows: readonly RequestLog[]): Promise<Result<number, Failure>> {
	return writeRows(db, WRITER, rows);
}
