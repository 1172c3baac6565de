/** Cuts texts to a bound so that what is left is still text: no half of a surrogate pair, no control characters. Pure. */

const ELLIPSIS = "…";
const encoder = new TextEncoder();

/**
 * At most `charsMax` UTF-16 units, the last of which says that something is missing. Control characters other than line
 * feed and tab become spaces, halves of surrogate pairs U+FFFD: some services refuse a whole message for one of them.
 */
export function clip(text: string, charsMax: number): string {
	const cut = text.length > charsMax;
	const kept = cut ? text.slice(0, Math.max(0, charsMax - 1)) : text;
	return clean(cut ? withoutHalf(kept) : kept) + (cut && charsMax > 0 ? ELLIPSIS : "");
}

/** A text on one line: for titles, subjects and headers, where a line feed would begin something new. */
export function oneLine(text: string, charsMax: number): string {
	return clip(
		text
			.slice(0, charsMax * 2)
			.replace(/\s+/g, " ")
			.trim(),
		charsMax,
	);
}

/** At most `bytesMax` bytes of UTF-8. */
export function clipBytes(text: string, bytesMax: number): string {
	if (utf8Bytes(text) <= bytesMax) return clean(text);
	// encodeInto stops before a character that does not fit. The ellipsis has three bytes.
	const { read } = encoder.encodeInto(text, new Uint8Array(Math.max(0, bytesMax - 3)));
	return clip(text, read + 1);
}

/** Bytes that a text has in UTF-8. */
export function utf8Bytes(text: string): number {
	return encoder.encode(text).length;
}

/** The largest count from 0 to `max` whose rendering fits, where a smaller count never needs more. */
export function largestCount(max: number, fits: (count: number) => boolean): number {
	// Mostly all of it fits.
	if (fits(max)) return max;
	let low = 0;
	let high = Math.max(0, max - 1);
	while (low < high) {
		const middle = Math.ceil((low + high) / 2);
		if (fits(middle)) low = middle;
		else high = middle - 1;
	}
	return low;
}

function clean(text: string): string {
	return text.toWellFormed().replace(/(?![\n\t])\p{Cc}/gu, " ");
}

/** Without a first half at its end, and without a joiner that waits for the next part of an emoji. */
function withoutHalf(text: string): string {
	const last = text.charCodeAt(text.length - 1);
	const whole = last >= 0xd800 && last <= 0xdbff ? text.slice(0, -1) : text;
	return whole.replace(/[\u200d\ufe0f]+$/u, "");
}
