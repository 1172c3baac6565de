/**
 * Evaluates the recording rules whose home is this object, and sends what they record to the objects of their metrics, as any batch
 * goes. The series of the evaluation before that are not in this one end with a stale marker; which those were is kept in a row.
 *
 * Killed between two lines: the row is written before the batch and names everything that may have been written, old and new; after the
 * batch it is narrowed to what is there now. Killed before the batch, the next tick records; after it, the next tick ends once more what
 * has ended, which changes nothing. The same tick twice, or beside itself, is one batch: its id is made of the rule and the tick. A late
 * tick is refused, before and after it read. If a batch is not taken, the row stays wide and the rule has failed.
 */
import { type RecordedSample, recordedSamples, vanishedKeys } from "../alert/recorded.ts";
import { mapBounded } from "../lib/async.ts";
import { err, type Result } from "../lib/result.ts";
import type { RuleHealth } from "../model/alert.ts";
import type { Batch, MetricPart } from "../model/batch.ts";
import type { Failure } from "../model/errors.ts";
import { fingerprintOfText } from "../model/fingerprint.ts";
import type { LabelsKey } from "../model/labels.ts";
import { RULES_AT_ONCE_MAX } from "../model/limits.ts";
import type { EvaluateRequest } from "../model/metric-rpc.ts";
import type { PartReceipt } from "../model/receipt.ts";
import type { RecordingRule } from "../model/rule.ts";
import { directoryOf } from "../peers/directory.ts";
import type { ObjectEnv } from "../peers/stubs.ts";
import { recordBatch } from "../peers/write.ts";
import type { Querier } from "../promql/querier.ts";
import { markStale } from "../promql/stale.ts";
import type { AlertStorage, RecordedRow } from "./alert-storage.ts";
import { askTimed, healthOf } from "./rule-asking.ts";

export class RecordingRules {
	readonly #storage: AlertStorage;
	readonly #env: ObjectEnv;
	/** Whether a metric was written that the catalog did not have, since this was last asked. */
	#isCatalogNew = false;
	/** By rule id. Read once; storage and this change together. */
	#rows: Map<string, RecordedRow> | null = null;

	constructor(storage: AlertStorage, env: ObjectEnv) {
		this.#storage = storage;
		this.#env = env;
	}

	/** One tick. `isOutdated`: a newer tick came meanwhile. `querier` makes one for each expression; `clock` times them. */
	async evaluate(
		request: EvaluateRequest,
		isOutdated: () => boolean,
		querier: () => Querier,
		clock: () => number,
	): Promise<readonly RuleHealth[]> {
		if (isOutdated()) return [];
		await this.#endForeign(request, clock());
		return mapBounded(request.recordings ?? [], RULES_AT_ONCE_MAX, async (rule) => {
			const atMs = request.tickMs - (rule.queryOffsetMs ?? 0);
			const samples = await askTimed(clock, querier, async (ask) => {
				const found = await ask(rule.expr, atMs);
				return found.ok ? recordedSamples(rule, found.value) : found;
			});
			if (!samples.ok) return healthOf(rule, samples, request.tickMs, samples.failure);
			const error = isOutdated() ? "a newer tick came before it was evaluated" : null;
			const written = error ?? (await this.#write(rule, samples.value, request.tickMs, clock()));
			return healthOf(rule, samples, request.tickMs, written);
		});
	}

	/** Whether a metric was written that the catalog did not have, since this was last asked. */
	takeIsCatalogNew(): boolean {
		const isCatalogNew = this.#isCatalogNew;
		this.#isCatalogNew = false;
		return isCatalogNew;
	}

	/** What became of it: null, or why something is not stored. */
	async #write(
		rule: RecordingRule,
		samples: readonly RecordedSample[],
		tickMs: number,
		nowMs: number,
	): Promise<string | null> {
		const { id: ruleId, record } = rule;
		const known = this.#all().get(ruleId);
		// The rule records under another name now: what it had written under the old one ends there.
		if (known !== undefined && known.record !== record) await this.#end(known, tickMs, nowMs);
		const before = known?.record === record ? known.keys : [];
		const gone = vanishedKeys(before, samples);
		const keys = samples.map(({ key }) => key);
		this.#save({ ruleId, record, keys: [...keys, ...gone] });
		const atMs = tickMs - (rule.queryOffsetMs ?? 0);
		const batch = batchOf(ruleId, tickMs, nowMs, partOf(record, samples, gone, atMs));
		const receipt = batch === null ? null : await this.#send(batch);
		if (receipt?.ok === false) return receipt.failure;
		this.#save({ ruleId, record, keys });
		return receipt === null ? null : notStored(receipt.value, samples.length);
	}

	/** Ends the series of rules that are gone. What could not be reached stays to be ended at the next tick. */
	async #endForeign({ allRuleIds, tickMs }: EvaluateRequest, nowMs: number): Promise<void> {
		const known = new Set(allRuleIds);
		for (const row of [...this.#all().values()]) {
			if (!known.has(row.ruleId) && (await this.#end(row, tickMs, nowMs))) this.#forget(row.ruleId);
		}
	}

	async #end({ ruleId, record, keys }: RecordedRow, tickMs: number, nowMs: number): Promise<boolean> {
		const batch = batchOf(`${ruleId} ended as ${record}`, tickMs, nowMs, partOf(record, [], keys, tickMs));
		return batch === null || (await this.#send(batch)).ok;
	}

	async #send(batch: Batch): Promise<Result<PartReceipt, string>> {
		const directory = await directoryOf(this.#env, batch.createdMs);
		const isKnown = directory.ok && batch.parts.every(({ name }) => directory.value.metric(name) !== null);
		const recorded = await recordBatch(this.#env, batch, batch.createdMs);
		if (!recorded.ok) return err(whyNot(recorded.failure));
		if (!isKnown) this.#isCatalogNew = true;
		const [part] = recorded.value.parts;
		if (part === undefined) return err("it could not be stored: there was no answer");
		return part.ok ? part : err(whyNot(part.failure));
	}

	/** A row is billed: it is written when the set of series changes, and not at every tick. */
	#save(row: RecordedRow): void {
		const known = this.#all().get(row.ruleId);
		const isKnown = known?.record === row.record && isSameSet(known.keys, row.keys);
		if (isKnown) return;
		this.#storage.saveRecorded(row);
		this.#all().set(row.ruleId, row);
	}

	#forget(ruleId: string): void {
		this.#storage.deleteRecorded(ruleId);
		this.#all().delete(ruleId);
	}

	#all(): Map<string, RecordedRow> {
		this.#rows ??= new Map(this.#storage.recorded().map((row) => [row.ruleId, row]));
		return this.#rows;
	}
}

/** Points of one time: what was recorded, then stale markers for what has vanished. */
function partOf(
	name: string,
	samples: readonly RecordedSample[],
	gone: readonly LabelsKey[],
	timeMs: number,
): MetricPart | null {
	const labels = [...samples.map(({ key }) => key), ...gone];
	if (labels.length === 0) return null;
	const values = new Float64Array(labels.length);
	for (const [i, { value }] of samples.entries()) values[i] = value;
	for (let i = samples.length; i < labels.length; i++) markStale(values, i);
	return {
		name,
		kind: "sampled",
		unit: null,
		help: null,
		labels,
		ends: labels.map((_, i) => i + 1),
		values,
		timestampsMs: new Float64Array(labels.length).fill(timeMs),
	};
}

/**
 * The batch of one rule and one tick. It is made when it is sent, so that a tick that comes after an hour is no expired one; and not
 * `timed`: shard 0 takes it, whatever the schedule is, and knows its id.
 */
function batchOf(ruleId: string, tickMs: number, nowMs: number, part: MetricPart | null): Batch | null {
	if (part === null) return null;
	const id = fingerprintOfText(ruleId) + tickMs.toString(16).padStart(16, "0");
	return { id, createdMs: nowMs, timed: false, parts: [part] };
}

/** Why samples of the rule, which come first in their part, were not stored; stale markers that were not are no fault. */
function notStored({ drops, overflowed }: PartReceipt, samples: number): string | null {
	const lost = drops.filter(({ index }) => index < samples);
	const [first] = lost;
	if (first !== undefined) return `${lost.length} of ${samples} samples were not stored: ${first.reason}`;
	return overflowed === 0 ? null : `${overflowed} series found no place: the metric has as many as it can have`;
}

function whyNot(failure: Failure): string {
	const { code } = failure;
	if (code === "unavailable") return `it could not be stored: no answer from ${failure.what}`;
	if (code === "conflict" || code === "expired" || code === "overloaded")
		return `it could not be stored: ${failure.reason}`;
	return `it could not be stored: ${code}`;
}

function isSameSet(a: readonly LabelsKey[], b: readonly LabelsKey[]): boolean {
	if (a.length !== b.length) return false;
	const there = new Set(a);
	return b.every((key) => there.has(key));
}
