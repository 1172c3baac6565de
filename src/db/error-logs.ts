/** Table error_logs: one row an error of the application. Its time is in Unix seconds, as operators query it. */
import type { Result } from "../lib/result.ts";
import type { Failure } from "../model/errors.ts";
import { cut, jsonText, type Writer, writeRows } from "./rows.ts";

export type ErrorLog = {
	readonly errorId: string;
	readonly atMs: number;
	/** Null: outside a request. */
	readonly requestId: string | null;
	/** Name of the error. */
	readonly errorType: string;
	/** Cut to ERROR_CHARS_MAX. */
	readonly message: string;
	readonly context: Readonly<Record<string, unknown>> | null;
};

const WRITER: Writer<ErrorLog> = {
	into: "INSERT OR IGNORE INTO error_logs",
	columns: [
		["timestamp", (row) => Math.floor(row.atMs / 1_000)],
		["error_id", (row) => row.errorId],
		["request_id", (row) => row.requestId],
		["error_type", (row) => row.errorType],
		["message", (row) => cut(row.message)],
		["context", (row) => jsonText(row.context)],
	],
	onConflict: "",
};

/** Adds errors; one that is there already (same time and id) changes nothing. */
export function saveErrorLogs(db: D1Database, rows: readonly ErrorLog[]): Promise<Result<number, Failure>> {
	return writeRows(db, WRITER, rows);
}
