/**
 * How long alerts last that are only said again: a sender repeats thousands of them every minute, and a row each would be dear.
 * Their ends are packed, many alerts a row. An end here counts only for an alert that was not written itself since.
 */

/** Alerts of one row: 2 kB. */
const ALERTS_PER_ROW = 256;

export class Heard {
	readonly #sql: SqlStorage;
	/** By row: the ends, Unix milliseconds; 0: none. */
	readonly #ends = new Map<number, Float64Array>();
	readonly #unsaved = new Set<number>();

	constructor(sql: SqlStorage) {
		this.#sql = sql;
		type Row = { id: number; ends: ArrayBuffer };
		for (const { id, ends } of sql.exec<Row>("SELECT id, ends FROM heard").toArray()) {
			this.#ends.set(id, new Float64Array(ends));
		}
	}

	/** When an alert was last said to end; null: its own row knows. */
	endOf(alertId: number): number | null {
		const endsMs = this.#ends.get(rowOf(alertId))?.[alertId % ALERTS_PER_ROW] ?? 0;
		return endsMs === 0 ? null : endsMs;
	}

	/** Null: the alert's own row is newer, also when its number was another alert's before. Not stored before `save`. */
	set(alertId: number, endsAtMs: number | null): void {
		const value = endsAtMs ?? 0;
		const row = rowOf(alertId);
		const ends = this.#ends.get(row) ?? new Float64Array(ALERTS_PER_ROW);
		if (ends[alertId % ALERTS_PER_ROW] === value) return;
		ends[alertId % ALERTS_PER_ROW] = value;
		this.#ends.set(row, ends);
		this.#unsaved.add(row);
	}

	/** Writes what changed, within the caller's transaction. */
	save(): void {
		for (const row of this.#unsaved) {
			this.#sql.exec(
				"INSERT INTO heard (id, ends) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET ends = excluded.ends",
				row,
				this.#ends.get(row) as Float64Array,
			);
		}
		this.#unsaved.clear();
	}
}

function rowOf(alertId: number): number {
	return Math.floor(alertId / ALERTS_PER_ROW);
}
