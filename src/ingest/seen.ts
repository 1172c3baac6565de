/**
 * Pieces of one document that were read before, told apart by their bytes: a piece that comes again is found by comparing
 * or hashing it, not by reading it. Holds positions only; what a piece means is with its reader.
 */
import type { JsonBytes } from "./json-bytes.ts";

export class Seen {
	readonly #cursor: JsonBytes;
	readonly #starts: number[] = [];
	readonly #ends: number[] = [];
	readonly #byHash = new Map<number, number>();
	#last = -1;

	constructor(cursor: JsonBytes) {
		this.#cursor = cursor;
	}

	/** The piece that stood here the last time, if it is here again: its index, and the cursor stands behind it. Else -1. */
	again(): number {
		const last = this.#last;
		if (last < 0) return -1;
		return this.#cursor.eatAgain(this.#starts[last] as number, this.#ends[last] as number) ? last : -1;
	}

	/** The index of a piece, or -1. */
	find(start: number, end: number): number {
		const found = this.#byHash.get(this.#cursor.hash(start, end));
		if (found === undefined) return -1;
		const knownStart = this.#starts[found] as number;
		const knownEnd = this.#ends[found] as number;
		// Another piece of the same hash is as good as unknown: it is read in full again.
		if (knownEnd - knownStart !== end - start || !this.#cursor.repeats(start, knownStart, knownEnd)) return -1;
		this.#last = found;
		return found;
	}

	/** Remembers a piece: its index. */
	add(start: number, end: number): number {
		const index = this.#starts.length;
		this.#starts.push(start);
		this.#ends.push(end);
		this.#byHash.set(this.#cursor.hash(start, end), index);
		this.#last = index;
		return index;
	}
}

const STRIDE = 6;

/**
 * Whole samples as they were seen: the text before, between and behind their numbers, and the column they went to. Series
 * mostly come in turn, so each remembers which came after it: then one comparison stands for reading all of it.
 */
export class Shapes {
	/** The number before the middle text, and the one behind it (NaN if there is none), in the order of the text. */
	first = 0;
	second = 0;
	readonly #cursor: JsonBytes;
	/** For each shape the start and end of its three texts; the third is empty when there is one number. */
	readonly #edges: number[] = [];
	readonly #after: number[] = [];
	#last = -1;

	constructor(cursor: JsonBytes) {
		this.#cursor = cursor;
	}

	/** The shape that is expected here, if it is here: its index, and the cursor stands behind it. Else -1, at the same place. */
	guess(): number {
		if (this.#last < 0) return -1;
		const guess = this.#after[this.#last] as number;
		const edges = this.#edges;
		const cursor = this.#cursor;
		const at = guess * STRIDE;
		const from = cursor.pos;
		if (cursor.eatAgain(edges[at] as number, edges[at + 1] as number) && cursor.eatNumber()) {
			this.first = cursor.number;
			if (cursor.eatAgain(edges[at + 2] as number, edges[at + 3] as number)) {
				if (edges[at + 4] === edges[at + 5]) {
					this.second = Number.NaN;
					this.#last = guess;
					return guess;
				}
				if (cursor.eatNumber()) {
					this.second = cursor.number;
					if (cursor.eatAgain(edges[at + 4] as number, edges[at + 5] as number)) {
						this.#last = guess;
						return guess;
					}
				}
			}
		}
		cursor.pos = from;
		return -1;
	}

	/** Remembers a shape by its edges: its index. */
	add(edges: readonly [number, number, number, number, number, number]): number {
		const index = this.#after.length;
		this.#edges.push(...edges);
		this.#after.push(index);
		this.follow(index);
		return index;
	}

	/** Notes that this shape came now. */
	follow(index: number): void {
		if (this.#last >= 0) this.#after[this.#last] = index;
		this.#last = index;
	}
}
