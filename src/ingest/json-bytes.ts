/**
 * A cursor over the bytes of a JSON text: steps over what it expects and answers whether it was there. It knows the
 * grammar of numbers and of texts without escapes; whatever else there is it leaves to those who read in full.
 */

const POWERS = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);
const ASCII = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const CHUNK = 1e9;
const QUOTE = 0x22;
const PLUS = 0x2b;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;

/** Reads forward only; after a false answer its position means nothing. */
export class JsonBytes {
	readonly bytes: Uint8Array;
	readonly #view: DataView;
	pos = 0;
	/** The number that `eatNumber` read last; infinite when it is beyond the range of a double. */
	number = 0;

	constructor(bytes: Uint8Array) {
		this.bytes = bytes;
		this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	}

	/** Steps over space; the byte that follows, or -1 at the end. */
	peek(): number {
		const bytes = this.bytes;
		let pos = this.pos;
		while (pos < bytes.length) {
			const code = bytes[pos] as number;
			if (code > 0x20 || (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09)) {
				this.pos = pos;
				return code;
			}
			pos++;
		}
		this.pos = pos;
		return -1;
	}

	/** Steps over space and this byte, if it is next. */
	eat(code: number): boolean {
		if (this.peek() !== code) return false;
		this.pos++;
		return true;
	}

	/** Steps over a word, as it stands. */
	eatWord(word: Uint8Array): boolean {
		const from = this.pos;
		if (from + word.length > this.bytes.length) return false;
		for (let i = 0; i < word.length; i++) if (this.bytes[from + i] !== word[i]) return false;
		this.pos = from + word.length;
		return true;
	}

	/** Steps over the bytes that stand earlier, from `start` to `end`, if they come again here. */
	eatAgain(start: number, end: number): boolean {
		if (!this.repeats(this.pos, start, end)) return false;
		this.pos += end - start;
		return true;
	}

	/** Whether the bytes from `from` on are those that stand earlier, from `start` to `end`. */
	repeats(from: number, start: number, end: number): boolean {
		const length = end - start;
		const view = this.#view;
		if (from + length > view.byteLength) return false;
		let i = 0;
		for (; i + 4 <= length; i += 4) if (view.getInt32(from + i) !== view.getInt32(start + i)) return false;
		for (; i < length; i++) if (this.bytes[from + i] !== this.bytes[start + i]) return false;
		return true;
	}

	/** A hash of some bytes (FNV-1a over words of four). */
	hash(start: number, end: number): number {
		const view = this.#view;
		let hash = 0x811c9dc5 ^ (end - start);
		let i = start;
		for (; i + 4 <= end; i += 4) {
			hash = Math.imul(hash ^ view.getInt32(i), 0x01000193);
			hash ^= hash >>> 15;
		}
		for (; i < end; i++) hash = Math.imul(hash ^ (this.bytes[i] as number), 0x01000193);
		return hash;
	}

	/** The end of a text (behind its closing quote) that begins at `pos`, without escapes inside; -1 otherwise. */
	textEnd(): number {
		const bytes = this.bytes;
		if (bytes[this.pos] !== QUOTE) return -1;
		for (let pos = this.pos + 1; pos < bytes.length; pos++) {
			const code = bytes[pos] as number;
			if (code === QUOTE) return pos + 1;
			if (code === 0x5c || code < 0x20) return -1;
		}
		return -1;
	}

	/** Some bytes as text; null when they are not UTF-8. */
	decode(start: number, end: number): string | null {
		try {
			return ASCII.decode(this.bytes.subarray(start, end));
		} catch {
			return null;
		}
	}

	/**
	 * A number by the grammar of JSON. Up to 2^53 in digits and 10^22 in scale, mantissa and power are exact and one
	 * division rounds right (Clinger 1990); everything else goes through `Number`.
	 */
	eatNumber(): boolean {
		const bytes = this.bytes;
		this.peek();
		const start = this.pos;
		const negative = bytes[start] === MINUS;
		const whole = negative ? start + 1 : start;
		let pos = whole;
		let code = bytes[pos] as number;
		// Nine digits at a time stay within the small integers, which add up several times faster than doubles.
		let low = 0;
		let power = 1;
		let mantissa = 0;
		while (code >= ZERO && code <= NINE) {
			low = (low * 10 + (code - ZERO)) | 0;
			power = (power * 10) | 0;
			if (power === CHUNK) {
				mantissa = mantissa * CHUNK + low;
				low = 0;
				power = 1;
			}
			code = bytes[++pos] as number;
		}
		if (pos === whole || (bytes[whole] === ZERO && pos > whole + 1)) return false;
		let scale = 0;
		if (code === DOT) {
			const point = pos;
			code = bytes[++pos] as number;
			while (code >= ZERO && code <= NINE) {
				low = (low * 10 + (code - ZERO)) | 0;
				power = (power * 10) | 0;
				if (power === CHUNK) {
					mantissa = mantissa * CHUNK + low;
					low = 0;
					power = 1;
				}
				code = bytes[++pos] as number;
			}
			scale = pos - point - 1;
			if (scale === 0) return false;
		}
		mantissa = mantissa * power + low;
		const exponent = code === 0x65 || code === 0x45;
		if (exponent) {
			pos = this.#exponentEnd(pos + 1);
			if (pos < 0) return false;
		}
		this.pos = pos;
		if (exponent || scale > 22 || mantissa > Number.MAX_SAFE_INTEGER) {
			this.number = Number(this.decode(start, pos));
		} else {
			if (scale > 0) mantissa /= POWERS[scale] as number;
			this.number = negative ? -mantissa : mantissa;
		}
		return true;
	}

	/** Where an exponent's digits end, or -1 if it has none. */
	#exponentEnd(at: number): number {
		const sign = this.bytes[at];
		const digits = sign === MINUS || sign === PLUS ? at + 1 : at;
		let pos = digits;
		for (;;) {
			const code = this.bytes[pos] as number;
			if (!(code >= ZERO && code <= NINE)) return pos === digits ? -1 : pos;
			pos++;
		}
	}
}
