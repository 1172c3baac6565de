/** Two reports of one alert, as Alertmanager's TestAlertMerge has them, and what follows from its Merge. */
import { describe, expect, it } from "vitest";
import { isResolved, mergeSpan, type Span } from "../../src/notify/group/merge-alert.ts";

const MINUTE = 60_000;
const NOW = 100 * MINUTE;

/** Minutes from now. */
function span(start: number, end: number | null, updated: number, isTimeout = false): Span {
	return {
		startsAtMs: NOW + start * MINUTE,
		endsAtMs: end === null ? null : NOW + end * MINUTE,
		updatedAtMs: NOW + updated * MINUTE,
		isTimeout,
	};
}

describe("two reports of one alert", () => {
	it.each<[string, Span, Span, Span]>([
		["both have a guessed end", span(-2, 2, 0, true), span(-1, 3, 1, true), span(-2, 3, 1, true)],
		["a guess follows what was said", span(-1, 3, 0), span(-1, 2, 1, true), span(-1, 3, 1, true)],
		["what was said follows a guess", span(-1, 3, 0, true), span(-1, 2, 1), span(-1, 2, 1)],
		["both were said: the later end holds", span(-1, 3, 0), span(-1, 2, 1), span(-1, 3, 1)],
		["it has ended now", span(-1, 3, 0), span(-1, 0, 0), span(-1, 0, 0)],
		["it had ended twice: the later end holds", span(-3, -1, -1), span(-3, -2, 0), span(-3, -1, 0)],
		["it starts later: the earliest start holds", span(-5, 2, 0), span(-1, 4, 1), span(-5, 4, 1)],
		["it starts earlier", span(-1, 2, 0), span(-5, 1, 1), span(-5, 2, 1)],
	])("%s", (_, known, next, merged) => {
		expect(mergeSpan(known, next, NOW)).toEqual(merged);
	});

	it("are two alerts when one had ended before the other began", () => {
		expect(mergeSpan(span(-9, -6, -6), span(-2, 3, 0), NOW)).toEqual(span(-2, 3, 0));
	});

	it("an alert has ended at its end, not before, and never without one", () => {
		expect(isResolved(span(-1, 0, 0), NOW)).toBe(true);
		expect(isResolved(span(-1, 0, 0), NOW - 1)).toBe(false);
		expect(isResolved(span(-1, null, 0), NOW)).toBe(false);
	});
});
