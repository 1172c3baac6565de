/**
 * Parcels that are on their way, and the attempts at them. A parcel keeps its batch id over all attempts, so one that was
 * sent twice is counted once. A request works only on promises of its own: it locks a parcel for as long as an attempt may
 * take, and when a request dies the lock runs out and another takes the parcel up. Never awaits another request's promise.
 */
import {
	CLIENT_ATTEMPTS_MAX,
	CLIENT_BATCHES_WAITING_MAX,
	CLIENT_LEASE_GRACE_MS,
	CLIENT_PAUSE_MS_MAX,
	CLIENT_SEND_TIMEOUT_MS,
	CLIENT_WAITING_BYTES_MAX,
	DEDUPE_WINDOW_MS,
} from "../model/limits.ts";
import { backOffMs } from "./back-off.ts";
import type { Clock } from "./clock.ts";
import type { ClientDropReason, Tally } from "./tally.ts";
import type { Outcome } from "./transport.ts";

/** One thing to deliver: plain data and what to do with it, nothing that belongs to a request. */
export type Parcel = {
	readonly createdMs: number;
	readonly bytes: number;
	/** One attempt. Counts nothing; never throws. */
	attempt(): Promise<Outcome<unknown>>;
	accepted(value: unknown): void;
	lost(reason: ClientDropReason, detail: string): void;
};

type Waiting = Parcel & { attempts: number; notBeforeMs: number; lockedUntilMs: number };

/** The most of the dedupe window that attempts may use; the rest is for clocks that differ. */
const RETRY_WINDOW_MS = DEDUPE_WINDOW_MS * 0.9;

export class Sender {
	readonly #waiting = new Set<Waiting>();
	readonly #clock: Clock;
	readonly #tally: Tally;

	constructor(clock: Clock, tally: Tally) {
		this.#clock = clock;
		this.#tally = tally;
	}

	/** Parcels that are not yet delivered or given up. */
	get size(): number {
		return this.#waiting.size;
	}

	/** Puts a parcel in the row; the oldest give way at the bound. */
	push(parcel: Parcel): void {
		this.#waiting.add(Object.assign({ attempts: 0, notBeforeMs: 0, lockedUntilMs: 0 }, parcel));
		for (const oldest of this.#waiting) {
			if (this.#waiting.size <= CLIENT_BATCHES_WAITING_MAX && this.#bytes() <= CLIENT_WAITING_BYTES_MAX) return;
			this.#giveUp(oldest, "unsent", "too much waited for another attempt");
		}
	}

	/** Works on everything that is due and that no other request works on. Ends when each is delivered, parked or lost. */
	async deliver(): Promise<void> {
		const nowMs = this.#clock.nowMs();
		const due = [...this.#waiting].filter((one) => one.lockedUntilMs <= nowMs && one.notBeforeMs <= nowMs);
		await Promise.all(due.map((parcel) => this.#work(parcel)));
	}

	async #work(parcel: Waiting): Promise<void> {
		while (this.#waiting.has(parcel)) {
			this.#lock(parcel, 0);
			parcel.attempts++;
			const outcome = await parcel.attempt();
			if (outcome.kind === "accepted") {
				// False: it was given up, or another request had it acknowledged, in the meantime.
				if (this.#waiting.delete(parcel)) parcel.accepted(outcome.value);
				return;
			}
			if (outcome.kind === "refused") {
				return this.#giveUp(parcel, outcome.expired ? "expired" : "refused", outcome.reason);
			}
			const pauseMs = this.#pause(parcel, outcome.reason, outcome.afterMs);
			if (pauseMs === null) return;
			this.#lock(parcel, pauseMs);
			await this.#clock.sleep(pauseMs);
		}
	}

	/** How long to sleep before the next attempt, or null if this request is done with the parcel. */
	#pause(parcel: Waiting, reason: string, afterMs: number | null): number | null {
		const nowMs = this.#clock.nowMs();
		const pauseMs = backOffMs(parcel.attempts, this.#clock.random(), afterMs);
		if (parcel.attempts >= CLIENT_ATTEMPTS_MAX || nowMs + pauseMs - parcel.createdMs > RETRY_WINDOW_MS) {
			this.#giveUp(parcel, "unreachable", reason);
			return null;
		}
		this.#tally.retries++;
		if (pauseMs <= CLIENT_PAUSE_MS_MAX) return pauseMs;
		parcel.notBeforeMs = nowMs + pauseMs;
		parcel.lockedUntilMs = 0;
		return null;
	}

	#lock(parcel: Waiting, pauseMs: number): void {
		parcel.lockedUntilMs = this.#clock.nowMs() + pauseMs + CLIENT_SEND_TIMEOUT_MS + CLIENT_LEASE_GRACE_MS;
	}

	#giveUp(parcel: Waiting, reason: ClientDropReason, detail: string): void {
		if (this.#waiting.delete(parcel)) parcel.lost(reason, detail);
	}

	#bytes(): number {
		let bytes = 0;
		for (const parcel of this.#waiting) bytes += parcel.bytes;
		return bytes;
	}
}
