/**
 * Bits packed from the high end of each byte, and Rice codes on them: a quotient in ones, a zero, and `k` bits of rest.
 * Both sides work on 32-bit words of a buffer that is made once. Must never know what the numbers mean.
 */
import { assert } from "./assert.ts";
import type { ByteWriter } from "./bytes.ts";

/** So many ones say that the number follows plainly: six bits of its length, then the number. */
const ESCAPE_ONES = 12;
const LENGTH_BITS = 6;
const TWO_32 = 2 ** 32;

/** Packs bits; `reset` it and use it again. */
export class BitWriter {
	/** Bits written. */
	length = 0;
	readonly #words: Int32Array;

	/** Holds `bytes` bytes; to write more is a mistake of the caller. */
	constructor(bytes: number) {
		this.#words = new Int32Array(Math.ceil(bytes / 4) + 1);
	}

	get byteLength(): number {
		return (this.length + 7) >>> 3;
	}

	reset(): void {
		this.length = 0;
	}

	/** The low `count` bits of a number, 1 to 32; the bits above them must be zero. */
	put(value: number, count: number): void {
		const words = this.#words;
		const at = this.length >>> 5;
		const used = this.length & 31;
		const first = used === 0 ? 0 : (words[at] as number);
		const over = used + count - 32;
		if (over <= 0) {
			words[at] = first | (value << -over);
		} else {
			words[at] = first | (value >>> over);
			words[at + 1] = value << (32 - over);
		}
		this.length += count;
	}

	/** A whole number from 0 to 2^53 - 1, short when it is about 2^k; `k` is 0 to 26. */
	putRice(value: number, k: number): void {
		if (value >= ESCAPE_ONES << k) {
			this.#putPlain(value);
			return;
		}
		const ones = value >>> k;
		const head = (1 << (ones + 1)) - 2;
		const rest = value & ((1 << k) - 1);
		if (ones + 1 + k < 32) {
			this.put((head << k) | rest, ones + 1 + k);
		} else {
			this.put(head, ones + 1);
			this.put(rest, k);
		}
	}

	#putPlain(value: number): void {
		const upper = Math.floor(value / TWO_32);
		const upperBits = 32 - Math.clz32(upper);
		const lowerBits = upper > 0 ? 32 : 32 - Math.clz32(value);
		this.put((1 << ESCAPE_ONES) - 1, ESCAPE_ONES);
		this.put(upperBits + lowerBits, LENGTH_BITS);
		if (upperBits > 0) this.put(upper, upperBits);
		this.put(value | 0, lowerBits);
	}

	/** Appends the bits to a byte writer, the last byte filled up with zeros. */
	copyTo(writer: ByteWriter): void {
		const bytes = this.byteLength;
		assert(bytes <= 4 * this.#words.length, "the bits fitted into their buffer");
		for (let i = 0; i < bytes; i++) writer.u8((this.#words[i >>> 2] as number) >>> (24 - 8 * (i & 3)));
	}
}

/** Unpacks bits. Beyond the end come zeros; ask `isOverrun` before believing what was read. */
export class BitReader {
	/** Bits read. */
	position = 0;
	#bits = 0;
	readonly #words: Int32Array;

	/** Takes up to `bytes` bytes at a time. */
	constructor(bytes: number) {
		this.#words = new Int32Array(Math.ceil(bytes / 4) + 3);
	}

	/** Starts at index `from` of the source; ends at index `to`. */
	load(source: Uint8Array, from: number, to: number): void {
		const words = this.#words;
		assert(to - from <= 4 * (words.length - 3), "the bits fit into their buffer");
		let at = from;
		let word = 0;
		for (; at + 4 <= to; at += 4) {
			const high = ((source[at] as number) << 24) | ((source[at + 1] as number) << 16);
			words[word++] = high | ((source[at + 2] as number) << 8) | (source[at + 3] as number);
		}
		let rest = 0;
		for (let shift = 24; at < to; at++, shift -= 8) rest |= (source[at] as number) << shift;
		words[word] = rest;
		words[word + 1] = 0;
		words[word + 2] = 0;
		this.position = 0;
		this.#bits = 8 * (to - from);
	}

	/** Whether more was read than was there. */
	get isOverrun(): boolean {
		return this.position > this.#bits;
	}

	/** Whether the end was reached, but for the bits that fill the last byte. */
	get isAtEnd(): boolean {
		return this.position <= this.#bits && this.#bits - this.position < 8;
	}

	/** The next 1 to 32 bits as a number from 0. */
	take(count: number): number {
		const value = this.#peek() >>> (32 - count);
		this.position += count;
		return value;
	}

	/** What `putRice` wrote with the same `k`; at most 2^63, so check the range. */
	takeRice(k: number): number {
		const small = this.takeSmallRice(k);
		return small >= 0 ? small : this.#takeLargeRice(k);
	}

	/** The same, as a 32-bit number; or -1, and nothing taken, if it needs more than 32 bits or stands plainly. */
	takeSmallRice(k: number): number {
		const next = this.#peek();
		const quotient = Math.clz32(~next);
		const used = quotient + 1 + k;
		if (quotient >= ESCAPE_ONES || used > 32) return -1;
		this.position += used;
		// Two shifts, since a shift by 32 is none.
		return (quotient << k) | (((next << (quotient + 1)) >>> 1) >>> (31 - k));
	}

	#takeLargeRice(k: number): number {
		const quotient = Math.clz32(~this.#peek());
		if (quotient >= ESCAPE_ONES) return this.#takePlain();
		this.position += quotient + 1;
		return quotient * 2 ** k + this.take(k);
	}

	#takePlain(): number {
		this.position += ESCAPE_ONES;
		const bits = this.take(LENGTH_BITS);
		if (bits === 0) return 0;
		if (bits <= 32) return this.take(bits);
		const upper = this.take(bits - 32);
		return upper * TWO_32 + this.take(32);
	}

	/** The next 32 bits, the first of them highest. */
	#peek(): number {
		const words = this.#words;
		const at = this.position >>> 5;
		const shift = this.position & 31;
		return ((words[at] as number) << shift) | (((words[at + 1] as number) >>> 1) >>> (31 - shift));
	}
}
