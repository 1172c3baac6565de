/** Who has to be told, as the table of Alertmanager's notify.DedupStage (TestDedupStageNeedsUpdate) has it, and why. */
import { describe, expect, it } from "vitest";
import { causeOf, type Told } from "../../src/notify/group/news.ts";

const NOW = 1_000_000;
const HOUR = 3_600_000;
const set = (text: string) => new Set(text === "" ? [] : text.split(" "));
const told = (firing: string, resolved = "", agoMs = 0): Told => ({
	atMs: NOW - agoMs,
	firing: set(firing),
	resolved: set(resolved),
});

describe("what a target is told", () => {
	it.each<[Told | null, string, string, boolean, string | null]>([
		// It never heard of the group.
		[null, "a", "", true, "first"],
		[null, "a", "b", false, "first"],
		[null, "", "a", true, null],
		[null, "", "", true, null],
		// Something fires that it does not know of.
		[told("a"), "a b", "", true, "changed"],
		[told("a b c"), "d", "", true, "changed"],
		[told("", "a"), "a", "", true, "first"],
		// It heard of more than fires now: fewer alone are no news.
		[told("a b c"), "a", "", true, null],
		// All is over.
		[told("a b"), "", "a b", true, "resolved"],
		[told("a b"), "", "a b", false, "resolved"],
		[told("", "a"), "", "a", true, null],
		[told("", "a", HOUR + 1), "", "a", true, null],
		// Some ended: only who wants to hear of ends does.
		[told("a b"), "a", "b", true, "changed"],
		[told("a b"), "a", "b", false, null],
		[told("a b", "c"), "a b", "c", true, null],
		// The same again: not before its time, to the millisecond.
		[told("a", "", HOUR), "a", "", true, null],
		[told("a", "", HOUR + 1), "a", "", true, "repeat"],
		[told("a b", "", HOUR + 1), "a", "b", false, "repeat"],
		// News does not wait for the repeat.
		[told("a", "", 1), "b", "", true, "changed"],
	])("%#: told %j, now firing '%s', resolved '%s', hears of ends %s: %s", (before, firing, resolved, ends, cause) => {
		expect(causeOf(before, { firing: set(firing), resolved: set(resolved) }, ends, HOUR, NOW)).toBe(cause);
	});
});
