/**
 * The short name of a label set: FNV-1a, 64 bits, as Prometheus and Alertmanager compute it, so that an alert has the
 * same fingerprint in either. It names, it does not prove: state is never keyed by it.
 */
import type { Labels } from "./labels.ts";

/** Between a name and a value, and after each: a byte that no UTF-8 text holds. */
const SEPARATOR = 0xff;
/** The offset of 64-bit FNV, 0xcbf29ce484222325, in four parts of 16 bits, lowest first. */
const OFFSET = [0x2325, 0x8422, 0x9ce4, 0xcbf2] as const;
/** The prime of 64-bit FNV is 2^40 + 0x1b3: the second factor reaches into its own part, 2^40 two parts and 8 bits higher. */
const PRIME_LOW = 0x1b3;
const PRIME_HIGH = 0x100;

const utf8 = new TextEncoder();

/** Sixteen hexadecimal digits of a label set; empty values count as absent. */
export function fingerprint(labels: Labels): string {
	const hash = Int32Array.from(OFFSET);
	for (const name of Object.keys(labels).sort()) {
		const value = labels[name];
		if (value === undefined || value === "") continue;
		addText(hash, name);
		addByte(hash, SEPARATOR);
		addText(hash, value);
		addByte(hash, SEPARATOR);
	}
	return hex(hash);
}

/** Sixteen hexadecimal digits of a text. */
export function fingerprintOfText(text: string): string {
	const hash = Int32Array.from(OFFSET);
	addText(hash, text);
	return hex(hash);
}

/** Most texts are ASCII: only what follows the first other character is encoded. */
function addText(hash: Int32Array, text: string): void {
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i);
		if (code >= 0x80) {
			for (const byte of utf8.encode(text.slice(i))) addByte(hash, byte);
			return;
		}
		addByte(hash, code);
	}
}

/** Parts of 16 bits: no product is larger than a small integer of the engine, so that nothing is allocated for a byte. */
function addByte(hash: Int32Array, byte: number): void {
	const a = (hash[0] as number) ^ byte;
	const b = hash[1] as number;
	const c = hash[2] as number;
	const d = hash[3] as number;
	const lowest = a * PRIME_LOW;
	const second = b * PRIME_LOW + (lowest >>> 16);
	const third = c * PRIME_LOW + a * PRIME_HIGH + (second >>> 16);
	hash[0] = lowest & 0xffff;
	hash[1] = second & 0xffff;
	hash[2] = third & 0xffff;
	hash[3] = (d * PRIME_LOW + b * PRIME_HIGH + (third >>> 16)) & 0xffff;
}

function hex(hash: Int32Array): string {
	return [...hash]
		.reverse()
		.map((part) => part.toString(16).padStart(4, "0"))
		.join("");
}
