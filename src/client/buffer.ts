/**
 * What was recorded and not yet sent: plain data, by metric and series, in columns. It belongs to the isolate and to no
 * request, so it must never hold a promise, a stub or anything else that a request owns. Bounded; a refusal is a reason.
 */
import type { MetricPart } from "../model/batch.ts";
import { type LabelsKey, parseLabels } from "../model/labels.ts";
import {
	CLIENT_BUFFER_BYTES_MAX,
	CLIENT_METRICS_MAX,
	CLIENT_SAMPLES_MAX,
	CLIENT_SERIES_MAX,
	SAMPLE_MAGNITUDE_MAX,
} from "../model/limits.ts";
import { type MetricKind, recordedNameIssue, unitIssue } from "../model/metric.ts";
import type { ClientDropReason } from "./tally.ts";

/** Kinds that an application records; `sampled` has its own ways in. */
export type RecordedKind = Exclude<MetricKind, "sampled">;

export type Entry = {
	readonly kind: RecordedKind;
	readonly name: string;
	readonly value: number;
	readonly labels: unknown;
	readonly unit: string | null;
};
export type Refusal = { readonly reason: ClientDropReason; readonly detail: string };
/** A buffer's content on its way out. `samples` counts what was recorded: a counter sends one sum of many of them. */
export type Sealed = { readonly parts: readonly MetricPart[]; readonly samples: number; readonly bytes: number };

type Column = { readonly values: number[]; readonly timesMs: number[] };
type Metric = { readonly kind: RecordedKind; unit: string | null; readonly columns: Map<LabelsKey, Column> };

const BYTES_PER_CHAR = 3;
const BYTES_PER_SAMPLE = 16;
const NO_LABELS: LabelsKey = "[]";
/** No control character and no backslash: the text form of Prometheus could not carry them. */

export class Buffer {
	#metrics = new Map<string, Metric>();
	#series = 0;
	#bytes = 0;
	#recorded = 0;
	/** Values held: what memory is bounded by. A counter or a gauge holds one a series. */
	#held = 0;

	/** Values it holds now. */
	get samples(): number {
		return this.#held;
	}

	/** Takes one sample, or says why not. */
	add(entry: Entry, nowMs: number): Refusal | null {
		const metric = this.#metrics.get(entry.name);
		const refusal = metric === undefined ? nameRefusal(entry.name) : kindRefusal(entry, metric.kind);
		if (refusal !== null) return refusal;
		const wrong = valueRefusal(entry) ?? unitRefusal(entry.unit);
		if (wrong !== null) return wrong;
		const key = keyOf(entry.labels);
		if (typeof key !== "string") return key;
		const column = metric?.columns.get(key) ?? this.#open(entry, metric, key);
		if (column === null) return { reason: "buffer_full", detail: "too many series or metrics between two flushes" };
		return this.#put(column, entry, nowMs);
	}

	/** Empties it into the parts of a batch. */
	seal(): Sealed {
		const sealed = {
			parts: [...this.#metrics].map(([name, metric]) => partOf(name, metric)),
			samples: this.#recorded,
			bytes: this.#bytes,
		};
		this.#metrics = new Map();
		this.#series = 0;
		this.#bytes = 0;
		this.#recorded = 0;
		this.#held = 0;
		return sealed;
	}

	#open(entry: Entry, metric: Metric | undefined, key: LabelsKey): Column | null {
		const bytes = (key.length + (metric === undefined ? entry.name.length : 0)) * BYTES_PER_CHAR + BYTES_PER_SAMPLE;
		if (this.#series >= CLIENT_SERIES_MAX || this.#held >= CLIENT_SAMPLES_MAX) return null;
		if (this.#bytes + bytes > CLIENT_BUFFER_BYTES_MAX) return null;
		if (metric === undefined && this.#metrics.size >= CLIENT_METRICS_MAX) return null;
		const home = metric ?? { kind: entry.kind, unit: null, columns: new Map<LabelsKey, Column>() };
		if (metric === undefined) this.#metrics.set(entry.name, home);
		home.unit ??= entry.unit;
		const column = { values: [], timesMs: [] };
		home.columns.set(key, column);
		this.#series++;
		this.#bytes += bytes;
		return column;
	}

	#put(column: Column, entry: Entry, nowMs: number): Refusal | null {
		const { values, timesMs } = column;
		if (values.length > 0 && entry.kind !== "distribution") {
			values[0] = entry.kind === "counter" ? (values[0] as number) + entry.value : entry.value;
			timesMs[0] = nowMs;
		} else {
			if (this.#held >= CLIENT_SAMPLES_MAX || this.#bytes + BYTES_PER_SAMPLE > CLIENT_BUFFER_BYTES_MAX)
				return { reason: "buffer_full", detail: `more than ${CLIENT_SAMPLES_MAX} samples between two flushes` };
			values.push(entry.value);
			timesMs.push(nowMs);
			this.#held++;
			this.#bytes += BYTES_PER_SAMPLE;
		}
		this.#recorded++;
		return null;
	}
}

/** The part of one sample alone, for a call that awaits its own acknowledgement; or why it cannot be. */
export function partOfEntry(entry: Entry, nowMs: number): Sealed | Refusal {
	const buffer = new Buffer();
	return buffer.add(entry, nowMs) ?? buffer.seal();
}

function partOf(name: string, metric: Metric): MetricPart {
	const labels = [...metric.columns.keys()];
	const columns = [...metric.columns.values()];
	const values = new Float64Array(columns.reduce((sum, column) => sum + column.values.length, 0));
	const timestampsMs = new Float64Array(values.length);
	const ends: number[] = [];
	let end = 0;
	for (const column of columns) {
		values.set(column.values, end);
		timestampsMs.set(column.timesMs, end);
		end += column.values.length;
		ends.push(end);
	}
	return { name, kind: metric.kind, unit: metric.unit, help: null, labels, ends, values, timestampsMs };
}

/** Perdure refuses a whole batch for one wrong name, so none may get in here. */
function nameRefusal(name: unknown): Refusal | null {
	const detail = recordedNameIssue(name);
	return detail === null ? null : { reason: "invalid", detail };
}

function kindRefusal(entry: Entry, kind: RecordedKind): Refusal | null {
	if (entry.kind === kind) return null;
	return { reason: "kind", detail: `'${entry.name}' is recorded as ${kind} and as ${entry.kind}` };
}

function valueRefusal({ kind, name, value }: Entry): Refusal | null {
	if (typeof value !== "number") return { reason: "invalid", detail: `value of '${name}' must be a number` };
	if (!(Math.abs(value) <= SAMPLE_MAGNITUDE_MAX))
		return { reason: "not_finite", detail: `value of '${name}' is not a finite number (or larger than 2^960)` };
	if (kind === "counter" && value < 0)
		return { reason: "negative_count", detail: `'${name}' counts, and was given a negative number` };
	return null;
}

function unitRefusal(unit: unknown): Refusal | null {
	if (unit === null) return null;
	const detail = typeof unit === "string" ? unitIssue(unit) : "unit must be a text, such as 'ms'";
	return detail === null ? null : { reason: "invalid", detail };
}

function keyOf(labels: unknown): LabelsKey | Refusal {
	if (labels === undefined || labels === null) return NO_LABELS;
	const key = parseLabels(labels);
	return key.ok ? key.value : { reason: "invalid", detail: key.failure };
}
