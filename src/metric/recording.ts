/**
 * Group commit: calls that arrive while a commit is on its way, or too soon after the last one, share the next write and
 * are acknowledged after it, in the same turn; the output gate holds their answers until it is on disk. Killed between any
 * two lines: before the write nobody was acknowledged and nothing is counted; after it everything is, and a retry of the
 * same batch id finds it. Memory changes only after the write has returned; if it throws, memory is built anew.
 */

import { ByteWriter } from "../lib/bytes.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { RecordRequest } from "../model/batch.ts";
import type { Failure } from "../model/errors.ts";
import {
	CHECKPOINT_EVERY_MS,
	DEDUPE_WINDOW_MS,
	FUTURE_MAX_MS,
	JOURNAL_BYTES_MAX,
	JOURNAL_ROWS_MAX,
	OPEN_CELLS_MAX,
	SERIES_PER_METRIC_MAX,
} from "../model/limits.ts";
import type { PartReceipt } from "../model/receipt.ts";
import { BatchIds } from "./batch-ids.ts";
import { History, type JournalEnd, replay } from "./history.ts";
import { type Applied, encodeEntry } from "./journal.ts";
import { planPart } from "./plan.ts";
import type { MetricRow } from "./rows.ts";
import type { MetricStorage } from "./storage.ts";

type Answer = Result<PartReceipt, Failure>;
type Pending = {
	readonly request: RecordRequest;
	readonly answer: Promise<Answer>;
	readonly settle: (answer: Answer) => void;
};
type Decided = { readonly pending: Pending; readonly answer: Answer };

/** Counts since the object woke. */
export type RecordingCounts = {
	samples: number;
	dropped: number;
	overflowed: number;
	batches: number;
	duplicates: number;
	commits: number;
	checkpoints: number;
};

export class Recording {
	/** Null until the first sample fixes the kind. */
	history: History | null = null;
	readonly counts: RecordingCounts = {
		samples: 0,
		dropped: 0,
		overflowed: 0,
		batches: 0,
		duplicates: 0,
		commits: 0,
		checkpoints: 0,
	};
	readonly #storage: MetricStorage;
	readonly #commitEveryMs: number;
	readonly #clock: () => number;
	#ids = new BatchIds();
	#journal: JournalEnd;
	#pending = new Map<string, Pending>();
	#lastCommitMs = Number.NEGATIVE_INFINITY;
	/** A commit is on its way to disk, or a timer will make the next one. */
	#isWaiting = false;
	readonly #writer = new ByteWriter(16 * 1024);

	constructor(storage: MetricStorage, commitEveryMs: number, clock: () => number) {
		this.#storage = storage;
		this.#commitEveryMs = commitEveryMs;
		this.#clock = clock;
		this.#journal = this.#load();
	}

	get journalRows(): number {
		return this.#journal.slot;
	}

	/** Counts a part once: a batch that was counted before gets its first receipt again. */
	record(request: RecordRequest): Promise<Answer> {
		const nowMs = this.#clock();
		const counted = this.#ids.find(request.id);
		if (counted !== null) {
			this.counts.duplicates++;
			return Promise.resolve(ok(counted));
		}
		const same = this.#pending.get(request.id);
		if (same !== undefined) {
			this.counts.duplicates++;
			return same.answer.then((answer) => (answer.ok ? ok({ ...answer.value, duplicate: true }) : answer));
		}
		const refusal = this.#refusal(request, nowMs);
		if (refusal !== null) return Promise.resolve(err(refusal));
		const { promise, resolve } = Promise.withResolvers<Answer>();
		this.#pending.set(request.id, { request, answer: promise, settle: resolve });
		this.#schedule(nowMs);
		return promise;
	}

	/** Folds the journal into storage if it is due; reads and ticks call it, so that it does not grow old in silence. */
	checkpointIfDue(nowMs: number): void {
		if (this.history === null || this.#journal.bytes === 0) return;
		const { slot, bytes, sinceMs } = this.#journal;
		const isDue =
			nowMs - sinceMs >= CHECKPOINT_EVERY_MS ||
			bytes >= JOURNAL_BYTES_MAX ||
			slot >= JOURNAL_ROWS_MAX ||
			this.history.timeline.openCells >= OPEN_CELLS_MAX;
		if (isDue) this.checkpoint(nowMs);
	}

	checkpoint(nowMs: number): void {
		const history = this.history;
		if (history === null) return;
		try {
			this.#storage.transaction(() => history.checkpoint(this.#journal.seq, nowMs));
		} catch (error) {
			// Memory may be ahead of what was rolled back.
			this.reload();
			throw error;
		}
		this.counts.checkpoints++;
		this.#journal = { slot: 0, seq: this.#journal.seq, bytes: 0, sinceMs: nowMs };
	}

	/** Builds memory anew from storage, as after an eviction. */
	reload(): void {
		this.history?.windows.clear();
		this.#journal = this.#load();
	}

	#load(): JournalEnd {
		const row = this.#storage.metric();
		this.history = row === null ? null : new History(this.#storage, row);
		this.#ids = new BatchIds();
		return replay(this.#storage, this.history, this.#ids, this.#clock());
	}

	#refusal({ createdMs, part }: RecordRequest, nowMs: number): Failure | null {
		if (createdMs < nowMs - DEDUPE_WINDOW_MS) {
			const reason = `the batch was made more than ${DEDUPE_WINDOW_MS / 60_000} minutes ago; it was not counted now`;
			return { code: "expired", reason };
		}
		if (createdMs > nowMs + FUTURE_MAX_MS) {
			return { code: "invalid", issues: [{ place: "batch id", reason: "it was made in the future: check the clock" }] };
		}
		if (this.#ids.isFull(nowMs))
			return { code: "overloaded", reason: `too many batches for '${part.name}'`, retryAfterS: 60 };
		return null;
	}

	#schedule(nowMs: number): void {
		if (this.#isWaiting) return;
		const waitMs = this.#lastCommitMs + this.#commitEveryMs - nowMs;
		// A clock that was set back must not hold anyone up for longer than one interval.
		if (waitMs <= 0 || waitMs > this.#commitEveryMs) {
			this.#flush();
			return;
		}
		this.#isWaiting = true;
		setTimeout(() => this.#flush(), waitMs);
	}

	#flush(): void {
		this.#isWaiting = false;
		this.#commit();
		if (this.#commitEveryMs > 0) return;
		// Without an interval the disk sets the pace: who comes while it is busy shares the next write.
		this.#isWaiting = true;
		const next = () => {
			this.#isWaiting = false;
			if (this.#pending.size > 0) this.#flush();
		};
		void this.#storage.synced().then(next, next);
	}

	#commit(): void {
		const pending = this.#pending;
		this.#pending = new Map();
		if (pending.size === 0) return;
		const nowMs = this.#clock();
		this.#lastCommitMs = nowMs;
		try {
			for (const { pending: one, answer } of this.#write([...pending.values()], nowMs)) one.settle(answer);
			this.checkpointIfDue(nowMs);
		} catch (error) {
			console.error(JSON.stringify({ level: "error", message: "commit failed", error: String(error) }));
			const failure: Failure = { code: "unavailable", what: "storage", retryAfterS: 1 };
			for (const one of pending.values()) one.settle(err(failure));
			// Nothing of this commit is in memory that storage does not have, once it is built anew.
			this.reload();
		}
	}

	#write(pending: readonly Pending[], nowMs: number): Decided[] {
		const decided: Decided[] = [];
		const batches: Applied[] = [];
		let history = this.history;
		for (const one of pending) {
			const { part, id } = one.request;
			const target = history ?? new History(this.#storage, newMetric(one.request, nowMs));
			if (part.kind !== null && part.kind !== target.kind) {
				const reason = `'${part.name}' is a ${target.kind}; a ${part.kind} of the same name needs another name`;
				decided.push({ pending: one, answer: err({ code: "conflict", reason }) });
				continue;
			}
			if (target.series.live >= SERIES_PER_METRIC_MAX) target.hearOfAll(nowMs);
			const plan = planPart(part, target, nowMs);
			decided.push({ pending: one, answer: ok(plan.receipt) });
			this.#count(plan.receipt);
			// Nothing counts of it: no kind is fixed, and a flood of such batches writes nothing.
			if (plan.columns.length === 0) continue;
			history = target;
			batches.push({ id, receipt: plan.receipt, columns: plan.columns });
		}
		if (history !== null && batches.length > 0) this.#save(history, batches, nowMs);
		return decided;
	}

	#save(history: History, batches: readonly Applied[], nowMs: number): void {
		const { slot, seq, bytes, sinceMs } = this.#journal;
		const entry = { committedMs: nowMs, recent: slot === 0 ? history.recent.list() : null, batches };
		this.#writer.reset();
		encodeEntry(this.#writer, entry);
		let nextSlot = slot;
		this.#storage.transaction(() => {
			if (this.history === null) this.#storage.saveMetric(history.metric);
			for (const one of history.series.takeChanged()) this.#storage.saveSeries(one.id, one.key, one.firstMs);
			nextSlot = this.#storage.saveEntry(slot, seq + 1, this.#writer.view());
		});
		this.history = history;
		const size = bytes + this.#writer.length;
		this.#journal = { slot: nextSlot, seq: seq + 1, bytes: size, sinceMs: bytes === 0 ? nowMs : sinceMs };
		for (const batch of batches) {
			history.apply(batch, nowMs);
			this.#ids.remember(batch.id, batch.receipt, nowMs);
		}
		history.noteIds(entry);
		this.counts.commits++;
	}

	#count(receipt: PartReceipt): void {
		this.counts.batches++;
		this.counts.samples += receipt.accepted;
		this.counts.dropped += receipt.dropped;
		this.counts.overflowed += receipt.overflowed;
	}
}

function newMetric({ part }: RecordRequest, nowMs: number): MetricRow {
	const { unit, help } = part;
	const kind = part.kind ?? "distribution";
	return { kind, unit, help, first_ms: nowMs, registered: 0, totals_from_ms: 0, next_series: 1 };
}
