/**
 * Blobs that are larger than a row may be are cut into pieces, one a chunk row, and put together again. Must never leave a piece
 * out.
 */
import { assert } from "../lib/assert.ts";
import { CHUNKS_PER_MINUTE_MAX, ROW_BYTES_MAX } from "../model/limits.ts";

/** What SQLite gives back for a BLOB column. */
export type Blob = ArrayBuffer | null;

/** Pieces of at most `bytesMax`; at least one. */
export function cut(bytes: Uint8Array<ArrayBuffer>, bytesMax = ROW_BYTES_MAX): Uint8Array<ArrayBuffer>[] {
	const pieces = [bytes.subarray(0, bytesMax)];
	for (let at = bytesMax; at < bytes.length; at += bytesMax) pieces.push(bytes.subarray(at, at + bytesMax));
	return pieces;
}

/**
 * The rows that the columns of a minute (or an hour) need together. There is a place for every one that can be: if there were
 * not, nothing must be written and the journal kept, rather than a part of what was acknowledged.
 */
export function rowsOf(columns: readonly (readonly unknown[])[]): number {
	const rows = Math.max(...columns.map((pieces) => pieces.length));
	assert(rows <= CHUNKS_PER_MINUTE_MAX, `a minute or an hour fits in its rows: ${rows}`);
	return rows;
}

/** The pieces of one blob, in order, as one. */
export function join(pieces: readonly Blob[]): Uint8Array<ArrayBuffer> {
	if (pieces.length === 1) return new Uint8Array(pieces[0] ?? new ArrayBuffer(0));
	const parts = pieces.map((piece) => new Uint8Array(piece ?? new ArrayBuffer(0)));
	const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
	let at = 0;
	for (const part of parts) {
		whole.set(part, at);
		at += part.length;
	}
	return whole;
}
