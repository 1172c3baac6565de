/**
 * What goes to D1, to look back. Nobody waits for it: what D1 does not take now is kept in a table of the notifier, bounded, and
 * written when D1 is there again. Rows are upserts, so writing twice changes nothing. What is lost all the same is counted:
 * `perdure.log_rows_dropped`.
 */
import { nowMs } from "../lib/clock.ts";
import { LOG_LEFT_OUT_PER_RUN_MAX, LOG_REFUSALS_MAX, UNLOGGED_MAX, UNLOGGED_PER_RUN_MAX } from "../model/limits.ts";
import type { LogEntry } from "../model/notification.ts";
import { flushSelf, selfCount } from "../peers/self-meter.ts";
import type { ObjectEnv } from "../peers/stubs.ts";
import { faultOf, saveLog, type Taken, takesWrites, tryLog } from "./history.ts";

type Kept = { readonly id: number; readonly body: string };

export class LogBook {
	readonly #sql: SqlStorage;
	readonly #db: D1Database;
	readonly #self: ObjectEnv | null;
	/** Rows that wait; counted once. */
	#waiting: number;
	#isFilling = false;
	/** The first of the rows that D1 refused last, and how often in a row; forgotten with the instance. */
	#refused = { id: -1, times: 0 };
	/** Entries that are lost, since this instance woke: there was no place, or D1 never takes them. */
	dropped = 0;

	/** `self`: where what was lost is told; null: it is only counted. */
	constructor(sql: SqlStorage, db: D1Database, self: ObjectEnv | null = null) {
		this.#sql = sql;
		this.#db = db;
		this.#self = self;
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
		await this.#tell();
	}

	keep(entries: readonly LogEntry[]): void {
		const before = this.dropped;
		for (const entry of entries) {
			if (this.#waiting >= UNLOGGED_MAX) {
				this.#sql.exec("DELETE FROM unlogged WHERE id = (SELECT min(id) FROM unlogged)");
				this.#waiting--;
				this.#lose("no place");
			}
			this.#sql.exec("INSERT INTO unlogged (body) VALUES (?)", JSON.stringify(entry));
			this.#waiting++;
		}
		const rows = this.dropped - before;
		if (rows > 0) warn("too much of the log waits for D1: the oldest rows were dropped", { rows });
	}

	/** Writes what waits, the oldest first, until D1 refuses again. Twice at a time is once. */
	async fill(): Promise<void> {
		if (this.#isFilling) return;
		this.#isFilling = true;
		try {
			while (this.#waiting > 0 && (await this.#fillSome()));
		} finally {
			this.#isFilling = false;
		}
		await this.#tell();
	}

	/** True: these are through, and the next may be. */
	async #fillSome(): Promise<boolean> {
		const rows = this.#sql
			.exec<Kept>("SELECT id, body FROM unlogged ORDER BY id LIMIT ?", UNLOGGED_PER_RUN_MAX)
			.toArray();
		const [first] = rows;
		if (first === undefined) {
			this.#waiting = 0;
			return false;
		}
		const taken = await this.#write(rows);
		if (taken.kind === "taken") return true;
		if (taken.kind === "silent") return false;
		const times = this.#refused.id === first.id ? this.#refused.times + 1 : 1;
		this.#refused = { id: first.id, times };
		return times >= LOG_REFUSALS_MAX && (await this.#sift(rows));
	}

	/**
	 * Writes what can be written of rows that were refused together, and leaves out what D1 refuses by itself, twice, and says that
	 * the row is at fault, or gives no reason while it takes others. A database that is away, or without its migrations, costs no
	 * row. True: something moved.
	 */
	async #sift(rows: readonly Kept[]): Promise<boolean> {
		const refused: Kept[] = [];
		const before = this.#waiting;
		if (!(await this.#halve(rows, refused))) return false;
		const takesOthers = this.#waiting < before;
		for (const row of refused) {
			const again = await this.#write([row]);
			if (again.kind === "silent") return false;
			if (again.kind === "taken") continue;
			const fault = faultOf(again.why);
			if (fault === "database" || (fault === "unknown" && !(takesOthers && (await takesWrites(this.#db))))) continue;
			this.#drop([row]);
			this.#lose("refused");
			warn("D1 does not take a row of the log: it is left out", { entry: nameOf(row), why: again.why });
		}
		return this.#waiting < before;
	}

	/** By halves, in order: each row that is refused by itself costs a few calls, not one for each that is not. False: D1 is silent. */
	async #halve(rows: readonly Kept[], refused: Kept[]): Promise<boolean> {
		const middle = Math.ceil(rows.length / 2);
		for (const half of [rows.slice(0, middle), rows.slice(middle)]) {
			if (half.length === 0 || refused.length >= LOG_LEFT_OUT_PER_RUN_MAX) continue;
			const taken = await this.#write(half);
			if (taken.kind === "silent") return false;
			if (taken.kind === "taken") continue;
			const [row] = half;
			if (half.length === 1 && row !== undefined) refused.push(row);
			else if (!(await this.#halve(half, refused))) return false;
		}
		return true;
	}

	async #write(rows: readonly Kept[]): Promise<Taken> {
		const taken = await tryLog(
			this.#db,
			rows.map(({ body }) => JSON.parse(body) as LogEntry),
		);
		if (taken.kind === "taken") this.#drop(rows);
		return taken;
	}

	/** Neighbours; some of them may be gone by now, pushed out by newer ones. */
	#drop(rows: readonly Kept[]): void {
		const gone = this.#sql.exec(
			"DELETE FROM unlogged WHERE id BETWEEN ? AND ? RETURNING id",
			rows[0]?.id ?? 0,
			rows.at(-1)?.id ?? -1,
		);
		this.#waiting -= gone.toArray().length;
		// Of other rows it begins anew: an id comes again when the table was empty.
		this.#refused = { id: -1, times: 0 };
	}

	#lose(reason: "no place" | "refused"): void {
		this.dropped++;
		selfCount("log_rows_dropped", 1, { reason });
	}

	async #tell(): Promise<void> {
		if (this.#self === null) return;
		const told: Promise<unknown>[] = [];
		flushSelf(this.#self, nowMs(), (promise) => told.push(promise));
		await Promise.allSettled(told);
	}
}

/** What an entry is about, as far as that can be said without its words. */
function nameOf({ body }: Kept): string {
	const entry = JSON.parse(body) as LogEntry;
	if (entry.kind === "attempt") return `attempt ${entry.attempt.delivery.id}`;
	if (entry.kind === "dead") return `dead ${entry.delivery.id}`;
	return entry.kind === "event" ? `event of rule ${entry.event.ruleId}` : `${entry.kind} ${entry.fingerprint}`;
}

function warn(message: string, more: Readonly<Record<string, unknown>>): void {
	console.warn(
		JSON.stringify({ timestamp: new Date(nowMs()).toISOString(), level: "warn", type: "notify", message, ...more }),
	);
}
