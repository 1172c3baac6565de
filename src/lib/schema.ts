/**
 * Brings a Durable Object's SQLite to the newest schema. Steps only add and are never edited once shipped, so that old
 * code still runs on a newer schema after a rollback. The version stands in a table: workerd refuses PRAGMA user_version.
 */

/** One statement list a step, separated by semicolons. */
export type Schema = readonly string[];

/** Runs the steps that are still missing, all or nothing. Synchronous, so that nothing else runs before it. */
export function migrate(storage: DurableObjectStorage, schema: Schema): void {
	const sql = storage.sql;
	sql.exec(
		"CREATE TABLE IF NOT EXISTS schema_version (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL) STRICT",
	);
	const version = sql.exec<{ version: number }>("SELECT version FROM schema_version").toArray()[0]?.version ?? 0;
	if (version >= schema.length) return;
	storage.transactionSync(() => {
		for (const step of schema.slice(version)) sql.exec(step);
		sql.exec(
			"INSERT INTO schema_version (id, version) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET version = excluded.version",
			schema.length,
		);
	});
}
