/**
 * UUID version 7 (RFC 9562, 5.7): an identifier that says when it was made. Made and read here; the clock and the chance
 * are arguments. Two ids of one millisecond have no order among them: nothing here may rely on one.
 */

/** Bytes of chance that one id takes. */
export const UUID7_RANDOM_BYTES = 10;

const TIME_MAX = 2 ** 48 - 1;
const FORM = /^[0-9a-f]{8}-?[0-9a-f]{4}-?7[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/;

/**
 * The id of a moment, in the usual 36 characters, lower case. `nowMs` is Unix milliseconds (out of range: the nearest
 * that fits); `random` has at least UUID7_RANDOM_BYTES bytes, missing ones read as 0.
 */
export function uuid7(nowMs: number, random: Uint8Array): string {
	const time = Math.min(Math.max(Math.trunc(nowMs) || 0, 0), TIME_MAX);
	const bytes = Array.from({ length: UUID7_RANDOM_BYTES }, (_, i) => random[i] ?? 0);
	bytes[0] = 0x70 | ((bytes[0] as number) & 0x0f);
	bytes[2] = 0x80 | ((bytes[2] as number) & 0x3f);
	const hex = time.toString(16).padStart(12, "0") + bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
	return dashed(hex);
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
