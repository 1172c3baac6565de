/**
 * The open deliveries in memory, by lane: one of each lane is on its way at a time, so that what was said later never
 * arrives earlier. A cache of the notifier's table and rebuilt from it; it never writes.
 */
import { IN_FLIGHT_PER_RECEIVER_MAX } from "../model/limits.ts";
import type { Buckets } from "./bucket.ts";

/** pending: waits. queued: its message is on the queue. sending: a consumer has claimed it. */
export type Phase = "pending" | "queued" | "sending";

/** One open delivery: what has to be known of it without reading its event. */
export type Open = {
	readonly seq: number;
	readonly lane: string;
	readonly target: string;
	readonly phase: Phase;
	/** Hand-outs so far. */
	readonly attempts: number;
	/** pending: not before. queued, sending: lost when nothing was heard until then. */
	readonly nextMs: number;
	/** When it was first handed out; null: never. */
	readonly firstMs: number | null;
};

/** What goes to one target about one group goes one after the other. */
export function laneOf(target: string, groupKey: string): string {
	return `${target} ${groupKey}`;
}

/** A view of the lanes; the object changes it only after storage has. */
export class Lanes {
	/** Each lane in the order of `seq`; an empty one is removed. */
	readonly #lanes = new Map<string, Open[]>();
	readonly #bySeq = new Map<number, Open>();
	readonly #inFlight = new Map<string, number>();
	readonly #held = new Map<string, number>();
	readonly #buckets: Buckets | null;

	/** `buckets`: how fast each target may be sent to; null: as fast as can be. */
	constructor(buckets: Buckets | null = null) {
		this.#buckets = buckets;
	}

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
			if (known.phase !== "pending") this.#count(known.target, -1);
		}
		if (open.phase !== "pending") this.#count(open.target, 1);
		this.#lanes.set(open.lane, lane);
		this.#bySeq.set(open.seq, open);
	}

	/** Takes a delivery out that was accepted or died. */
	remove(seq: number): void {
		const known = this.#bySeq.get(seq);
		if (known === undefined) return;
		this.#bySeq.delete(seq);
		if (known.phase !== "pending") this.#count(known.target, -1);
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
				const free = places.get(head.target) ?? this.#free(head.target);
				if (free <= 0 || (this.#buckets?.nextMs(head.target, nowMs) ?? nowMs) > nowMs) continue;
				places.set(head.target, free - 1);
				this.#buckets?.take(head.target, nowMs);
			}
			taken.push(head);
		}
		return taken;
	}

	/** The last of a lane, if it never left and others wait before it; null: there is none, or it may be on its way. */
	lastWaiting(lane: string, waitingMax: number): Open | null {
		const opens = this.#lanes.get(lane) ?? [];
		const last = opens.at(-1);
		if (opens.length < waitingMax || last === undefined) return null;
		return last.phase === "pending" && last.attempts === 0 && last.firstMs === null ? last : null;
	}

	/** When something may leave next; null: nothing waits. Targets without a free place do not count: an outcome frees one. */
	nextMs(nowMs: number): number | null {
		let next = Number.POSITIVE_INFINITY;
		/** By target: when a pending one may leave, whichever it is. */
		const mayMs = new Map<string, number>();
		for (const head of this.#heads()) {
			let leavesMs = this.#leavesMs(head);
			if (head.phase === "pending") {
				const targetMs = mayMs.get(head.target) ?? this.#targetMs(head.target, nowMs);
				mayMs.set(head.target, targetMs);
				leavesMs = Math.max(leavesMs, targetMs);
			}
			if (leavesMs < next) next = leavesMs;
		}
		return next === Number.POSITIVE_INFINITY ? null : next;
	}

	/** How many open deliveries each target has. */
	byTarget(): ReadonlyMap<string, number> {
		const counts = new Map<string, number>();
		for (const open of this.#bySeq.values()) counts.set(open.target, (counts.get(open.target) ?? 0) + 1);
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

	/** When a target takes another message; infinity: when an outcome has freed a place. */
	#targetMs(target: string, nowMs: number): number {
		return this.#free(target) <= 0 ? Number.POSITIVE_INFINITY : (this.#buckets?.nextMs(target, nowMs) ?? 0);
	}

	#free(target: string): number {
		return IN_FLIGHT_PER_RECEIVER_MAX - (this.#inFlight.get(target) ?? 0);
	}

	#count(target: string, change: number): void {
		this.#inFlight.set(target, (this.#inFlight.get(target) ?? 0) + change);
	}
}

function isOut(open: Open): boolean {
	return open.phase !== "pending";
}
