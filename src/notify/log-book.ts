/**
 * What goes to D1, to look back. Nobody waits for it: what D1 does not take now is kept in a table of the notifier, bounded, and
 * written when D1 is there again. Rows are upserts, so writing twice changes nothing.
 */
import { UNLOGGED_MAX, UNLOGGED_PER_RUN_MAX } from "../model/limits.ts";
import type { LogEntry } from "../model/notification.ts";
import { saveLog } from "./history.ts";

export class LogBook {
	readonly #sql: SqlStorage;
	readonly #db: D1Database;
	/** Rows that wait; counted once. */
	#waiting: number;
	#isFilling = false;
	/** Entries that had no place, since this instance woke. */
	dropped = 0;

	constructor(sql: SqlStorage, db: D1Database) {
		this.#sql = sql;
		this.#db = db;
		this.#waiting = sql.exec<{ size: number }>("SELECT count(*) AS size FROM unlogged").one().size;
	}

	get waiting(): number {
		return this.#waiting;
	}

	/** Writes entries to D1, or keeps them. */
	async log(entries: readonly LogEntry[]): Promise<void> {
		for (let from = 0; from < entries.length; from += UNLOGGED_PER_RUN_MAX) {
			const some = entries.slice(from, from + UNLOGGED_PER_RUN_MAX);
			// What waits goes first, and the order of rows of one message matters.
			if (this.#waiting > 0 || !(await saveLog(this.#db, some))) this.keep(some);
		}
	}

	keep(entries: readonly LogEntry[]): void {
		for (const entry of entries) {
			if (this.#waiting >= UNLOGGED_MAX) {
				this.#sql.exec("DELETE FROM unlogged WHERE id = (SELECT min(id) FROM unlogged)");
				this.#waiting--;
				this.dropped++;
			}
			this.#sql.exec("INSERT INTO unlogged (body) VALUES (?)", JSON.stringify(entry));
			this.#waiting++;
		}
	}

	/** Writes what waits, the oldest first, until D1 refuses again. Twice at a time is once. */
	async fill(): Promise<void> {
		if (this.#isFilling || this.#waiting === 0) return;
		this.#isFilling = true;
		try {
			while (this.#waiting > 0) {
				const rows = this.#sql
					.exec<{ id: number; body: string }>("SELECT id, body FROM unlogged ORDER BY id LIMIT ?", UNLOGGED_PER_RUN_MAX)
					.toArray();
				if (rows.length === 0) this.#waiting = 0;
				const last = rows.at(-1);
				if (
					last === undefined ||
					!(await saveLog(
						this.#db,
						rows.map(({ body }) => JSON.parse(body) as LogEntry),
					))
				)
					return;
				this.#sql.exec("DELETE FROM unlogged WHERE id <= ?", last.id);
				this.#waiting = Math.max(0, this.#waiting - rows.length);
			}
		} finally {
			this.#isFilling = false;
		}
	}
}
