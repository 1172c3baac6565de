/** Waiting with a bound. */
import { describe, expect, it } from "vitest";
import { mapBounded, settleWithin } from "../../src/lib/async.ts";
import { clockOffsetMs, moveClock, nowMs } from "../../src/lib/clock.ts";

const soon = (ms = 1) => new Promise<void>((resolve) => setTimeout(resolve, ms));

describe("mapBounded", () => {
	it("answers in order and never begins more than it may", async () => {
		let running = 0;
		let most = 0;
		const answers = await mapBounded(
			Array.from({ length: 50 }, (_, i) => i),
			7,
			async (i) => {
				most = Math.max(most, ++running);
				await soon(i % 3);
				running--;
				return i * 2;
			},
		);
		expect(answers).toEqual(Array.from({ length: 50 }, (_, i) => i * 2));
		expect(most).toBe(7);
	});

	it("begins nothing more once one threw", async () => {
		let begun = 0;
		const run = mapBounded([1, 2, 3, 4, 5, 6], 2, async (i) => {
			begun++;
			await soon();
			if (i === 1) throw new Error("one");
		});
		await expect(run).rejects.toThrow("one");
		await soon(5);
		expect(begun).toBeLessThan(5);
	});
});

describe("settleWithin", () => {
	it("tells a value, an exception and a late answer apart", async () => {
		expect(await settleWithin(async () => 1, 50)).toEqual({ kind: "value", value: 1 });
		const thrown = await settleWithin(() => {
			throw new Error("at once");
		}, 50);
		expect(thrown.kind).toBe("thrown");
		expect(await settleWithin(() => soon(200), 5)).toEqual({ kind: "late" });
	});
});

describe("the clock", () => {
	it("is moved in development, and there alone", () => {
		moveClock(3_600_000, true);
		expect(clockOffsetMs()).toBe(3_600_000);
		const beforeMs = Date.now();
		expect(nowMs()).toBeGreaterThanOrEqual(beforeMs + 3_600_000);
		expect(() => moveClock(0, false)).toThrow("development");
		expect(clockOffsetMs()).toBe(3_600_000);
		moveClock(0, true);
	});
});
