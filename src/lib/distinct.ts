/**
 * How many different texts there were, in little space: the smallest of their hashes are kept (a theta sketch). Up to
 * as many as are kept it is exact; beyond, the share of all hashes that is kept says how many there must be. Merging is
 * associative and commutative, and the same text counts once wherever it came from. Must never know what the texts are.
 */
import { assert } from "./assert.ts";

/** Hashes are whole numbers below this. */
const SPACE = 2 ** 48;
const BYTES = 6;

export class Distinct {
	readonly #most: number;
	readonly #hashes = new Set<number>();
	/** Hashes from here on are not kept; SPACE: all are, and the count is exact. */
	#theta = SPACE;

	/** `most`: hashes kept, and so the different texts that are counted exactly. */
	constructor(most: number) {
		assert(most >= 2, "a sketch keeps two hashes at least");
		this.#most = most;
	}

	add(text: string): void {
		this.#take(hashOf(text));
	}

	merge(other: Distinct): void {
		this.#cutAt(other.#theta);
		for (const hash of other.#hashes) this.#take(hash);
	}

	/** The number of different texts, or an estimate of it. */
	count(): number {
		this.#trim();
		return this.isExact ? this.#hashes.size : Math.round(this.#hashes.size / (this.#theta / SPACE));
	}

	get isExact(): boolean {
		this.#trim();
		return this.#theta === SPACE;
	}

	/** Relative standard error of `count()`; 0: it is exact. */
	get error(): number {
		return this.isExact ? 0 : 1 / Math.sqrt(this.#most - 1);
	}

	/** The stored form: base64 of the bound and the hashes, six bytes each. */
	encode(): string {
		this.#trim();
		const numbers = [this.#theta === SPACE ? 0 : this.#theta, ...[...this.#hashes].sort((a, b) => a - b)];
		let text = "";
		for (const number of numbers) {
			for (let byte = BYTES - 1; byte >= 0; byte--) {
				text += String.fromCharCode(Math.floor(number / 256 ** byte) & 0xff);
			}
		}
		return btoa(text);
	}

	/** Adds a stored sketch; an empty text is an empty one. False, and nothing changed, for what is none. */
	mergeEncoded(encoded: string): boolean {
		if (encoded === "") return true;
		const text = bytesOf(encoded);
		if (text === null || text.length % BYTES !== 0 || text.length === 0) return false;
		const bound = numberAt(text, 0);
		this.#cutAt(bound === 0 ? SPACE : bound);
		for (let at = BYTES; at < text.length; at += BYTES) this.#take(numberAt(text, at));
		return true;
	}

	#take(hash: number): void {
		if (hash >= this.#theta) return;
		this.#hashes.add(hash);
		// Sorted once for as many as are kept, not for each.
		if (this.#hashes.size >= 2 * this.#most) this.#trim();
	}

	#cutAt(theta: number): void {
		if (theta >= this.#theta) return;
		this.#theta = theta;
		for (const hash of this.#hashes) if (hash >= theta) this.#hashes.delete(hash);
	}

	/** Back to the bound: the smallest that is given up is the new theta. */
	#trim(): void {
		if (this.#hashes.size <= this.#most) return;
		const sorted = [...this.#hashes].sort((a, b) => a - b);
		this.#cutAt(sorted[this.#most] as number);
	}
}

/** 48 bits of a text: two rounds over its characters with the finish of MurmurHash3. */
function hashOf(text: string): number {
	let low = 0x811c9dc5;
	let high = 0x41c6ce57;
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i);
		low = Math.imul(low ^ code, 0x9e3779b1);
		high = Math.imul(high ^ code, 0x5f356495);
	}
	low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35);
	high = Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35);
	return ((high ^ (high >>> 16)) & 0xffff) * 2 ** 32 + ((low ^ (low >>> 16)) >>> 0);
}

/** The bytes of base64 as characters, or null. */
function bytesOf(encoded: string): string | null {
	try {
		return atob(encoded);
	} catch {
		return null;
	}
}

function numberAt(text: string, at: number): number {
	let number = 0;
	for (let i = 0; i < BYTES; i++) number = number * 256 + text.charCodeAt(at + i);
	return number;
}
