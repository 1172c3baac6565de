/** Where a minute or an hour lies in its ring of rows: each has as many slots as its blobs may need chunks. Pure. */
import { CHUNKS_PER_MINUTE_MAX } from "../model/limits.ts";

/** Slots of one minute (or hour): from the first up to, not including, the second. */
export function slotRange(at: number, ring: number): [number, number] {
	const slot = (at % ring) * CHUNKS_PER_MINUTE_MAX;
	return [slot, slot + CHUNKS_PER_MINUTE_MAX];
}

/** An interval of minutes (or hours), both included, as one run of slots, or two where it wraps around the ring. */
export function ringRuns(from: number, to: number, ring: number): [number, number][] {
	if (from > to) return [];
	const wrap = to - (to % ring);
	return from >= wrap
		? [[from, to]]
		: [
				[from, wrap - 1],
				[wrap, to],
			];
}
