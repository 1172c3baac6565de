/** Where a batch goes, and where its retry goes. */
import { describe, expect, it } from "vitest";
import { uuid7 } from "../../src/lib/uuid7.ts";
import { shardCountAt, shardObjects, shardOfBatch } from "../../src/peers/shards.ts";

const before = [{ fromMs: 0, count: 1 }];
const after = [...before, { fromMs: 10_000, count: 4 }, { fromMs: 50_000, count: 2 }];

function idOf(nowMs: number, i: number): string {
	return uuid7(nowMs, Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8, i >> 8, i & 255])).replaceAll("-", "");
}

describe("the shard of a batch", () => {
	it("is that of its making: a retry after a change of the schedule meets its first attempt", () => {
		for (let i = 0; i < 200; i++) {
			const early = { id: idOf(9_999, i), createdMs: 9_999, timed: true };
			expect(shardOfBatch(after, early)).toBe(shardOfBatch(before, early));
			const middle = { id: idOf(20_000, i), createdMs: 20_000, timed: true };
			expect(shardOfBatch(after, middle)).toBe(shardOfBatch(after.slice(0, 2), middle));
		}
	});

	it("is 0 for a batch that does not say when it was made", () => {
		for (let i = 0; i < 50; i++) {
			expect(shardOfBatch(after, { id: idOf(20_000, i), createdMs: 20_000, timed: false })).toBe(0);
		}
	});

	it("spreads batches evenly, those of one millisecond too", () => {
		const counts = [0, 0, 0, 0];
		for (let i = 0; i < 4_000; i++) {
			const shard = shardOfBatch(after, { id: idOf(20_000, i), createdMs: 20_000, timed: true });
			counts[shard] = (counts[shard] ?? 0) + 1;
		}
		for (const count of counts) expect(count).toBeGreaterThan(850);
	});

	it("holds from the step on, not before", () => {
		expect([0, 9_999, 10_000, 49_999, 50_000].map((at) => shardCountAt(after, at))).toEqual([1, 1, 4, 4, 2]);
	});
});

describe("the objects of a metric", () => {
	it("are all that were ever in use, and none that is only announced", () => {
		expect(shardObjects("m", after, 100_000)).toEqual(["m", "m#1", "m#2", "m#3"]);
		expect(
			shardObjects(
				"m",
				[
					{ fromMs: 0, count: 1 },
					{ fromMs: 1e9, count: 3 },
				],
				100_000,
			),
		).toEqual(["m"]);
	});
});
