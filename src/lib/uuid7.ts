/**
 * UUID version 7 (RFC 9562, 5.7): an identifier that says when it was made. Made and read here; the clock and the chance
 * are arguments. Two ids of one millisecond have no order among them: nothing here may rely on one.
 */

/** Bytes of chance that one id takes. */
export const UUID7_RANDOM_BYTES = 10;

const TIME_MAX = 2 ** 48 - 1;
/** Each byte in hex: an id is made for every request that brings none. */
const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const FORM = /^[0-9a-f]{8}-?[0-9a-f]{4}-?7[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/;

/**
 * The id of a moment, in the usual 36 characters, lower case. `nowMs` is Unix milliseconds (out of range: the nearest
 * that fits); `random` has at least UUID7_RANDOM_BYTES bytes, missing ones read as 0.
 */
export function uuid7(nowMs: number, random: Uint8Array): string {
	return dashed(uuid7Hex(nowMs, random));
}

/** The same as 32 hex digits without dashes. */
export function uuid7Hex(nowMs: number, random: Uint8Array): string {
	const time = Math.min(Math.max(Math.trunc(nowMs) || 0, 0), TIME_MAX);
	let hex = time.toString(16).padStart(12, "0");
	for (let i = 0; i < UUID7_RANDOM_BYTES; i++) {
		const byte = random[i] ?? 0;
		hex += HEX[i === 0 ? 0x70 | (byte & 0x0f) : i === 2 ? 0x80 | (byte & 0x3f) : byte] as string;
	}
	return hex;
}

/**
 * What a UUIDv7 says: when it was made (Unix milliseconds), and its 32 lower-case hex digits. Null for anything else,
 * other versions of UUID too. Reads it with dashes or without, in upper or lower case.
 */
export function parseUuid7(text: string): { readonly createdMs: number; readonly hex: string } | null {
	if (text.length !== 36 && text.length !== 32) return null;
	const lower = text.toLowerCase();
	if (!FORM.test(lower)) return null;
	const hex = lower.replaceAll("-", "");
	if (hex.length !== 32) return null;
	return { createdMs: Number.parseInt(hex.slice(0, 12), 16), hex };
}

/** 32 hex digits in the usual form with four dashes. */
export function dashed(hex: string): string {
	return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
