/**
 * What Perdure says of itself: `perdure.*`, summed in this isolate and told at most every SELF_FLUSH_EVERY_MS. It never feeds
 * itself: nothing is counted of its own flushes, their failures are dropped, and what an isolate's death takes is lost.
 */
import { uuid7 } from "../lib/uuid7.ts";
import type { MetricPart } from "../model/batch.ts";
import { type Labels, type LabelsKey, labelsKey } from "../model/labels.ts";
import { SELF_FLUSH_EVERY_MS, SELF_SERIES_MAX, SELF_VALUES_MAX } from "../model/limits.ts";
import { SELF_PREFIX } from "../model/metric.ts";
import type { ObjectEnv } from "./stubs.ts";
import { recordBatch } from "./write.ts";

type Column = {
	readonly name: string;
	readonly kind: "counter" | "distribution";
	readonly labels: LabelsKey;
	values: number[];
};

let columns = new Map<string, Column>();
let valueCount = 0;
let flushedMs = Number.NEGATIVE_INFINITY;

/** Adds to a counter `perdure.<name>`. Costs a map look-up; no I/O. */
export function selfCount(name: string, amount = 1, labels: Labels = {}): void {
	const column = columnOf(name, "counter", labels);
	if (column !== null && Number.isFinite(amount)) column.values[0] = (column.values[0] ?? 0) + amount;
}

/** Adds a value to a distribution `perdure.<name>`. Beyond SELF_VALUES_MAX values between two flushes it is left out. */
export function selfObserve(name: string, value: number, labels: Labels = {}): void {
	const column = columnOf(name, "distribution", labels);
	if (column === null || valueCount >= SELF_VALUES_MAX || !Number.isFinite(value)) return;
	column.values.push(value);
	valueCount++;
}

/** Sends what was gathered if it is time, behind the caller's back: `waitUntil` of its context. Call it from any entry. */
export function flushSelf(env: ObjectEnv, nowMs: number, waitUntil: (promise: Promise<unknown>) => void): void {
	const early = nowMs >= flushedMs && nowMs - flushedMs < SELF_FLUSH_EVERY_MS;
	if (early || columns.size === 0) return;
	flushedMs = nowMs;
	const parts = takeParts();
	const id = uuid7(nowMs, crypto.getRandomValues(new Uint8Array(10))).replaceAll("-", "");
	waitUntil(recordBatch(env, { id, createdMs: nowMs, timed: true, parts }, nowMs));
}

/** All that was gathered, as parts of a batch; nothing is left behind. */
export function takeParts(): MetricPart[] {
	const byName = new Map<string, Column[]>();
	for (const column of columns.values()) {
		const there = byName.get(column.name);
		if (there === undefined) byName.set(column.name, [column]);
		else there.push(column);
	}
	columns = new Map();
	valueCount = 0;
	return [...byName].map(([name, group]) => partOf(name, group));
}

function partOf(name: string, group: readonly Column[]): MetricPart {
	let end = 0;
	const ends = group.map((column) => (end += column.values.length));
	return {
		name: SELF_PREFIX + name,
		kind: (group[0] as Column).kind,
		unit: null,
		help: null,
		labels: group.map((column) => column.labels),
		ends,
		values: Float64Array.from(group.flatMap((column) => column.values)),
		timestampsMs: null,
	};
}

/** One name has one kind: another kind under it is left out, as is a series beyond the bound. */
function columnOf(name: string, kind: Column["kind"], labels: Labels): Column | null {
	const key = labelsKey(labels);
	const at = `${name}\n${key}`;
	const there = columns.get(at);
	if (there !== undefined) return there.kind === kind ? there : null;
	if (columns.size >= SELF_SERIES_MAX) return null;
	const column: Column = { name, kind, labels: key, values: [] };
	columns.set(at, column);
	return column;
}
