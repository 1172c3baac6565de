/**
 * Which lane may send next: the heads of all lanes by the time at which they leave, so that nobody walks ten thousand lanes to
 * find one. It knows neither what stands behind a head nor how many places its target has.
 */
import { TimeHeap } from "../lib/heap.ts";

/** The first of a lane. `leavesMs`: pending: not before; else it is lost when nothing was heard until then. */
export type Head = {
	readonly seq: number;
	readonly target: string;
	readonly isOut: boolean;
	readonly leavesMs: number;
};

type Waiting = {
	/** By the time at which they may leave. */
	readonly later: TimeHeap<string>;
	/** Whose time has come, by age. */
	readonly ready: TimeHeap<string>;
};

export class Departures {
	/** Lanes whose head is on its way, by when it is lost. */
	readonly #out = new TimeHeap<string>();
	/** By target: lanes whose head waits. */
	readonly #waiting = new Map<string, Waiting>();
	/** Where a lane stands: its target; null: its head is on its way. */
	readonly #places = new Map<string, string | null>();
	readonly #seqs = new Map<string, number>();

	/** Puts a lane where its head has it; null: it is empty. */
	set(lane: string, head: Head | null): void {
		this.#remove(lane);
		if (head === null) return;
		this.#seqs.set(lane, head.seq);
		this.#places.set(lane, head.isOut ? null : head.target);
		if (head.isOut) this.#out.set(lane, head.leavesMs);
		else this.#of(head.target).later.set(lane, head.leavesMs);
	}

	/** Lanes whose head was lost by now, at most so many. */
	lost(nowMs: number, limit: number): readonly string[] {
		return this.#out.earliest(nowMs, limit);
	}

	/** Lanes of a target whose head may leave now, the oldest first, at most so many. */
	ready(target: string, nowMs: number, limit: number): readonly string[] {
		const { later, ready } = this.#of(target);
		for (let lane = later.due(nowMs); lane !== null; lane = later.due(nowMs)) {
			later.delete(lane);
			ready.set(lane, this.#seqs.get(lane) ?? 0);
		}
		return ready.earliest(Number.POSITIVE_INFINITY, limit);
	}

	/** Targets for which anything waits. */
	get targets(): Iterable<string> {
		return this.#waiting.keys();
	}

	/** When the first of a target's heads may leave; null: none waits. */
	nextOf(target: string): number | null {
		const waiting = this.#waiting.get(target);
		if (waiting === undefined) return null;
		return waiting.ready.size > 0 ? 0 : waiting.later.nextMs;
	}

	/** When the first that is on its way is lost; null: none is. */
	get nextLostMs(): number | null {
		return this.#out.nextMs;
	}

	#remove(lane: string): void {
		const target = this.#places.get(lane);
		if (target === undefined) return;
		this.#places.delete(lane);
		this.#seqs.delete(lane);
		if (target === null) {
			this.#out.delete(lane);
			return;
		}
		const { later, ready } = this.#of(target);
		later.delete(lane);
		ready.delete(lane);
		if (later.size + ready.size === 0) this.#waiting.delete(target);
	}

	#of(target: string): Waiting {
		const known = this.#waiting.get(target);
		if (known !== undefined) return known;
		const waiting: Waiting = { later: new TimeHeap(), ready: new TimeHeap() };
		this.#waiting.set(target, waiting);
		return waiting;
	}
}
