/** What is parsed once is not parsed again, within bounds. */
import { describe, expect, it } from "vitest";
import { TEMPLATE_MEMO_CHARS_MAX, TEMPLATE_MEMO_MAX } from "../../src/model/limits.ts";
import { NOTIFICATION_FUNCTIONS } from "../../src/template/libraries.ts";
import { ParseMemo } from "../../src/template/parse-memo.ts";

describe("the memo of parsed texts", () => {
	it("gives the same tree for the same text and variables", () => {
		const memo = new ParseMemo(NOTIFICATION_FUNCTIONS);
		expect(memo.parse("{{ . }}", [])).toBe(memo.parse("{{ . }}", []));
		expect(memo.parse("{{ $x }}", ["$x"])).toMatchObject({ ok: true });
		expect(memo.parse("{{ $x }}", [])).toMatchObject({ ok: false });
	});

	it("forgets everything when it is full, and never keeps long texts", () => {
		const memo = new ParseMemo(NOTIFICATION_FUNCTIONS);
		const first = memo.parse("0", []);
		for (let i = 1; i < TEMPLATE_MEMO_MAX; i++) memo.parse(String(i), []);
		expect(memo.parse("0", [])).toBe(first);
		memo.parse("one more", []);
		expect(memo.parse("0", [])).not.toBe(first);
		const long = "x".repeat(TEMPLATE_MEMO_CHARS_MAX);
		expect(memo.parse(long, [])).not.toBe(memo.parse(long, []));
	});
});
