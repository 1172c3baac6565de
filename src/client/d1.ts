/**
 * A D1 database that measures its queries. The text of a slow query is logged, its parameters never: they are the
 * application's data. The labels hold the kind of statement only, never the text.
 */
import { CLIENT_SLOW_QUERY_MS, CLIENT_SQL_CHARS_MAX } from "../model/limits.ts";
import type { Clock } from "./clock.ts";
import { intercept, watched } from "./intercept.ts";
import type { Meter } from "./meter.ts";

export type D1Options = {
	/** From this many milliseconds on, a query is counted as slow and its text is logged. Default 200. */
	readonly slowQueryMs?: number;
	/** Takes the line about a slow query. Default `console.warn`. */
	readonly log?: (line: string) => void;
};

type Run = <T>(operation: string, sql: string, work: () => Promise<T>) => Promise<T>;

const OPERATIONS = new Set([
	"select",
	"insert",
	"update",
	"delete",
	"replace",
	"with",
	"pragma",
	"create",
	"drop",
	"alter",
]);

/**
 * `database`, measured. Label `operation`: select, insert, update, delete, replace, with, pragma, create, drop, alter,
 * batch, exec, other. A batch is measured as one.
 */
export function monitorD1(database: D1Database, meter: Meter, clock: Clock, options: D1Options = {}): D1Database {
	const originals = new WeakMap<object, D1PreparedStatement>();
	const run = runner(meter, clock, options);
	const wrap = (statement: D1PreparedStatement, sql: string): D1PreparedStatement => {
		const timed = <A extends unknown[], R>(method: (...args: A) => Promise<R>) => {
			return (...args: A) => run(operationOf(sql), sql, () => method.apply(statement, args));
		};
		const wrapped = intercept(statement, {
			bind: (...values: unknown[]) => wrap(statement.bind(...values), sql),
			first: timed(statement.first as (...args: unknown[]) => Promise<unknown>),
			run: timed(statement.run as () => Promise<unknown>),
			all: timed(statement.all as () => Promise<unknown>),
			raw: timed(statement.raw as (...args: unknown[]) => Promise<unknown>),
		});
		originals.set(wrapped, statement);
		return wrapped;
	};
	const methods = <T extends D1Database | D1DatabaseSession>(source: T) => ({
		prepare: (sql: string) => wrap(source.prepare(sql), String(sql)),
		batch: (statements: D1PreparedStatement[]) =>
			run("batch", `batch of ${statements.length}`, () =>
				source.batch(statements.map((one) => originals.get(one) ?? one)),
			),
	});
	return intercept(database, {
		...methods(database),
		exec: (sql: string) => run("exec", String(sql), () => database.exec(sql)),
		withSession: (constraint?: string) => {
			const session = database.withSession(constraint);
			return intercept(session, methods(session));
		},
	});
}

/** The kind of a statement: its first word, in lower case; 'other' for what SQLite knows and this list does not. */
export function operationOf(sql: string): string {
	// Comments before the statement are skipped, a bounded part of the text is looked at.
	const word = /^(?:\s|--[^\n]*\n|\/\*[^*]*\*\/)*([a-z]+)/i
		.exec(sql.slice(0, CLIENT_SQL_CHARS_MAX))?.[1]
		?.toLowerCase();
	return word !== undefined && OPERATIONS.has(word) ? word : "other";
}

function runner(meter: Meter, clock: Clock, options: D1Options): Run {
	const slowQueryMs = options.slowQueryMs ?? CLIENT_SLOW_QUERY_MS;
	const log = options.log ?? ((line: string) => console.warn(line));
	return (operation, sql, work) =>
		watched(clock.nowMs, work, (durationMs, failed) => {
			meter.record("db.query_time", durationMs, { operation }, { unit: "ms" });
			if (failed) meter.count("db.errors", 1, { operation });
			if (durationMs < slowQueryMs) return;
			meter.count("db.slow_queries", 1, { operation });
			const timestamp = new Date(clock.nowMs()).toISOString();
			const data = { operation, durationMs, sql: sql.slice(0, CLIENT_SQL_CHARS_MAX) };
			log(JSON.stringify({ timestamp, level: "warn", message: "slow query", data }));
		});
}
