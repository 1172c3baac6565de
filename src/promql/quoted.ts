/** Quoted strings of PromQL: Go's escapes within "..." and '...', none within `...`. */

const SIMPLE: Readonly<Record<string, string>> = {
	a: "\x07",
	b: "\b",
	f: "\f",
	n: "\n",
	r: "\r",
	t: "\t",
	v: "\v",
	"\\": "\\",
};
/** Digits and radix of the numeric escapes. Those of bytes are UTF-8, so that "\xe2\x82\xac" is one character. */
const NUMERIC = /^(?:x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/;

/** The text of a quoted string, its quotes included; null when an escape is wrong. */
export function unquote(quoted: string): string | null {
	const quote = quoted.charAt(0);
	const body = quoted.slice(1, -1);
	if (quote === "`" || !body.includes("\\")) return body;
	let text = "";
	let bytes: number[] = [];
	for (let i = 0; i < body.length; ) {
		const found = body.charAt(i) === "\\" ? readEscape(body.slice(i + 1, i + 11), quote) : null;
		if (body.charAt(i) === "\\" && found === null) return null;
		if (found !== null && found.byte !== null) {
			bytes.push(found.byte);
		} else {
			const decoded = decodeBytes(bytes);
			if (decoded === null) return null;
			text += decoded + (found === null ? body.charAt(i) : found.text);
			bytes = [];
		}
		i += found === null ? 1 : 1 + found.length;
	}
	const decoded = decodeBytes(bytes);
	return decoded === null ? null : text + decoded;
}

type Escape = { readonly length: number; readonly text: string; readonly byte: number | null };

function readEscape(rest: string, quote: string): Escape | null {
	const first = rest.charAt(0);
	if (first === quote) return { length: 1, text: quote, byte: null };
	const simple = Object.hasOwn(SIMPLE, first) ? SIMPLE[first] : undefined;
	if (simple !== undefined) return { length: 1, text: simple, byte: null };
	const found = NUMERIC.exec(rest);
	if (found === null) return null;
	const [whole, hex, octal, short, long] = found;
	if (hex !== undefined) return { length: whole.length, text: "", byte: Number.parseInt(hex, 16) };
	if (octal !== undefined) {
		const byte = Number.parseInt(octal, 8);
		return byte > 255 ? null : { length: whole.length, text: "", byte };
	}
	const point = Number.parseInt(short ?? long ?? "", 16);
	if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return null;
	return { length: whole.length, text: String.fromCodePoint(point), byte: null };
}

function decodeBytes(bytes: readonly number[]): string | null {
	if (bytes.length === 0) return "";
	try {
		return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
	} catch {
		return null;
	}
}
