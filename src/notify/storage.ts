/**
 * The notifier's tables, and all SQL that touches them. It decides nothing. Callers put what belongs together into one
 * `transactionSync`; every statement may run twice without harm, since it names the row and the state it wants.
 */

import type { Channel } from "../model/channel.ts";
import type { Message, MessageCause } from "../model/message.ts";
import type { Delivery, DeliveryState } from "../model/notification.ts";
import { deliveryId } from "./delivery-id.ts";
import { laneOf, type Open, type Phase } from "./lane.ts";
import { decodeMessage, encodeMessage } from "./message-text.ts";

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
	readonly said_id: number;
	readonly receiver: string;
	readonly target: string;
	readonly channel: string;
	readonly group_key: string;
	readonly status: string;
	readonly cause: string;
	readonly alerts: number;
	readonly error: string | null;
	readonly created_ms: number;
};

/** All of a delivery but what it says. */
const COLUMNS = `seq, state, attempts, next_ms, said_id, receiver, target, channel, group_key, status, cause, alerts,
	error, created_ms`;

type OpenRow = {
	readonly seq: number;
	readonly state: number;
	readonly attempts: number;
	readonly lost: number;
	readonly next_ms: number;
	readonly first_ms: number | null;
	readonly target: string;
	readonly group_key: string;
};

export type NewDelivery = {
	readonly seq: number;
	/** The seq of the first delivery of the same look. */
	readonly saidId: number;
	readonly target: string;
	readonly channel: Channel;
	readonly message: Message;
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
				`SELECT seq, state, attempts, coalesce(times, 0) AS lost, next_ms, first_ms, target, group_key
				FROM deliveries LEFT JOIN lost USING (seq) WHERE state <= ? ORDER BY seq`,
				SENDING,
			)
			.toArray()
			.map((row) => ({
				seq: row.seq,
				lane: laneOf(row.target, row.group_key),
				target: row.target,
				phase: PHASES[row.state] as Phase,
				attempts: row.attempts,
				lost: row.lost,
				nextMs: row.next_ms,
				firstMs: row.first_ms,
			}));
	}

	lastSeq(): number {
		return this.#sql.exec<{ seq: number | null }>("SELECT max(seq) AS seq FROM deliveries").one().seq ?? 0;
	}

	saveNew({ seq, saidId, target, channel, message, nowMs }: NewDelivery): void {
		this.#sql.exec(
			`INSERT INTO deliveries
			(seq, state, attempts, next_ms, owes, said_id, receiver, target, channel, group_key, status, cause, alerts,
			created_ms, message)
			VALUES (?, ?, 0, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			seq,
			PENDING,
			nowMs,
			saidId,
			message.receiver,
			target,
			channel,
			message.groupKey,
			message.status,
			message.cause,
			message.alerts.length,
			nowMs,
			encodeMessage(message),
		);
	}

	/** Gives an open delivery that never left other words. */
	saveMessage(seq: number, message: Message): void {
		this.#sql.exec(
			"UPDATE deliveries SET status = ?, cause = ?, alerts = ?, message = ? WHERE seq = ?",
			message.status,
			message.cause,
			message.alerts.length,
			encodeMessage(message),
			seq,
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

	/** How many hand-outs of a delivery were lost so far. */
	saveLost(seq: number, times: number): void {
		this.#sql.exec("INSERT OR REPLACE INTO lost (seq, times) VALUES (?, ?)", seq, times);
	}

	lostOf(seq: number): number {
		return this.#sql.exec<{ times: number }>("SELECT times FROM lost WHERE seq = ?", seq).toArray()[0]?.times ?? 0;
	}

	saveDelivered(seq: number, target: string, nowMs: number): void {
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
			target,
			nowMs,
		);
	}

	saveDead(seq: number, target: string, nowMs: number, error: string): void {
		this.#sql.exec("UPDATE deliveries SET state = ?, settled_ms = ?, error = ? WHERE seq = ?", DEAD, nowMs, error, seq);
		this.#sql.exec(
			`INSERT INTO receivers (receiver, delivered, dead, last_error) VALUES (?, 0, 1, ?)
			ON CONFLICT (receiver) DO UPDATE SET dead = dead + 1, last_error = excluded.last_error`,
			target,
			error,
		);
	}

	/** Whether anyone to whom the same was said was reached, or may still be. The log is audience only when it is alone. */
	isReachable(saidId: number, logChannel: Channel): boolean {
		const rows = this.#sql
			.exec<{ state: number; channel: string }>(
				"SELECT state, channel FROM deliveries WHERE said_id = ?1 AND seq >= ?1",
				saidId,
			)
			.toArray();
		const audience = rows.filter((row) => row.channel !== logChannel);
		return (audience.length === 0 ? rows : audience).some((row) => row.state !== DEAD);
	}

	/** Whether the alert's home has still to be told that nobody could be reached. */
	saveOwes(seq: number, owes: boolean): void {
		this.#sql.exec("UPDATE deliveries SET owes = ? WHERE seq = ?", owes ? 1 : 0, seq);
	}

	/** Dead deliveries the homes of whose alerts have still to be told, oldest first. */
	loadOwing(limit: number): readonly {
		readonly seq: number;
		readonly settledMs: number;
		readonly message: Message;
		readonly saidId: number;
	}[] {
		return this.#sql
			.exec<{ seq: number; settled_ms: number | null; message: string; said_id: number }>(
				"SELECT seq, settled_ms, message, said_id FROM deliveries WHERE state = ? AND owes = 1 ORDER BY seq LIMIT ?",
				DEAD,
				limit,
			)
			.toArray()
			.map((row) => ({
				seq: row.seq,
				settledMs: row.settled_ms ?? 0,
				message: decodeMessage(row.message),
				saidId: row.said_id,
			}));
	}

	load(seq: number): (Delivery & { readonly saidSeq: number }) | null {
		const row = this.#sql.exec<DeliveryRow>(`SELECT ${COLUMNS} FROM deliveries WHERE seq = ?`, seq).toArray()[0];
		return row === undefined ? null : { ...this.#delivery(row), saidSeq: row.said_id };
	}

	/** With its words. */
	loadWhole(seq: number): { readonly delivery: Delivery; readonly message: Message } | null {
		const row = this.#sql
			.exec<DeliveryRow & { message: string }>(`SELECT ${COLUMNS}, message FROM deliveries WHERE seq = ?`, seq)
			.toArray()[0];
		return row === undefined ? null : { delivery: this.#delivery(row), message: decodeMessage(row.message) };
	}

	message(seq: number): Message | null {
		const row = this.#sql.exec<{ message: string }>("SELECT message FROM deliveries WHERE seq = ?", seq).toArray()[0];
		return row === undefined ? null : decodeMessage(row.message);
	}

	/** Deliveries in one state or all, newest first. */
	list(state: DeliveryState | null, limit: number): readonly Delivery[] {
		const [from, to] = state === null ? [PENDING, DEAD] : [STATES.indexOf(state), STATES.lastIndexOf(state)];
		return this.#sql
			.exec<DeliveryRow>(
				`SELECT ${COLUMNS} FROM deliveries WHERE state BETWEEN ? AND ? ORDER BY seq DESC LIMIT ?`,
				from,
				to,
				limit,
			)
			.toArray()
			.map((row) => this.#delivery(row));
	}

	/** Forgets the oldest deliveries of a settled state beyond `kept`. */
	dropSettled(state: "delivered" | "dead", kept: number): void {
		this.#sql.exec(
			`DELETE FROM deliveries WHERE state = ?1 AND owes = 0 AND seq <=
			(SELECT seq FROM deliveries WHERE state = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2)`,
			STATES.indexOf(state),
			kept,
		);
		this.#sql.exec("DELETE FROM lost WHERE seq NOT IN (SELECT seq FROM deliveries)");
	}

	#delivery(row: DeliveryRow): Delivery {
		return {
			id: deliveryId(row.seq, this.nonce),
			receiver: row.receiver,
			target: row.target,
			channel: row.channel as Channel,
			saidId: deliveryId(row.said_id, this.nonce),
			groupKey: row.group_key,
			status: row.status as Message["status"],
			cause: row.cause as MessageCause,
			alerts: row.alerts,
			state: STATES[row.state] as DeliveryState,
			attempts: row.attempts,
			createdMs: row.created_ms,
			nextMs: row.next_ms,
			lastError: row.error,
		};
	}
}
