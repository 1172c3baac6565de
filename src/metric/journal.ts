/**
 * One entry of the journal: the batches that one commit made durable, as accepted. Replaying an entry adds exactly what
 * applying it added. The entry in slot 0 carries the latest raw samples as well, since the rows before it are overwritten.
 */
import type { ByteReader, ByteWriter } from "../lib/bytes.ts";
import type { BatchId } from "../model/batch.ts";
import type { PartReceipt } from "../model/receipt.ts";
import { decodeId, encodeId } from "./batch-ids.ts";
import type { PlannedColumn } from "./planned-column.ts";
import type { RawSample } from "./recent.ts";

/** A batch as it is applied to memory. */
export type Applied = {
	readonly id: BatchId;
	readonly receipt: PartReceipt;
	readonly columns: readonly PlannedColumn[];
};

export type Entry = {
	/** When it was committed; values without a time of their own have this one. */
	readonly committedMs: number;
	/** Set in slot 0 only: the raw samples as they were before this commit, oldest first. */
	readonly recent: readonly RawSample[] | null;
	readonly batches: readonly Applied[];
};

const VERSION = 1;
/** V8 keeps typed arrays of up to 64 bytes on its own heap. */
const FEW_DOUBLES = 8;

/** Appends `entry` to `writer`. */
export function encodeEntry(writer: ByteWriter, entry: Entry): void {
	writer.u8(VERSION);
	writer.f64(entry.committedMs);
	writer.varint(entry.recent === null ? 0 : entry.recent.length + 1);
	for (const sample of entry.recent ?? []) {
		writer.varint(sample.seriesId);
		writer.f64(sample.timeMs);
		writer.f64(sample.value);
	}
	writer.varint(entry.batches.length);
	for (const batch of entry.batches) {
		encodeId(writer, batch.id, batch.receipt);
		writer.varint(batch.columns.length);
		for (const column of batch.columns) encodeColumn(writer, column);
	}
}

/** When an entry was committed, read alone; 0 for a newer version. */
export function committedMsOf(reader: ByteReader): number {
	return reader.u8() === VERSION ? reader.f64() : 0;
}

/** Reads what `encodeEntry` wrote; null when the bytes are not an entry (a newer version, or broken). */
export function decodeEntry(reader: ByteReader): Entry | null {
	if (reader.u8() !== VERSION) return null;
	const committedMs = reader.f64();
	const recent = decodeRecent(reader);
	const batches: Applied[] = [];
	const count = reader.varint();
	for (let i = 0; i < count && !reader.failed; i++) {
		const { id, receipt } = decodeId(reader);
		const columns: PlannedColumn[] = [];
		const columnCount = reader.varint();
		for (let k = 0; k < columnCount && !reader.failed; k++) columns.push(decodeColumn(reader));
		batches.push({ id, receipt, columns });
	}
	return reader.failed ? null : { committedMs, recent, batches };
}

function decodeRecent(reader: ByteReader): RawSample[] | null {
	const count = reader.varint();
	if (count === 0) return null;
	const recent: RawSample[] = [];
	for (let i = 1; i < count && !reader.failed; i++) {
		recent.push({ seriesId: reader.varint(), timeMs: reader.f64(), value: reader.f64() });
	}
	return recent;
}

function encodeColumn(writer: ByteWriter, column: PlannedColumn): void {
	writer.varint(column.seriesId);
	writer.varint(column.values.length);
	writer.u8(column.timesMs === null ? 0 : 1);
	writer.bytes(bytesOf(column.values));
	if (column.timesMs !== null) writer.bytes(bytesOf(column.timesMs));
}

function decodeColumn(reader: ByteReader): PlannedColumn {
	const seriesId = reader.varint();
	const count = reader.varint();
	const timed = reader.u8() === 1;
	return { seriesId, values: doublesOf(reader, count), timesMs: timed ? doublesOf(reader, count) : null };
}

function bytesOf(doubles: Float64Array): Uint8Array {
	return new Uint8Array(doubles.buffer, doubles.byteOffset, doubles.byteLength);
}

/** A copy, because doubles must start on a multiple of eight bytes. A few are quicker one by one: a buffer of its own costs more. */
function doublesOf(reader: ByteReader, count: number): Float64Array {
	if (count <= FEW_DOUBLES) {
		const few = new Float64Array(count);
		const start = reader.position;
		let isWhole = true;
		for (let i = 0; i < count; i++) {
			few[i] = reader.f64();
			if (Number.isNaN(few[i])) isWhole = false;
		}
		// A NaN is known by its bits, which only a copy of the bytes keeps.
		if (!isWhole) new Uint8Array(few.buffer).set(reader.source.subarray(start, start + 8 * count));
		return few;
	}
	const bytes = reader.bytes(8 * count);
	return new Float64Array(bytes.slice().buffer);
}
