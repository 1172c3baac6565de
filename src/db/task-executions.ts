/** Table task_execution_records: one row a task of a scheduled run. */
import type { Result } from "../lib/result.ts";
import type { Failure } from "../model/errors.ts";
import { cut, isoTime, jsonText, type Writer, writeRows } from "./rows.ts";

export type TaskExecution = {
	/** For when the run was scheduled: a run that is repeated replaces its record. */
	readonly scheduledMs: number;
	/** What set it off, such as `cron`. */
	readonly group: string;
	readonly task: string;
	readonly status: "success" | "failed";
	readonly durationMs: number;
	/** What the task has to say; kept as JSON. */
	readonly result: unknown;
	readonly error: string | null;
};

const WRITER: Writer<TaskExecution> = {
	into: "INSERT OR REPLACE INTO task_execution_records",
	columns: [
		["created_at", (row) => isoTime(row.scheduledMs)],
		["task_group", (row) => row.group],
		["task_name", (row) => row.task],
		["status", (row) => row.status],
		["duration_ms", (row) => row.durationMs],
		["result", (row) => jsonText(row.result)],
		["error", (row) => cut(row.error)],
	],
	onConflict: "",
};

/** Writes how tasks went. */
export function saveTaskExecutions(db: D1Database, rows: readonly TaskExecution[]): Promise<Result<number, Failure>> {
	return writeRows(db, WRITER, rows);
}
