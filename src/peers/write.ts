/**
 * A batch on its way to the objects of its metrics, each part to one shard, side by side. Knows nothing of bodies or bounds:
 * ingest has checked them. May be called again with the same batch: every object counts it once.
 */

import { mapBounded } from "../lib/async.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Batch, MetricPart, RecordRequest } from "../model/batch.ts";
import type { Failure } from "../model/errors.ts";
import { FANOUT_CONCURRENCY_MAX } from "../model/limits.ts";
import { cleanReceipt, type PartReceipt } from "../model/receipt.ts";
import { packRequest } from "../model/record-wire.ts";
import { type DirectoryView, directoryOf } from "./directory.ts";
import { ONE_SHARD, shardOfBatch } from "./shards.ts";
import { ask, metricStub, type ObjectEnv, shardObject } from "./stubs.ts";

/** What became of a batch that needs no retry: parallel to its parts, a receipt or why the part was refused for good. */
export type Recorded = { readonly parts: readonly Result<PartReceipt, Failure>[] };

/**
 * Sends each part to its object and waits until all are durable. Fails with `unavailable` or `overloaded` if any part may not have
 * been counted: the same batch under the same id may then be sent again, and what was counted already stays counted once.
 */
export async function recordBatch(env: ObjectEnv, batch: Batch, nowMs: number): Promise<Result<Recorded, Failure>> {
	const directory = await directoryOf(env, nowMs);
	if (!directory.ok) return directory;
	const toObject = (part: MetricPart) => recordPart(env, batch, part, directory.value);
	const [only] = batch.parts;
	// Most batches are of one metric; a fan-out over one costs them a twentieth of their time.
	const isOne = only !== undefined && batch.parts.length === 1;
	const parts = isOne ? [await toObject(only)] : await mapBounded(batch.parts, FANOUT_CONCURRENCY_MAX, toObject);
	let worst: Failure | null = null;
	for (const part of parts) {
		if (part.ok) continue;
		if (part.failure.code === "overloaded") return err(part.failure);
		if (part.failure.code === "unavailable") worst = part.failure;
	}
	return worst === null ? ok({ parts }) : err(worst);
}

async function recordPart(
	env: ObjectEnv,
	batch: Batch,
	part: MetricPart,
	directory: DirectoryView,
): Promise<Result<PartReceipt, Failure>> {
	const info = directory.metric(part.name);
	const shard = shardOfBatch(info?.shards ?? ONE_SHARD, batch);
	const request: RecordRequest = { id: batch.id, createdMs: batch.createdMs, part };
	if (shard === 0 || info === null) return recordAt(env, part.name, request);
	// Shard 0 fixed the kind when the metric was new; the other shards are told.
	if (part.kind !== null && part.kind !== info.kind) {
		return err({ code: "conflict", reason: `'${part.name}' is a ${info.kind}, not a ${part.kind}` });
	}
	return recordAt(env, shardObject(part.name, shard), { ...request, part: { ...part, kind: info.kind } });
}

async function recordAt(
	env: ObjectEnv,
	objectName: string,
	request: RecordRequest,
): Promise<Result<PartReceipt, Failure>> {
	// Without a time-out of ours: a timer costs one request in twenty, and the platform ends calls whose object is gone.
	const answer = await ask(objectName, () => metricStub(env, objectName).record(...packRequest(request)), null);
	if (!answer.ok) return answer;
	return typeof answer.value === "number" ? ok(cleanReceipt(answer.value)) : answer.value;
}
