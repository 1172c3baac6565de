/** The times at which a group may speak. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anchorOf, tickAfter, tickAt } from "../../src/notify/group/ticks.ts";

const ms = fc.integer({ min: 0, max: 4_000_000_000_000 });
const interval = fc.integer({ min: 1, max: 86_400_000 });

describe("ticks", () => {
	it.each([
		[100, 100, 110],
		[99, 100, 100],
		[101, 110, 110],
		[110, 110, 120],
		[111, 120, 120],
	])("from 100 every 10: at or after %i is %i, after it is %i", (at, notBefore, after) => {
		expect(tickAt(100, 10, at)).toBe(notBefore);
		expect(tickAfter(100, 10, at)).toBe(after);
	});

	it("stand at whole intervals from the anchor, the nearest that is allowed", () => {
		fc.assert(
			fc.property(ms, interval, ms, (anchor, every, at) => {
				const first = tickAt(anchor, every, at);
				const after = tickAfter(anchor, every, at);
				expect((first - anchor) % every).toBe(0);
				expect((after - anchor) % every).toBe(0);
				expect(first).toBeGreaterThanOrEqual(Math.max(at, anchor));
				expect(after).toBeGreaterThan(at);
				expect(first === anchor || first - every < at).toBe(true);
				expect(after === anchor || after - every <= at).toBe(true);
			}),
		);
	});

	it("begin after group_wait, or at once for what waited that long already", () => {
		expect(anchorOf(1_000, 30, 1_000)).toBe(1_030);
		expect(anchorOf(1_000, 30, 1_030)).toBe(1_060);
		expect(anchorOf(1_000, 30, 1_031)).toBe(1_031);
		expect(anchorOf(1_000, 0, 1_000)).toBe(1_000);
		expect(anchorOf(9_000, 30, 1_000)).toBe(1_030);
	});
});
