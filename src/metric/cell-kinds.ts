/** Which cell a kind of metric has: the one list of them. */
import type { ByteReader } from "../lib/bytes.ts";
import type { MetricKind } from "../model/metric.ts";
import type { Cell } from "./cell.ts";
import { ScalarCell, skipScalarCell } from "./scalar-cell.ts";
import { SketchCell, skipSketchCell } from "./sketch-cell.ts";

/** An empty cell of a kind. */
export function newCell(kind: MetricKind): Cell {
	return kind === "distribution" ? new SketchCell() : new ScalarCell(kind);
}

/** Moves the reader behind one cell. */
export function skipCell(kind: MetricKind, reader: ByteReader): void {
	if (kind === "distribution") skipSketchCell(reader);
	else skipScalarCell(kind, reader);
}
