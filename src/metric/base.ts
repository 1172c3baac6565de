/** What every series counted from its birth to the end of the last closed hour, and when it was last heard of. */
import { ByteReader, ByteWriter } from "../lib/bytes.ts";
import { HOUR_MS } from "../model/limits.ts";
import type { MetricKind } from "../model/metric.ts";
import type { Cell } from "./cell.ts";
import { newCell } from "./cell-kinds.ts";

export type BaseCell = { readonly cell: Cell; lastMs: number };
export type Base = Map<number, BaseCell>;

/** `hour` is the last closed one: times are written as distances from it. */
export function encodeBase(base: Base, hour: number): Uint8Array<ArrayBuffer> {
	const writer = new ByteWriter(1024);
	writer.varint(base.size);
	for (const [id, { cell, lastMs }] of base) {
		writer.varint(id);
		writer.zigzag(Math.round(lastMs - hour * HOUR_MS));
		cell.encode(writer, hour * HOUR_MS);
	}
	return writer.finish();
}

export function decodeBase(bytes: Uint8Array, hour: number, kind: MetricKind): Base {
	const reader = new ByteReader(bytes);
	const base: Base = new Map();
	const count = reader.varint();
	for (let i = 0; i < count && !reader.failed; i++) {
		const id = reader.varint();
		const lastMs = hour * HOUR_MS + reader.zigzag();
		const cell = newCell(kind);
		cell.mergeEncoded(reader, hour * HOUR_MS);
		base.set(id, { cell, lastMs });
	}
	return base;
}
