/** How each target fares: what the notifier's tables say of it. It reads. */

/** Column `state` of deliveries. */
const SENDING = 2;
const DEAD = 4;

/** How one receiver fares, since ever. */
export type ReceiverRow = {
	readonly receiver: string;
	readonly delivered: number;
	readonly dead: number;
	readonly last_delivered_ms: number | null;
	readonly last_error: string | null;
};

export class ReceiverRows {
	readonly #sql: SqlStorage;

	constructor(sql: SqlStorage) {
		this.#sql = sql;
	}

	receivers(): readonly ReceiverRow[] {
		return this.#sql.exec<ReceiverRow>("SELECT * FROM receivers").toArray();
	}

	/** Dead deliveries that are kept, by receiver. */
	deadByReceiver(): ReadonlyMap<string, number> {
		const rows = this.#sql
			.exec<{ receiver: string; dead: number }>(
				"SELECT target AS receiver, count(*) AS dead FROM deliveries WHERE state = ? GROUP BY target",
				DEAD,
			)
			.toArray();
		return new Map(rows.map((row) => [row.receiver, row.dead]));
	}

	/** The latest error of what is still open, by receiver. */
	openErrors(): ReadonlyMap<string, string> {
		const rows = this.#sql
			.exec<{ receiver: string; error: string }>(
				"SELECT target AS receiver, error FROM deliveries WHERE state <= ? AND error IS NOT NULL ORDER BY seq",
				SENDING,
			)
			.toArray();
		return new Map(rows.map((row) => [row.receiver, row.error]));
	}
}
