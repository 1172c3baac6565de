/**
 * Labels and annotations of a group's members, read from the tables in small portions: a group may have a hundred thousand
 * alerts, of which a message shows a thousand. What fits in one portion is read once only.
 */
import { BODIES_PER_READ } from "../../model/limits.ts";
import type { MessageAlert } from "../../model/message.ts";
import type { AlertBody, AlertRows, KeptAlert } from "./alert-rows.ts";
import { isResolved } from "./merge-alert.ts";

export class Words {
	readonly #rows: AlertRows;
	readonly #alerts: ReadonlyMap<string, KeptAlert>;
	readonly #members: ReadonlySet<string>;
	/** All of them, where they are few. */
	#bodies: ReadonlyMap<number, AlertBody> | null = null;

	/** `alerts`: all that are known, by key; `members`: the keys that may be asked for. */
	constructor(rows: AlertRows, alerts: ReadonlyMap<string, KeptAlert>, members: ReadonlySet<string>) {
		this.#rows = rows;
		this.#alerts = alerts;
		this.#members = members;
	}

	/** Alerts and their words, in the order of `keys`. Nothing may be written to the tables before it is through. */
	*of(keys: Iterable<string>): Generator<readonly [alert: KeptAlert, body: AlertBody]> {
		let portion: KeptAlert[] = [];
		for (const key of keys) {
			const alert = this.#alerts.get(key);
			if (alert !== undefined) portion.push(alert);
			if (portion.length < BODIES_PER_READ) continue;
			yield* this.#read(portion);
			portion = [];
		}
		yield* this.#read(portion);
	}

	/** The same as messages have them. */
	*messageAlerts(keys: Iterable<string>, nowMs: number): Generator<MessageAlert> {
		for (const [alert, body] of this.of(keys)) yield messageAlert(alert, body, nowMs);
	}

	*#read(portion: readonly KeptAlert[]): Generator<readonly [alert: KeptAlert, body: AlertBody]> {
		const bodies = this.#bodiesOf(portion);
		for (const alert of portion) {
			const body = bodies.get(alert.id);
			if (body !== undefined) yield [alert, body];
		}
	}

	#bodiesOf(portion: readonly KeptAlert[]): ReadonlyMap<number, AlertBody> {
		if (this.#members.size > BODIES_PER_READ) return this.#rows.bodiesOf(portion.map(({ id }) => id));
		this.#bodies ??= this.#rows.bodiesOf([...this.#members].flatMap((key) => this.#alerts.get(key)?.id ?? []));
		return this.#bodies;
	}
}

/** An alert as a message has it: ended or not as of now. */
export function messageAlert(alert: KeptAlert, body: AlertBody, nowMs: number): MessageAlert {
	const ended = isResolved(alert, nowMs);
	return {
		fingerprint: body.fingerprint,
		status: ended ? "resolved" : "firing",
		labels: body.labels,
		annotations: body.annotations,
		startsAtMs: alert.startsAtMs,
		endsAtMs: ended ? alert.endsAtMs : null,
		generatorUrl: body.generatorUrl,
		value: body.value === null ? null : Number(body.value),
		reason: ended ? body.reason : null,
		...(body.ruleId === null || body.home === null ? {} : { origin: { ruleId: body.ruleId, home: body.home } }),
	};
}
