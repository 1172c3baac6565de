/**
 * Which addresses a receiver may have. Whoever may configure a receiver must not reach with it what only we can reach:
 * https only, no credentials, no literal private address, no name that resolves inside. A Worker cannot look up names, so
 * a public name that points at a private address is left to the platform, whose fetch reaches the public network only.
 */
import { err, ok, type Result } from "../lib/result.ts";

const NAMES_INSIDE = /(^|\.)(localhost|local|internal|intranet|lan|home|corp|localdomain|home\.arpa)$/;

/** IPv4 ranges that are not public: first address, bits of the prefix (IANA special-purpose registry). */
const PRIVATE_V4: readonly (readonly [string, number])[] = [
	["0.0.0.0", 8],
	["10.0.0.0", 8],
	["100.64.0.0", 10],
	["127.0.0.0", 8],
	["169.254.0.0", 16],
	["172.16.0.0", 12],
	["192.0.0.0", 24],
	["192.0.2.0", 24],
	["192.88.99.0", 24],
	["192.168.0.0", 16],
	["198.18.0.0", 15],
	["198.51.100.0", 24],
	["203.0.113.0", 24],
	["224.0.0.0", 3],
];

/** A receiver's URL, or why it is refused, in words that hold none of it. `loopback`: http and loopback are allowed. */
export function parseReceiverUrl(text: string, loopback: boolean): Result<URL, string> {
	// URL.parse is not in the library that this project compiles against.
	if (!URL.canParse(text)) return err("is not a URL");
	const url = new URL(text);
	if (url.username !== "" || url.password !== "") return err("must not hold a user name or a password");
	const host = url.hostname.replace(/\.$/, "").toLowerCase();
	if (loopback && isLoopback(host)) {
		return url.protocol === "http:" || url.protocol === "https:" ? ok(url) : err("must begin with http:// or https://");
	}
	if (url.protocol !== "https:") return err("must begin with https://");
	if (host.startsWith("[")) return isPublicV6(host.slice(1, -1)) ? ok(url) : err("must not be a private address");
	const v4 = parseV4(host);
	if (v4 !== null) return isPublicV4(v4) ? ok(url) : err("must not be a private address");
	if (!host.includes(".") || NAMES_INSIDE.test(host)) return err("must not be a name of a private network");
	return ok(url);
}

function isLoopback(host: string): boolean {
	const v4 = parseV4(host);
	return host === "localhost" || host === "[::1]" || (v4 !== null && v4 >>> 24 === 127);
}

/** The number of a dotted address; URL has already brought hexadecimal, octal and short forms into this one. */
function parseV4(host: string): number | null {
	const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(host);
	if (match === null) return null;
	return match.slice(1).reduce((value, part) => value * 256 + Number(part), 0);
}

function isPublicV4(address: number): boolean {
	return !PRIVATE_V4.some(([first, bits]) => {
		const size = 2 ** (32 - bits);
		return Math.floor(address / size) === Math.floor((parseV4(first) as number) / size);
	});
}

/** Global unicast (2000::/3) without what embeds other addresses or is kept for documents and tunnels; NAT64 by its IPv4. */
function isPublicV6(text: string): boolean {
	const words = parseV6(text);
	if (words === null) return false;
	const [w0, w1] = words as [number, number];
	if (w0 === 0x64 && w1 === 0xff9b && words.slice(2, 6).every((word) => word === 0)) {
		return isPublicV4((words[6] as number) * 65_536 + (words[7] as number));
	}
	if (w0 >>> 13 !== 1) return false;
	if (w0 === 0x2002) return isPublicV4(w1 * 65_536 + (words[2] as number));
	if (w0 === 0x2001 && w1 < 0x0200) return false;
	if (w0 === 0x2001 && w1 === 0x0db8) return false;
	return !(w0 === 0x3fff && w1 < 0x1000);
}

/** The eight words of an address as URL writes it (lower case, one `::` at most, no dots). */
function parseV6(text: string): readonly number[] | null {
	const [head = "", tail] = text.split("::");
	const before = head === "" ? [] : head.split(":");
	const after = tail === undefined || tail === "" ? [] : tail.split(":");
	const missing = 8 - before.length - after.length;
	if (tail === undefined ? missing !== 0 : missing < 0) return null;
	const words = [...before, ...new Array<string>(missing).fill("0"), ...after].map((word) => Number.parseInt(word, 16));
	return words.every((word) => word >= 0 && word <= 0xffff) ? words : null;
}
