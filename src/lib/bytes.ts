/**
 * Bytes written to a growing buffer and read back with a bound. Little-endian, except where a method says otherwise.
 * The reader never throws and never reads beyond its end: it gives zeros, and `failed` stays true from then on.
 * Must never know what the bytes mean.
 */
import { assert } from "./assert.ts";

const FLOAT = new Float64Array(1);
const FLOAT_BYTES = new Uint8Array(FLOAT.buffer);
const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const TWO_32 = 2 ** 32;

/** A buffer that grows as it is written. Reuse one with `reset`: it keeps its memory. */
export class ByteWriter {
	length = 0;
	#bytes: Uint8Array<ArrayBuffer>;

	/** `capacity` in bytes, at least 16; the buffer doubles when it is full. */
	constructor(capacity = 256) {
		this.#bytes = new Uint8Array(Math.max(16, capacity));
	}

	/** Forgets what was written. */
	reset(): void {
		this.length = 0;
	}

	/** A copy of what was written. */
	finish(): Uint8Array<ArrayBuffer> {
		return this.#bytes.slice(0, this.length);
	}

	/** What was written, without a copy: valid until the next write. */
	view(): Uint8Array<ArrayBuffer> {
		return this.#bytes.subarray(0, this.length);
	}

	u8(value: number): void {
		if (this.length === this.#bytes.length) this.#grow(1);
		this.#bytes[this.length++] = value;
	}

	u16(value: number): void {
		this.#need(2);
		const bytes = this.#bytes;
		bytes[this.length++] = value;
		bytes[this.length++] = value >>> 8;
	}

	u32(value: number): void {
		this.#need(4);
		const bytes = this.#bytes;
		bytes[this.length++] = value;
		bytes[this.length++] = value >>> 8;
		bytes[this.length++] = value >>> 16;
		bytes[this.length++] = value >>> 24;
	}

	/** A whole number from 0 to 2^53 - 1, seven bits a byte, the low ones first: 1 to 8 bytes. */
	varint(value: number): void {
		assert(Number.isSafeInteger(value) && value >= 0, "a varint is a whole number from 0 to 2^53 - 1");
		this.#need(8);
		const bytes = this.#bytes;
		let rest = value;
		while (rest >= TWO_32) {
			bytes[this.length++] = (rest % 128) | 128;
			rest = Math.floor(rest / 128);
		}
		let low = rest >>> 0;
		while (low > 127) {
			bytes[this.length++] = (low & 127) | 128;
			low >>>= 7;
		}
		bytes[this.length++] = low;
	}

	/** A whole number of either sign, |value| < 2^52: small magnitudes take few bytes. */
	zigzag(value: number): void {
		this.varint(value < 0 ? -2 * value - 1 : 2 * value);
	}

	f64(value: number): void {
		this.#need(8);
		FLOAT[0] = value;
		const bytes = this.#bytes;
		const at = this.length;
		for (let i = 0; i < 8; i++) bytes[at + i] = FLOAT_BYTES[i] as number;
		this.length = at + 8;
	}

	/** Bytes as they are, without their length. */
	bytes(source: Uint8Array, from = 0, to = source.length): void {
		const count = to - from;
		assert(from >= 0 && count >= 0 && to <= source.length, "the bytes to write lie within their source");
		this.#need(count);
		// A short copy by hand is quicker than the view that `set` would need.
		if (count > 64) this.#bytes.set(source.subarray(from, to), this.length);
		else for (let i = 0; i < count; i++) this.#bytes[this.length + i] = source[from + i] as number;
		this.length += count;
	}

	/** UTF-8 behind its length in bytes as a varint. Lone surrogates become U+FFFD. */
	string(text: string): void {
		const length = text.length;
		if (length < 128 && isAscii(text)) {
			this.#need(length + 1);
			const bytes = this.#bytes;
			bytes[this.length++] = length;
			for (let i = 0; i < length; i++) bytes[this.length++] = text.charCodeAt(i);
			return;
		}
		const encoded = ENCODER.encode(text);
		this.varint(encoded.length);
		this.bytes(encoded);
	}

	#need(count: number): void {
		if (this.length + count > this.#bytes.length) this.#grow(count);
	}

	#grow(count: number): void {
		const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.length + count));
		larger.set(this.#bytes.subarray(0, this.length));
		this.#bytes = larger;
	}
}

/** Reads what a `ByteWriter` wrote, or what an enemy did. Ask `failed` once at the end. */
export class ByteReader {
	/** The bytes below the reader; positions count from their start. */
	readonly source: Uint8Array;
	position: number;
	readonly end: number;
	/** True as soon as anything was asked for that is not there; it never becomes false again. */
	failed = false;

	/** Reads `source` from index `from` up to, not including, index `to`. */
	constructor(source: Uint8Array, from = 0, to = source.length) {
		assert(from >= 0 && from <= to && to <= source.length, "a reader lies within its bytes");
		this.source = source;
		this.position = from;
		this.end = to;
	}

	get remaining(): number {
		return this.end - this.position;
	}

	/** Marks the reader as failed and puts it at its end; for callers that find nonsense. */
	fail(): void {
		this.failed = true;
		this.position = this.end;
	}

	u8(): number {
		if (this.position >= this.end) return this.#missing();
		return this.source[this.position++] as number;
	}

	u16(): number {
		const at = this.#take(2);
		if (at < 0) return 0;
		const source = this.source;
		return (source[at] as number) | ((source[at + 1] as number) << 8);
	}

	u32(): number {
		const at = this.#take(4);
		if (at < 0) return 0;
		const source = this.source;
		const low = (source[at] as number) | ((source[at + 1] as number) << 8);
		return (low | ((source[at + 2] as number) << 16) | ((source[at + 3] as number) << 24)) >>> 0;
	}

	/** At most 8 bytes; more than 2^53 - 1 fails. */
	varint(): number {
		const first = this.u8();
		if (first < 128) return first;
		let value = first & 127;
		let scale = 128;
		for (let i = 1; i < 8; i++) {
			const byte = this.u8();
			value += (byte & 127) * scale;
			if (byte < 128) return value <= Number.MAX_SAFE_INTEGER ? value : this.#missing();
			scale *= 128;
		}
		return this.#missing();
	}

	zigzag(): number {
		const value = this.varint();
		return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
	}

	f64(): number {
		const at = this.#take(8);
		if (at < 0) return 0;
		const source = this.source;
		for (let i = 0; i < 8; i++) FLOAT_BYTES[i] = source[at + i] as number;
		return FLOAT[0] as number;
	}

	/** A view of the next `count` bytes (no copy); empty when they are not there. */
	bytes(count: number): Uint8Array {
		const at = this.#take(count);
		return at < 0 ? this.source.subarray(0, 0) : this.source.subarray(at, at + count);
	}

	/** UTF-8 behind its length; text that is longer than `bytesMax`, or not UTF-8, fails and gives "". */
	string(bytesMax = Number.MAX_SAFE_INTEGER): string {
		const count = this.varint();
		const at = count <= bytesMax ? this.#take(count) : this.#missing() - 1;
		if (at < 0) return "";
		if (count <= 24) {
			const short = shortAscii(this.source, at, count);
			if (short !== null) return short;
		}
		try {
			return DECODER.decode(this.source.subarray(at, at + count));
		} catch {
			this.fail();
			return "";
		}
	}

	skip(count: number): void {
		this.#take(count);
	}

	/** A reader of the next `count` bytes alone; this one goes on behind them. A failed one when they are not there. */
	subreader(count: number): ByteReader {
		const at = this.#take(count);
		if (at >= 0) return new ByteReader(this.source, at, at + count);
		const none = new ByteReader(this.source, this.end, this.end);
		none.failed = true;
		return none;
	}

	/** Where the next `count` bytes start, or -1 and `failed`. */
	#take(count: number): number {
		const at = this.position;
		if (!(count >= 0 && count <= this.end - at)) {
			this.fail();
			return -1;
		}
		this.position = at + count;
		return at;
	}

	#missing(): number {
		this.fail();
		return 0;
	}
}

function isAscii(text: string): boolean {
	for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
	return true;
}

/** Short names need no call into the decoder, which costs more than they do. */
function shortAscii(source: Uint8Array, at: number, count: number): string | null {
	let text = "";
	for (let i = 0; i < count; i++) {
		const byte = source[at + i] as number;
		if (byte > 127) return null;
		text += String.fromCharCode(byte);
	}
	return text;
}
