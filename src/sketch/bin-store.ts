/**
 * The counters of the bins of one sign: a dense window over all bins, which grows towards what comes. Counters have 32
 * bits until their sum can pass that, then they become doubles (exact to 2^53). Must never know values, only bins.
 */
import { BINS } from "./bins.ts";

/** While all counts of a store together stay at or below this, no counter of 32 bits can overflow. */
export const NARROW_MAX = 2 ** 32 - 1;

/** Windows begin at, and have, a multiple of this many bins. */
const STEP = 32;
/** A multiple of STEP: about two octaves. */
export const MERGE_SLACK = 64;
const NONE = new Uint32Array(0);

export type Counts = Uint32Array | Float64Array;

/** A window of counters; `counts[i]` belongs to bin `base + i`. */
export class BinStore {
	counts: Counts = NONE;
	base = 0;
	/** The raw key (bins.ts) of the first counter: what the quick path of `Sketch.add` subtracts. */
	rawBase: number;
	readonly #rawMin: number;

	/** `rawMin` is the raw key of bin 0 of this sign. */
	constructor(rawMin: number) {
		this.rawBase = rawMin;
		this.#rawMin = rawMin;
	}

	/**
	 * Makes room for the bins from `first` to `last`, both included. A window that has to grow grows by `slack` bins more: it
	 * will grow again when many sketches are merged into it.
	 */
	cover(first: number, last: number, slack = 0): void {
		const length = this.counts.length;
		const end = this.base + length;
		if (length > 0 && first >= this.base && last < end) return;
		let from = Math.floor(first / STEP) * STEP;
		// Never beyond the last bin: a window that reached further would count keys that have no bin.
		let to = Math.min(BINS, Math.ceil((last + 1) / STEP) * STEP);
		if (length > 0) {
			from = from < this.base ? Math.max(0, from - slack) : this.base;
			to = to > end ? Math.min(BINS, to + slack) : end;
		}
		const counts = this.counts instanceof Uint32Array ? new Uint32Array(to - from) : new Float64Array(to - from);
		if (length > 0) counts.set(this.counts, this.base - from);
		this.#place(counts, from);
	}

	/** Turns the counters into doubles. */
	widen(): void {
		if (this.counts instanceof Uint32Array) this.counts = new Float64Array(this.counts);
	}

	/** Adds to the counter of a bin that is covered. */
	bump(bin: number, count: number): void {
		const at = bin - this.base;
		this.counts[at] = (this.counts[at] as number) + count;
	}

	/** The counter of any bin. */
	at(bin: number): number {
		return this.counts[bin - this.base] ?? 0;
	}

	/** Adds all counters of the other store. */
	merge(other: BinStore): void {
		const from = other.counts;
		let i = 0;
		let end = from.length;
		if (end === 0) return;
		// A window that lies within ours is added as it is: looking for its outermost counts takes longer than adding zeros.
		if (other.base < this.base || other.base + end > this.base + this.counts.length) {
			while (i < end && from[i] === 0) i++;
			while (end > i && from[end - 1] === 0) end--;
			if (i === end) return;
			// What is merged first seldom has the widest range: with room around it, the next ones find theirs.
			const slack = this.counts.length === 0 ? MERGE_SLACK : 0;
			const first = Math.max(0, other.base + i - slack);
			this.cover(first, Math.min(BINS, other.base + end + slack) - 1, MERGE_SLACK);
		}
		const to = this.counts;
		let at = other.base + i - this.base;
		// Eight at a time is a third quicker.
		for (; i < end - 7; i += 8, at += 8) {
			to[at] = (to[at] as number) + (from[i] as number);
			to[at + 1] = (to[at + 1] as number) + (from[i + 1] as number);
			to[at + 2] = (to[at + 2] as number) + (from[i + 2] as number);
			to[at + 3] = (to[at + 3] as number) + (from[i + 3] as number);
			to[at + 4] = (to[at + 4] as number) + (from[i + 4] as number);
			to[at + 5] = (to[at + 5] as number) + (from[i + 5] as number);
			to[at + 6] = (to[at + 6] as number) + (from[i + 6] as number);
			to[at + 7] = (to[at + 7] as number) + (from[i + 7] as number);
		}
		for (; i < end; i++, at++) to[at] = (to[at] as number) + (from[i] as number);
	}

	/** Whether every counter is at least as large as that of the other store. */
	holds(other: BinStore): boolean {
		const from = other.counts;
		const shift = other.base - this.base;
		for (let i = 0; i < from.length; i++) {
			const count = from[i] as number;
			if (count > 0 && !(count <= (this.counts[i + shift] ?? 0))) return false;
		}
		return true;
	}

	/** Takes away all counters of a store that this one holds. */
	subtract(other: BinStore): void {
		const to = this.counts;
		const from = other.counts;
		const shift = other.base - this.base;
		for (let i = 0; i < from.length; i++) {
			const count = from[i] as number;
			if (count > 0) to[i + shift] = (to[i + shift] as number) - count;
		}
	}

	/** Zeroes the counters; the window stays. */
	clear(): void {
		this.counts.fill(0);
	}

	/** A store of the same counters, in its own memory. */
	copyFrom(other: BinStore): void {
		this.#place(other.counts.length === 0 ? NONE : other.counts.slice(), other.base);
	}

	#place(counts: Counts, base: number): void {
		this.counts = counts;
		this.base = base;
		this.rawBase = this.#rawMin + base;
	}
}
