/** Quoted texts as Go writes and reads them: tables out of Go's specification of string literals, and a way there and back. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quote, unquote, unquoteCharacter } from "../../src/lib/go-string.ts";

describe("a quoted text", () => {
	it.each([
		["", ""],
		["a ☺ b", "a ☺ b"],
		["\\a\\b\\f\\n\\r\\t\\v\\\\", "\x07\b\f\n\r\t\v\\"],
		['\\"', '"'],
		["\\x41\\101\\u0041\\U00000041", "AAAA"],
		["\\U0001F600", "😀"],
		["a\\xe2\\x82\\xac\\n", "a€\n"],
		["\\342\\202\\254", "€"],
		["\\xef\\xbb\\xbfx", "\uFEFFx"],
		["\\377", "\uFFFD"],
		["\\xe2\\u0041\\x82", "\uFFFDA\uFFFD"],
	])("%s is read", (inner, text) => {
		expect(unquote(inner, '"', "replace")).toEqual({ ok: true, value: text });
	});

	it.each([
		"\\",
		"a\\",
		"\\q",
		"\\'",
		"\\400",
		"\\18",
		"\\x4",
		"\\x4g",
		"\\u041",
		"\\ud800",
		"\\U00110000",
		"\\constructor",
	])("%s is no text", (inner) => {
		expect(unquote(inner, '"', "replace").ok).toBe(false);
		expect(unquote(inner, '"', "refuse").ok).toBe(false);
	});

	it("of bytes that are no UTF-8 is refused where that was asked for", () => {
		for (const inner of ["\\xff", "\\xe2\\x82", "\\xe2x\\x82\\xac", "\\xed\\xa0\\x80"]) {
			expect(unquote(inner, '"', "refuse")).toEqual({ ok: false, failure: "escapes name bytes that are no UTF-8" });
		}
		expect(unquote("\\xef\\xbb\\xbf\\xe2\\x82\\xac", '"', "refuse")).toEqual({ ok: true, value: "\uFEFF€" });
	});

	it("has an escape for its own quote only", () => {
		expect(unquote("\\'", "'", "refuse")).toEqual({ ok: true, value: "'" });
		expect(unquote('\\"', "'", "refuse").ok).toBe(false);
	});

	it("that was written is read as it was, if it had no half of a surrogate pair", () => {
		fc.assert(
			fc.property(fc.string({ unit: "binary" }), fc.constantFrom('"' as const, "'" as const), (text, mark) => {
				const quoted = quote(text, mark);
				expect(quoted).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
				expect(unquote(quoted.slice(1, -1), mark, "refuse")).toEqual({ ok: true, value: text });
			}),
		);
		expect(quote("\ud800")).toBe('"\\ufffd"');
		expect(quote("a\"'\n\x7f\u00a0☺")).toBe('"a\\"\'\\n\\x7f\\u00a0☺"');
	});
});

describe("a quoted character", () => {
	it.each([
		["a", 97],
		["☺", 0x263a],
		["😀", 0x1f600],
		["\\'", 39],
		["\\n", 10],
		["\\xff", 255],
		["\\377", 255],
		["\\U0001F600", 0x1f600],
	])("%s has a code", (inner, code) => {
		expect(unquoteCharacter(inner)).toEqual({ ok: true, value: code });
	});

	it.each(["", "ab", "😀a", "\\na", "\\q", '\\"', "\\"])("'%s' is none", (inner) => {
		expect(unquoteCharacter(inner).ok).toBe(false);
	});
});
