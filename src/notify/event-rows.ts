/** Events that were taken over, by their ids: one that comes again changes nothing. */

export class EventRows {
	readonly #sql: SqlStorage;

	constructor(sql: SqlStorage) {
		this.#sql = sql;
	}

	/** Remembers an event; false: it was known. */
	save(eventId: string, nowMs: number): boolean {
		return (
			this.#sql.exec("INSERT OR IGNORE INTO events (event_id, at_ms) VALUES (?, ?)", eventId, nowMs).rowsWritten > 0
		);
	}

	isKnown(eventId: string): boolean {
		return this.#sql.exec("SELECT 1 FROM events WHERE event_id = ?", eventId).toArray().length > 0;
	}

	/** Forgets events older than `beforeMs`, and the oldest beyond `kept`. */
	drop(beforeMs: number, kept: number): void {
		this.#sql.exec(
			`DELETE FROM events WHERE at_ms < max(?1,
			coalesce((SELECT at_ms FROM events ORDER BY at_ms DESC LIMIT 1 OFFSET ?2), ?1))`,
			beforeMs,
			kept,
		);
	}
}
