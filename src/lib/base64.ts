/** Bytes as base64 text (RFC 4648, section 4) and back. Large ones too: in portions, since a call takes only so many arguments. */

const PORTION = 8_192;

export function toBase64(bytes: Uint8Array): string {
	let text = "";
	for (let at = 0; at < bytes.length; at += PORTION) text += String.fromCharCode(...bytes.subarray(at, at + PORTION));
	return btoa(text);
}

/** Throws what `atob` throws when the text is not base64: only for what was written by `toBase64`. */
export function fromBase64(text: string): Uint8Array {
	return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
