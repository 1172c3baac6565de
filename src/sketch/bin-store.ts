/**
 * The counters of the bins of one sign: a dense window over all bins, which grows towards what comes. Counters have 32
 * bits until their sum can pass that, then they become doubles (exact to 2^53). Must never know values, only bins.
 */
import { BINS } from "./bins.ts";

/** While all counts of a store together stay at or below this, no counter of 32 bits can overflow. */
export const NARROW_MAX = 2 ** 32 - 1;

/** Windows begin at, and have, a multiple of this many bins (256 bytes). */
const STEP = 64;
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

	/** Makes room for the bins from `first` to `last`, both included. */
	cover(first: number, last: number): void {
		const length = this.counts.length;
		if (length > 0 && first >= this.base && last < this.base + length) return;
		let from = Math.floor(first / STEP) * STEP;
		// Never beyond the last bin: a window that reached further would count keys that have no bin.
		let to = Math.min(BINS, Math.ceil((last + 1) / STEP) * STEP);
		if (length > 0) {
			from = Math.min(from, this.base);
			to = Math.max(to, this.base + length);
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
		const first = other.first();
		if (first < 0) return;
		const last = other.last();
		this.cover(first, last);
		const to = this.counts;
		const from = other.counts;
		const shift = other.base - this.base;
		const end = last - other.base;
		for (let i = first - other.base; i <= end; i++) to[i + shift] = (to[i + shift] as number) + (from[i] as number);
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

	/** The lowest bin that counted anything, or -1. */
	first(): number {
		const counts = this.counts;
		for (let i = 0; i < counts.length; i++) if (counts[i] !== 0) return i + this.base;
		return -1;
	}

	/** The highest bin that counted anything, or -1. */
	last(): number {
		const counts = this.counts;
		for (let i = counts.length - 1; i >= 0; i--) if (counts[i] !== 0) return i + this.base;
		return -1;
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
