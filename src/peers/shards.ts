/**
 * Which shard of a metric a batch belongs to. The same for a batch and all its retries, whenever and wherever they are sent: it
 * depends on nothing but the batch's id, the time it was made, and the schedule that held then. Pure.
 */
import type { Batch } from "../model/batch.ts";
import { FUTURE_MAX_MS } from "../model/limits.ts";
import type { ShardStep } from "../model/metric.ts";
import { shardObject } from "./stubs.ts";

/** What a metric has as long as nobody asked for more. */
export const ONE_SHARD: readonly ShardStep[] = [{ fromMs: 0, count: 1 }];

/** The shards that hold at a time. Steps ascend; the first holds since ever. */
export function shardCountAt(schedule: readonly ShardStep[], atMs: number): number {
	let count = schedule[0]?.count ?? 1;
	for (const step of schedule) if (step.fromMs <= atMs) count = step.count;
	return count;
}

/** The shard of a batch. One that does not say when it was made goes to shard 0: its retry could not be placed otherwise. */
export function shardOfBatch(schedule: readonly ShardStep[], batch: Pick<Batch, "id" | "createdMs" | "timed">): number {
	if (!batch.timed) return 0;
	const count = shardCountAt(schedule, batch.createdMs);
	return count === 1 ? 0 : hashOf(batch.id) % count;
}

/** The objects of all shards that ever held samples, shard 0 first: readers merge them. */
export function shardObjects(metric: string, schedule: readonly ShardStep[], nowMs: number): string[] {
	let count = 1;
	// Clocks of callers run ahead of ours by so much at most, so a step that far away may already be in use.
	for (const step of schedule) if (step.fromMs <= nowMs + FUTURE_MAX_MS) count = Math.max(count, step.count);
	return Array.from({ length: count }, (_, shard) => shardObject(metric, shard));
}

/** FNV-1a with the finish of MurmurHash3: the ids of one millisecond differ in their last digits only. */
export function hashOf(text: string): number {
	let hash = 0x811c9dc5;
	for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
	hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
	hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
	return (hash ^ (hash >>> 16)) >>> 0;
}
