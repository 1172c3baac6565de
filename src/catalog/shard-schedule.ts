/**
 * A metric's shard schedule. An announced step never changes: isolates may know it already, and a batch and its retry must be given
 * the same shard whoever sends them. Pure.
 */
import { err, ok, type Result } from "../lib/result.ts";
import { type Failure, invalid } from "../model/errors.ts";
import { DEDUPE_WINDOW_MS, SHARD_NOTICE_MS, SHARD_STEPS_MAX, SHARDS_MAX } from "../model/limits.ts";
import type { ShardStep } from "../model/metric.ts";

/** The schedule with a step from `fromMs` on; the same schedule when that is what it says already. */
export function withStep(
	schedule: readonly ShardStep[],
	count: number,
	fromMs: number,
	nowMs: number,
): Result<readonly ShardStep[], Failure> {
	if (!Number.isInteger(count) || count < 1 || count > SHARDS_MAX) {
		return err(invalid("count", `must be a whole number from 1 to ${SHARDS_MAX}`));
	}
	const last = schedule.at(-1) ?? { fromMs: 0, count: 1 };
	if (last.count === count) return ok(schedule);
	if (!Number.isSafeInteger(fromMs) || fromMs < nowMs + SHARD_NOTICE_MS) {
		return err(
			invalid("fromMs", `must be at least ${SHARD_NOTICE_MS} ms from now, so that every isolate knows it in time`),
		);
	}
	if (fromMs <= last.fromMs)
		return err(invalid("fromMs", `must be later than the last announced step, ${last.fromMs}`));
	const steps = [...schedule, { fromMs, count }];
	if (steps.length <= SHARD_STEPS_MAX) return ok(steps);
	const folded = foldOldest(steps, nowMs);
	return folded === null
		? err({
				code: "too_large",
				what: "shard steps within the dedupe window",
				limit: SHARD_STEPS_MAX,
				got: steps.length,
			})
		: ok(folded);
}

/** The two oldest steps as one, if no batch of their time is accepted any more. Keeps the larger count: readers need it. */
function foldOldest(steps: readonly ShardStep[], nowMs: number): readonly ShardStep[] | null {
	const [first, second, third] = steps;
	if (first === undefined || second === undefined || third === undefined) return null;
	if (third.fromMs > nowMs - DEDUPE_WINDOW_MS) return null;
	return [{ fromMs: first.fromMs, count: Math.max(first.count, second.count) }, ...steps.slice(2)];
}
