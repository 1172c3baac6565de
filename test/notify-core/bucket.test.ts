/** How fast a target may be sent to. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Buckets } from "../../src/notify/bucket.ts";

const buckets = () => new Buckets((target) => (target === "slow" ? { perSecond: 2, burst: 3 } : null));

describe("a bucket", () => {
	it("is full at first, empties, and fills by the clock", () => {
		const one = buckets();
		for (let i = 0; i < 3; i++) {
			expect(one.nextMs("slow", 1_000)).toBe(1_000);
			one.take("slow", 1_000);
		}
		expect(one.nextMs("slow", 1_000)).toBe(1_500);
		expect(one.nextMs("slow", 1_250)).toBe(1_500);
		expect(one.nextMs("slow", 1_500)).toBe(1_500);
		one.take("slow", 1_500);
		expect(one.nextMs("slow", 1_500)).toBe(2_000);
	});

	it("holds no more than its burst, however long nothing was sent, and survives a clock that goes back", () => {
		const one = buckets();
		one.take("slow", 0);
		for (let i = 0; i < 3; i++) one.take("slow", 1e9);
		expect(one.nextMs("slow", 1e9)).toBe(1e9 + 500);
		expect(one.nextMs("slow", 5)).toBe(505);
	});

	it("does not exist for who has no rate", () => {
		const one = buckets();
		for (let i = 0; i < 1_000; i++) one.take("free", 0);
		expect(one.nextMs("free", 0)).toBe(0);
	});

	it("lets no more pass in any time than its burst and its rate", () => {
		fc.assert(
			fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 100 }), (pauses) => {
				const one = buckets();
				let nowMs = 0;
				const sent: number[] = [];
				for (const pause of pauses) {
					nowMs += pause;
					if (one.nextMs("slow", nowMs) > nowMs) continue;
					one.take("slow", nowMs);
					sent.push(nowMs);
				}
				for (const [i, from] of sent.entries()) {
					for (const [j, to] of sent.entries()) {
						if (j >= i) expect(j - i + 1).toBeLessThanOrEqual(3 + ((to - from) / 1_000) * 2 + 1e-9);
					}
				}
			}),
		);
	});
});
