/**
 * The ids of batches that were counted within the dedupe window, each with its receipt, so that a retry gets the first
 * answer and changes nothing. One generation a minute: forgetting is dropping a whole map.
 */
import type { ByteReader, ByteWriter } from "../lib/bytes.ts";
import type { BatchId } from "../model/batch.ts";
import { DEDUPE_IDS_MAX, DEDUPE_WINDOW_MS, FUTURE_MAX_MS, MINUTE_MS, RECEIPT_DROPS_MAX } from "../model/limits.ts";
import { DROP_REASONS, type PartReceipt } from "../model/receipt.ts";

/** Generations that must be kept: a batch from a clock that is ahead of ours is accepted, and remembered, longer. */
const GENERATIONS = (DEDUPE_WINDOW_MS + FUTURE_MAX_MS) / MINUTE_MS + 1;

/** A clean receipt is its number of samples: millions of ids may have to fit. */
type Kept = number | PartReceipt;

export class BatchIds {
	/** By minute of the commit. */
	readonly #generations = new Map<number, Map<BatchId, Kept>>();
	#size = 0;

	/** Whether there is no place for another id. Looks at the clock: at the bound nothing is remembered any more that would. */
	isFull(nowMs: number): boolean {
		if (this.#size < DEDUPE_IDS_MAX) return false;
		this.#forgetBefore(Math.floor(nowMs / MINUTE_MS) - GENERATIONS);
		return this.#size >= DEDUPE_IDS_MAX;
	}

	/** The receipt of a batch that was counted before, marked as a duplicate; null when it is new. */
	find(id: BatchId): PartReceipt | null {
		for (const generation of this.#generations.values()) {
			const kept = generation.get(id);
			if (kept !== undefined) return { ...toReceipt(kept), duplicate: true };
		}
		return null;
	}

	remember(id: BatchId, receipt: PartReceipt, nowMs: number): void {
		const minute = Math.floor(nowMs / MINUTE_MS);
		let generation = this.#generations.get(minute);
		if (generation === undefined) {
			generation = new Map();
			this.#generations.set(minute, generation);
			this.#forgetBefore(minute - GENERATIONS);
		}
		const clean = receipt.dropped === 0 && receipt.overflowed === 0;
		if (!generation.has(id)) this.#size++;
		generation.set(id, clean ? receipt.accepted : receipt);
	}

	#forgetBefore(minute: number): void {
		for (const [old, generation] of this.#generations) {
			if (old >= minute) continue;
			this.#size -= generation.size;
			this.#generations.delete(old);
		}
	}
}

/** The minutes whose rows may hold ids that are still remembered. */
export function rememberedMinutes(nowMs: number): { readonly from: number; readonly to: number } {
	const to = Math.floor(nowMs / MINUTE_MS);
	return { from: to - GENERATIONS, to };
}

/** One id and its receipt: 16 bytes, the count, and the drops if there are any. */
export function encodeId(writer: ByteWriter, id: BatchId, receipt: PartReceipt): void {
	for (let i = 0; i < 32; i += 2) writer.u8(Number.parseInt(id.slice(i, i + 2), 16));
	writer.varint(receipt.accepted);
	writer.varint(receipt.overflowed);
	writer.varint(receipt.dropped);
	if (receipt.dropped === 0) return;
	writer.varint(receipt.drops.length);
	for (const drop of receipt.drops) {
		writer.varint(drop.index);
		writer.u8(DROP_REASONS.indexOf(drop.reason));
	}
}

/** Reads what `encodeId` wrote. */
export function decodeId(reader: ByteReader): { readonly id: BatchId; readonly receipt: PartReceipt } {
	let id = "";
	for (let i = 0; i < 16; i++) id += reader.u8().toString(16).padStart(2, "0");
	const accepted = reader.varint();
	const overflowed = reader.varint();
	const dropped = reader.varint();
	const drops: { index: number; reason: (typeof DROP_REASONS)[number] }[] = [];
	const named = dropped === 0 ? 0 : Math.min(reader.varint(), RECEIPT_DROPS_MAX);
	for (let i = 0; i < named; i++) {
		drops.push({ index: reader.varint(), reason: DROP_REASONS[reader.u8()] ?? "invalid" });
	}
	return { id, receipt: { accepted, overflowed, duplicate: false, dropped, drops } };
}

function toReceipt(kept: Kept): PartReceipt {
	if (typeof kept !== "number") return kept;
	return { accepted: kept, overflowed: 0, duplicate: false, dropped: 0, drops: [] };
}
