/** UUID version 4 (RFC 9562, 5.4): an identifier out of chance alone, which is an argument. */

/** 36 characters, lower case. `random` has 16 bytes. */
export function uuid4(random: Uint8Array): string {
	const bytes = random.slice(0, 16);
	bytes[6] = 0x40 | ((bytes[6] ?? 0) & 0x0f);
	bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
	const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
	return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
