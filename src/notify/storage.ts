/**
 * The notifier's tables, and all SQL that touches them. It decides nothing. Callers put what belongs together into one
 * `transactionSync`; every statement may run twice without harm, since it names the row and the state it wants.
 */
import type { AlertEvent } from "../model/alert.ts";
import type { Channel, Delivery, DeliveryState } from "../model/notification.ts";
import { deliveryId } from "./delivery-id.ts";
import { decodeEvent, encodeEvent } from "./fit-event.ts";
import type { Open, Phase } from "./lane.ts";

/** Column `state`; 1 is queued. */
const PENDING = 0;
const SENDING = 2;
const DELIVERED = 3;
const DEAD = 4;

/** By column `state`. */
const PHASES: readonly Phase[] = ["pending", "queued", "sending"];
const STATES: readonly DeliveryState[] = ["pending", "sending", "sending", "delivered", "dead"];

type DeliveryRow = {
	readonly seq: number;
	readonly state: number;
	readonly attempts: number;
	readonly next_ms: number;
	readonly receiver: string;
	readonly channel: string;
	readonly error: string | null;
	readonly created_ms: number;
	readonly event: string;
};

type OpenRow = {
	readonly seq: number;
	readonly state: number;
	readonly attempts: number;
	readonly next_ms: number;
	readonly first_ms: number | null;
	readonly receiver: string;
	readonly lane: string;
};

/** How one receiver fares, since ever. */
export type ReceiverRow = {
	readonly receiver: string;
	readonly delivered: number;
	readonly dead: number;
	readonly last_delivered_ms: number | null;
	readonly last_error: string | null;
};

export type NewDelivery = {
	readonly seq: number;
	readonly receiver: string;
	readonly channel: Channel;
	readonly lane: string;
	readonly event: AlertEvent;
	readonly nowMs: number;
};

export class NotifierStorage {
	readonly #sql: SqlStorage;
	/** Part of every delivery's id; never changes once it was written. */
	readonly nonce: string;

	/** `proposedNonce` becomes the nonce if there is none yet. */
	constructor(sql: SqlStorage, proposedNonce: string) {
		this.#sql = sql;
		const known = sql.exec<{ nonce: string }>("SELECT nonce FROM notifier").toArray()[0]?.nonce;
		if (known === undefined) sql.exec("INSERT INTO notifier (id, nonce) VALUES (1, ?)", proposedNonce);
		this.nonce = known ?? proposedNonce;
	}

	/** All open deliveries, in the order in which they have to be told. */
	loadOpen(): readonly Open[] {
		return this.#sql
			.exec<OpenRow>(
				"SELECT seq, state, attempts, next_ms, first_ms, receiver, lane FROM deliveries WHERE state <= ? ORDER BY seq",
				SENDING,
			)
			.toArray()
			.map((row) => ({
				seq: row.seq,
				lane: row.lane,
				receiver: row.receiver,
				phase: PHASES[row.state] as Phase,
				attempts: row.attempts,
				nextMs: row.next_ms,
				firstMs: row.first_ms,
			}));
	}

	lastSeq(): number {
		return this.#sql.exec<{ seq: number | null }>("SELECT max(seq) AS seq FROM deliveries").one().seq ?? 0;
	}

	/** Remembers an event; false: it was known. */
	saveEvent(eventId: string, nowMs: number): boolean {
		return (
			this.#sql.exec("INSERT OR IGNORE INTO events (event_id, at_ms) VALUES (?, ?)", eventId, nowMs).rowsWritten > 0
		);
	}

	saveNew(delivery: NewDelivery): void {
		this.#sql.exec(
			`INSERT INTO deliveries
			(seq, state, attempts, next_ms, owes, event_id, receiver, channel, lane, created_ms, event)
			VALUES (?, ?, 0, ?, 0, ?, ?, ?, ?, ?, ?)`,
			delivery.seq,
			PENDING,
			delivery.nowMs,
			delivery.event.id,
			delivery.receiver,
			delivery.channel,
			delivery.lane,
			delivery.nowMs,
			encodeEvent(delivery.event),
		);
	}

	/** Where an open delivery stands. */
	saveOpen(open: Open, error?: string): void {
		this.#sql.exec(
			`UPDATE deliveries SET state = ?, attempts = ?, next_ms = ?, first_ms = ?, settled_ms = NULL, owes = 0,
			error = coalesce(?, error) WHERE seq = ?`,
			PHASES.indexOf(open.phase),
			open.attempts,
			open.nextMs,
			open.firstMs,
			error ?? null,
			open.seq,
		);
	}

	saveDelivered(seq: number, receiver: string, nowMs: number): void {
		this.#sql.exec(
			"UPDATE deliveries SET state = ?, settled_ms = ?, owes = 0, error = NULL WHERE seq = ?",
			DELIVERED,
			nowMs,
			seq,
		);
		this.#sql.exec(
			`INSERT INTO receivers (receiver, delivered, dead, last_delivered_ms) VALUES (?, 1, 0, ?)
			ON CONFLICT (receiver) DO UPDATE SET
			delivered = delivered + 1, last_delivered_ms = excluded.last_delivered_ms, last_error = NULL`,
			receiver,
			nowMs,
		);
	}

	saveDead(seq: number, receiver: string, nowMs: number, error: string): void {
		this.#sql.exec("UPDATE deliveries SET state = ?, settled_ms = ?, error = ? WHERE seq = ?", DEAD, nowMs, error, seq);
		this.#sql.exec(
			`INSERT INTO receivers (receiver, delivered, dead, last_error) VALUES (?, 0, 1, ?)
			ON CONFLICT (receiver) DO UPDATE SET dead = dead + 1, last_error = excluded.last_error`,
			receiver,
			error,
		);
	}

	/** Whether anyone of the event's audience was reached, or may still be. The log is audience only when it is alone. */
	isReachable(eventId: string, logChannel: Channel): boolean {
		const rows = this.#sql
			.exec<{ state: number; channel: string }>("SELECT state, channel FROM deliveries WHERE event_id = ?", eventId)
			.toArray();
		const audience = rows.filter((row) => row.channel !== logChannel);
		return (audience.length === 0 ? rows : audience).some((row) => row.state !== DEAD);
	}

	/** Whether the alert's home has still to be told that nobody could be reached. */
	saveOwes(seq: number, owes: boolean): void {
		this.#sql.exec("UPDATE deliveries SET owes = ? WHERE seq = ?", owes ? 1 : 0, seq);
	}

	/** Dead deliveries whose alert's home has still to be told, oldest first. */
	loadOwing(
		limit: number,
	): readonly { readonly seq: number; readonly settledMs: number; readonly event: AlertEvent }[] {
		return this.#sql
			.exec<{ seq: number; settled_ms: number | null; event: string }>(
				"SELECT seq, settled_ms, event FROM deliveries WHERE state = ? AND owes = 1 ORDER BY seq LIMIT ?",
				DEAD,
				limit,
			)
			.toArray()
			.map((row) => ({ seq: row.seq, settledMs: row.settled_ms ?? 0, event: decodeEvent(row.event) }));
	}

	load(seq: number): (Delivery & { readonly lane: string }) | null {
		const row = this.#sql
			.exec<DeliveryRow & { lane: string }>("SELECT * FROM deliveries WHERE seq = ?", seq)
			.toArray()[0];
		return row === undefined ? null : { ...this.#delivery(row), lane: row.lane };
	}

	/** Deliveries in one state or all, newest first. */
	list(state: DeliveryState | null, limit: number): readonly Delivery[] {
		const [from, to] = state === null ? [PENDING, DEAD] : [STATES.indexOf(state), STATES.lastIndexOf(state)];
		return this.#sql
			.exec<DeliveryRow>(
				"SELECT * FROM deliveries WHERE state BETWEEN ? AND ? ORDER BY seq DESC LIMIT ?",
				from,
				to,
				limit,
			)
			.toArray()
			.map((row) => this.#delivery(row));
	}

	receivers(): readonly ReceiverRow[] {
		return this.#sql.exec<ReceiverRow>("SELECT * FROM receivers").toArray();
	}

	/** Dead deliveries that are kept, by receiver. */
	deadByReceiver(): ReadonlyMap<string, number> {
		const rows = this.#sql
			.exec<{ receiver: string; dead: number }>(
				"SELECT receiver, count(*) AS dead FROM deliveries WHERE state = ? GROUP BY receiver",
				DEAD,
			)
			.toArray();
		return new Map(rows.map((row) => [row.receiver, row.dead]));
	}

	/** The latest error of what is still open, by receiver. */
	openErrors(): ReadonlyMap<string, string> {
		const rows = this.#sql
			.exec<{ receiver: string; error: string }>(
				"SELECT receiver, error FROM deliveries WHERE state <= ? AND error IS NOT NULL ORDER BY seq",
				SENDING,
			)
			.toArray();
		return new Map(rows.map((row) => [row.receiver, row.error]));
	}

	/** Forgets the oldest deliveries of a settled state beyond `kept`. */
	dropSettled(state: "delivered" | "dead", kept: number): void {
		this.#sql.exec(
			`DELETE FROM deliveries WHERE state = ?1 AND owes = 0 AND seq <=
			(SELECT seq FROM deliveries WHERE state = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2)`,
			STATES.indexOf(state),
			kept,
		);
	}

	/** Forgets events older than `beforeMs`, and the oldest beyond `kept`. */
	dropEvents(beforeMs: number, kept: number): void {
		this.#sql.exec(
			`DELETE FROM events WHERE at_ms < max(?1,
			coalesce((SELECT at_ms FROM events ORDER BY at_ms DESC LIMIT 1 OFFSET ?2), ?1))`,
			beforeMs,
			kept,
		);
	}

	#delivery(row: DeliveryRow): Delivery {
		return {
			id: deliveryId(row.seq, this.nonce),
			receiver: row.receiver,
			channel: row.channel as Channel,
			event: decodeEvent(row.event),
			state: STATES[row.state] as DeliveryState,
			attempts: row.attempts,
			createdMs: row.created_ms,
			nextMs: row.next_ms,
			lastError: row.error,
		};
	}
}
