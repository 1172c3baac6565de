/** The schedule's own bounds. */
import { describe, expect, it } from "vitest";
import { withStep } from "../../src/catalog/shard-schedule.ts";
import { DEDUPE_WINDOW_MS, MINUTE_MS, SHARD_NOTICE_MS, SHARD_STEPS_MAX } from "../../src/model/limits.ts";
import type { ShardStep } from "../../src/model/metric.ts";

const ONE: readonly ShardStep[] = [{ fromMs: 0, count: 1 }];

function steps(every: number): { schedule: readonly ShardStep[]; nowMs: number; refused: boolean } {
	let schedule = ONE;
	let nowMs = 1_000_000_000;
	for (let i = 0; i < 2 * SHARD_STEPS_MAX; i++) {
		const next = withStep(schedule, 2 + (i % 3), nowMs + SHARD_NOTICE_MS + i, nowMs);
		if (!next.ok) return { schedule, nowMs, refused: true };
		schedule = next.value;
		nowMs += every;
	}
	return { schedule, nowMs, refused: false };
}

describe("a shard schedule", () => {
	it("folds its oldest steps at SHARD_STEPS_MAX, and readers still know the most shards there ever were", () => {
		const { schedule, refused } = steps(DEDUPE_WINDOW_MS);
		expect(refused).toBe(false);
		expect(schedule).toHaveLength(SHARD_STEPS_MAX);
		expect(schedule[0]).toEqual({ fromMs: 0, count: 4 });
	});

	it("refuses a step rather than fold one by which batches are still placed", () => {
		const { schedule, refused } = steps(1_000);
		expect(refused).toBe(true);
		expect(schedule).toHaveLength(SHARD_STEPS_MAX);
	});

	it("stays the same when nothing would change", () => {
		expect(withStep(ONE, 1, 5, MINUTE_MS)).toEqual({ ok: true, value: ONE });
	});
});
