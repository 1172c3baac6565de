/**
 * The short name of a label set: FNV-1a, 64 bits, as Prometheus and Alertmanager compute it, so that an alert has the
 * same fingerprint in either. It names, it does not prove: state is never keyed by it.
 */
import type { Labels } from "../model/labels.ts";

/** Between a name and a value, and after each: a byte that no UTF-8 text holds. */
const SEPARATOR = 0xff;
const OFFSET_HIGH = 0xcbf29ce4;
const OFFSET_LOW = 0x84222325;
/** The prime of 64-bit FNV is 2^40 + 0x1b3. */
const PRIME_LOW = 0x1b3;

const utf8 = new TextEncoder();

/** Sixteen hexadecimal digits of a label set; empty values count as absent. */
export function fingerprint(labels: Labels): string {
	const hash = start();
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
	const hash = start();
	addText(hash, text);
	return hex(hash);
}

/** A 64-bit number in two halves: a BigInt would be allocated for every byte. */
type Hash = { high: number; low: number };

function start(): Hash {
	return { high: OFFSET_HIGH, low: OFFSET_LOW };
}

function addText(hash: Hash, text: string): void {
	for (const byte of utf8.encode(text)) addByte(hash, byte);
}

function addByte(hash: Hash, byte: number): void {
	const low = (hash.low ^ byte) >>> 0;
	const product = low * PRIME_LOW;
	// The factor 2^40 moves the low half into the high one by 8 bits; the carry of the other factor comes on top.
	hash.high = (hash.high * PRIME_LOW + Math.floor(product / 2 ** 32) + low * 2 ** 8) % 2 ** 32;
	hash.low = product % 2 ** 32;
}

function hex(hash: Hash): string {
	return hash.high.toString(16).padStart(8, "0") + hash.low.toString(16).padStart(8, "0");
}
