/**
 * The one way in which rows reach D1 and leave it: batched, bounded, and with a failure as a value. D1 may be down at
 * any time; whoever calls goes on without it. It never knows a table.
 */
import { err, ok, type Result } from "../lib/result.ts";
import type { Failure } from "../model/errors.ts";
import { D1_PARAMS_MAX, D1_ROWS_PER_CALL_MAX, D1_TEXT_CHARS_MAX, ERROR_CHARS_MAX } from "../model/limits.ts";

export type Cell = string | number | null;

/** How rows of one kind are written: a verb, the columns in order, and what happens when the key is there already. */
export type Writer<Row> = {
	/** Such as `INSERT OR IGNORE INTO alert_history`. */
	readonly into: string;
	readonly columns: readonly (readonly [name: string, cell: (row: Row) => Cell])[];
	/** Such as `ON CONFLICT (key) DO UPDATE SET ...`; empty for none. */
	readonly onConflict: string;
};

/** The statements that write `rows`, each with as many rows as its parameters allow. */
export function writeStatements<Row>(
	db: D1Database,
	writer: Writer<Row>,
	rows: readonly Row[],
): readonly D1PreparedStatement[] {
	const names = writer.columns.map(([name]) => name).join(", ");
	const marks = `(${writer.columns.map(() => "?").join(", ")})`;
	const perStatement = Math.max(1, Math.floor(D1_PARAMS_MAX / writer.columns.length));
	const statements: D1PreparedStatement[] = [];
	for (let start = 0; start < rows.length; start += perStatement) {
		const part = rows.slice(start, start + perStatement);
		const values = part.map(() => marks).join(", ");
		const cells = part.flatMap((row) => writer.columns.map(([, cell]) => cell(row)));
		statements.push(db.prepare(`${writer.into} (${names}) VALUES ${values} ${writer.onConflict}`).bind(...cells));
	}
	return statements;
}

/** Runs statements as one transaction. Answers how many rows changed; rows that were there already do not count. */
export async function runBatch(
	db: D1Database,
	statements: readonly D1PreparedStatement[],
): Promise<Result<number, Failure>> {
	if (statements.length === 0) return ok(0);
	try {
		const results = await db.batch([...statements]);
		return ok(results.reduce((sum, result) => sum + result.meta.changes, 0));
	} catch (error) {
		return err(down(error));
	}
}

/** Writes rows in one transaction; more than D1_ROWS_PER_CALL_MAX are refused before anything is written. */
export async function writeRows<Row>(
	db: D1Database,
	writer: Writer<Row>,
	rows: readonly Row[],
): Promise<Result<number, Failure>> {
	if (rows.length > D1_ROWS_PER_CALL_MAX) {
		return err({ code: "too_large", what: "rows of one write", limit: D1_ROWS_PER_CALL_MAX, got: rows.length });
	}
	return runBatch(db, writeStatements(db, writer, rows));
}

/** Reads the rows of one statement, which must bound its own number of rows. */
export async function readRows<Row>(statement: D1PreparedStatement): Promise<Result<readonly Row[], Failure>> {
	try {
		return ok((await statement.all<Row>()).results);
	} catch (error) {
		return err(down(error));
	}
}

/** Unix milliseconds as the ISO text that the tables hold. */
export function isoTime(ms: number): string {
	return new Date(ms).toISOString();
}

/** Text that fits its column; null stays null. */
export function cut(text: string | null, chars: number = ERROR_CHARS_MAX): string | null {
	return text === null || text.length <= chars ? text : `${text.slice(0, chars - 1)}…`;
}

/** A value as JSON text, or null when it is null or would not fit: half of a JSON text is of no use. */
export function jsonText(value: unknown): string | null {
	if (value === null || value === undefined) return null;
	const text = JSON.stringify(value);
	return text === undefined || text.length > D1_TEXT_CHARS_MAX ? null : text;
}

/** A number that SQLite can hold: NaN and infinity become null. */
export function finite(value: number | null): number | null {
	return value !== null && Number.isFinite(value) ? value : null;
}

/** What a call to D1 that threw is. Its own words say which constraint or limit it was; they hold no values. */
export function down(error: unknown): Failure {
	const why = error instanceof Error ? error.message : String(error);
	return { code: "unavailable", what: `D1 (${cut(why, 200)})`, retryAfterS: 5 };
}
