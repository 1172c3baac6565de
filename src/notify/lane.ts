/**
 * The open deliveries in memory, by lane: one of each lane is on its way at a time, so that what was said later never
 * arrives earlier. A cache of the notifier's table and rebuilt from it; it never writes.
 */
import { TimeHeap } from "../lib/heap.ts";
import { IN_FLIGHT_PER_RECEIVER_MAX } from "../model/limits.ts";
import type { Buckets } from "./bucket.ts";
import { Departures } from "./departures.ts";

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
	/** Those of them that were lost: nothing was heard within their lease, which says nothing about the receiver. */
	readonly lost: number;
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
	/** Lanes from which nothing leaves before a time. */
	readonly #held = new TimeHeap<string>();
	readonly #departures = new Departures();
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
		this.#place(open.lane);
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
		this.#place(known.lane);
	}

	/** Nothing of this lane leaves before `untilMs`: an attempt that is no longer needed may still be on its way. */
	hold(lane: string, untilMs: number): void {
		this.#held.set(lane, untilMs);
		this.#place(lane);
	}

	/** The heads that may leave at `nowMs`, oldest first, at most `limit`: those whose time has come, and those that are lost. */
	due(nowMs: number, limit: number): readonly Open[] {
		for (let lane = this.#held.due(nowMs); lane !== null; lane = this.#held.due(nowMs)) this.#held.delete(lane);
		const lanes = [...this.#departures.lost(nowMs, limit)];
		for (const target of this.#departures.targets) {
			// It may leave, if its target has a place and a token for it.
			const free = Math.min(limit, this.#free(target));
			if (free > 0 && this.#bucketMs(target, nowMs) <= nowMs)
				lanes.push(...this.#departures.ready(target, nowMs, free));
		}
		const taken: Open[] = [];
		for (const head of lanes.flatMap((lane) => this.#headOf(lane) ?? []).sort((a, b) => a.seq - b.seq)) {
			if (taken.length >= limit) break;
			// A lost one has its token already.
			if (head.phase === "pending") {
				if (this.#bucketMs(head.target, nowMs) > nowMs) continue;
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
		let next = this.#departures.nextLostMs ?? Number.POSITIVE_INFINITY;
		for (const target of this.#departures.targets) {
			if (this.#free(target) <= 0) continue;
			const leavesMs = this.#departures.nextOf(target) ?? Number.POSITIVE_INFINITY;
			next = Math.min(next, Math.max(leavesMs, this.#bucketMs(target, nowMs)));
		}
		return next === Number.POSITIVE_INFINITY ? null : next;
	}

	/** How many open deliveries each target has. */
	byTarget(): ReadonlyMap<string, number> {
		const counts = new Map<string, number>();
		for (const open of this.#bySeq.values()) counts.set(open.target, (counts.get(open.target) ?? 0) + 1);
		return counts;
	}

	/** What is on its way stays the head, even if an older one was replayed meanwhile. */
	#headOf(lane: string): Open | null {
		const opens = this.#lanes.get(lane);
		return opens?.find(isOut) ?? opens?.[0] ?? null;
	}

	#place(lane: string): void {
		const head = this.#headOf(lane);
		if (head === null) {
			this.#departures.set(lane, null);
			return;
		}
		const { seq, target } = head;
		const leavesMs = Math.max(head.nextMs, this.#held.timeOf(lane) ?? 0);
		this.#departures.set(lane, { seq, target, isOut: isOut(head), leavesMs });
	}

	/** When a target's bucket has its next token. */
	#bucketMs(target: string, nowMs: number): number {
		return this.#buckets?.nextMs(target, nowMs) ?? 0;
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
