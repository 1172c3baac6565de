/**
 * The open deliveries in memory, by lane: one of each lane is on its way at a time, so that what was said later never
 * arrives earlier. A cache of the notifier's table and rebuilt from it; it never writes.
 */
import { IN_FLIGHT_PER_RECEIVER_MAX } from "../model/limits.ts";

/** pending: waits. queued: its message is on the queue. sending: a consumer has claimed it. */
export type Phase = "pending" | "queued" | "sending";

/** One open delivery: what has to be known of it without reading its event. */
export type Open = {
	readonly seq: number;
	readonly lane: string;
	readonly receiver: string;
	readonly phase: Phase;
	/** Hand-outs so far. */
	readonly attempts: number;
	/** pending: not before. queued, sending: lost when nothing was heard until then. */
	readonly nextMs: number;
	/** When it was first handed out; null: never. */
	readonly firstMs: number | null;
};

/** A view of the lanes; the object changes it only after storage has. */
export class Lanes {
	/** Each lane in the order of `seq`; an empty one is removed. */
	readonly #lanes = new Map<string, Open[]>();
	readonly #bySeq = new Map<number, Open>();
	readonly #inFlight = new Map<string, number>();
	readonly #held = new Map<string, number>();

	get size(): number {
		return this.#bySeq.size;
	}

	get(seq: number): Open | null {
		return this.#bySeq.get(seq) ?? null;
	}

	/** Adds a delivery, or puts a changed one in the place of the old. */
	put(open: Open): void {
		const known = this.#bySeq.get(open.seq);
		const lane = this.#lanes.get(open.lane) ?? [];
		if (known === undefined) {
			lane.push(open);
			// Mostly in order already; a replayed delivery is older than those that wait.
			if (lane.length > 1) lane.sort((a, b) => a.seq - b.seq);
		} else {
			lane[lane.indexOf(known)] = open;
			if (known.phase !== "pending") this.#count(known.receiver, -1);
		}
		if (open.phase !== "pending") this.#count(open.receiver, 1);
		this.#lanes.set(open.lane, lane);
		this.#bySeq.set(open.seq, open);
	}

	/** Takes a delivery out that was accepted or died. */
	remove(seq: number): void {
		const known = this.#bySeq.get(seq);
		if (known === undefined) return;
		this.#bySeq.delete(seq);
		if (known.phase !== "pending") this.#count(known.receiver, -1);
		const lane = this.#lanes.get(known.lane) ?? [];
		lane.splice(lane.indexOf(known), 1);
		if (lane.length === 0) this.#lanes.delete(known.lane);
	}

	/** Nothing of this lane leaves before `untilMs`: an attempt that is no longer needed may still be on its way. */
	hold(lane: string, untilMs: number): void {
		this.#held.set(lane, untilMs);
	}

	/** The heads that may leave at `nowMs`, oldest first, at most `limit`: those whose time has come, and those that are lost. */
	due(nowMs: number, limit: number): readonly Open[] {
		for (const [lane, untilMs] of this.#held) if (untilMs <= nowMs) this.#held.delete(lane);
		const due = this.#heads()
			.filter((head) => this.#leavesMs(head) <= nowMs)
			.sort((a, b) => a.seq - b.seq);
		const places = new Map<string, number>();
		const taken: Open[] = [];
		for (const head of due) {
			if (taken.length >= limit) break;
			// A lost one has its place already.
			if (head.phase === "pending") {
				const free = places.get(head.receiver) ?? this.#free(head.receiver);
				if (free <= 0) continue;
				places.set(head.receiver, free - 1);
			}
			taken.push(head);
		}
		return taken;
	}

	/** When something may leave next; null: nothing waits. Receivers without a free place do not count: an outcome frees one. */
	nextMs(): number | null {
		let next: number | null = null;
		for (const head of this.#heads()) {
			if (head.phase === "pending" && this.#free(head.receiver) <= 0) continue;
			const leavesMs = this.#leavesMs(head);
			if (next === null || leavesMs < next) next = leavesMs;
		}
		return next;
	}

	/** How many open deliveries each receiver has. */
	byReceiver(): ReadonlyMap<string, number> {
		const counts = new Map<string, number>();
		for (const open of this.#bySeq.values()) counts.set(open.receiver, (counts.get(open.receiver) ?? 0) + 1);
		return counts;
	}

	#heads(): Open[] {
		const heads: Open[] = [];
		// What is on its way stays the head, even if an older one was replayed meanwhile.
		for (const lane of this.#lanes.values()) heads.push(lane.find(isOut) ?? (lane[0] as Open));
		return heads;
	}

	#leavesMs(head: Open): number {
		return Math.max(head.nextMs, this.#held.get(head.lane) ?? 0);
	}

	#free(receiver: string): number {
		return IN_FLIGHT_PER_RECEIVER_MAX - (this.#inFlight.get(receiver) ?? 0);
	}

	#count(receiver: string, change: number): void {
		this.#inFlight.set(receiver, (this.#inFlight.get(receiver) ?? 0) + change);
	}
}

function isOut(open: Open): boolean {
	return open.phase !== "pending";
}
