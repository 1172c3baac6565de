/**
 * Samples on their way from a caller's form to the parts of a batch: interned metrics and label sets, values as columns.
 * Every way in fills one of these. It holds the bounds of a batch; it judges no name and no label, and stores nothing.
 */
import type { MetricPart } from "../model/batch.ts";
import type { Failure } from "../model/errors.ts";
import type { LabelsKey } from "../model/labels.ts";
import {
	COLUMNS_PER_BATCH_MAX,
	METRICS_PER_BATCH_MAX,
	RECEIPT_DROPS_MAX,
	SAMPLES_PER_BATCH_MAX,
} from "../model/limits.ts";
import type { MetricKind } from "../model/metric.ts";
import type { Drop, DropReason } from "../model/receipt.ts";

/** What a way in made of a body: parts to record, what was dropped on the way, and how to name the rest. */
export type Intake = {
	readonly parts: readonly MetricPart[];
	/** The caller's own name for a value of a part, such as `samples[3]`. */
	readonly placeOf: (part: number, index: number) => string;
	readonly dropped: number;
	/** The first RECEIPT_DROPS_MAX drops. */
	readonly drops: readonly Drop[];
};

type Metric = {
	readonly name: string;
	kind: MetricKind | null;
	unit: string | null;
	help: string | null;
	readonly columns: Map<LabelsKey, number>;
	timed: boolean;
};

/** Collects samples; `build` groups them by metric and label set, in the order in which they came. */
export class Columns {
	/** The bound that was passed, if any: then nothing of the batch may be recorded. */
	failure: Failure | null = null;
	dropped = 0;
	readonly drops: Drop[] = [];
	readonly #metrics: Metric[] = [];
	readonly #indexes = new Map<string, number>();
	/** For each column its metric. */
	readonly #metricOf: number[] = [];
	#size = 0;
	#values: Float64Array;
	#times: Float64Array;
	#columnOf: Int32Array;
	#ordinals: Int32Array;

	/** `expected`: about how many samples will come. */
	constructor(expected = 16) {
		const size = Math.min(Math.max(expected, 16), SAMPLES_PER_BATCH_MAX);
		this.#values = new Float64Array(size);
		this.#times = new Float64Array(size);
		this.#columnOf = new Int32Array(size);
		this.#ordinals = new Int32Array(size);
	}

	/** About how many samples will come, known later than at the beginning. */
	reserve(expected: number): void {
		const size = Math.min(expected, SAMPLES_PER_BATCH_MAX);
		while (this.#values.length < size) this.#grow();
	}

	/** The index of a metric. The name was checked. */
	metric(name: string): number {
		const known = this.#indexes.get(name);
		if (known !== undefined) return known;
		const index = this.#metrics.length;
		if (index === METRICS_PER_BATCH_MAX) this.#pass("different metrics in one batch", METRICS_PER_BATCH_MAX);
		this.#metrics.push({ name, kind: null, unit: null, help: null, columns: new Map(), timed: false });
		this.#indexes.set(name, index);
		return index;
	}

	/** Notes what is said of a metric. Answers the kind that was said before, if it is another one. */
	note(index: number, kind: MetricKind | null, unit: string | null, help: string | null): MetricKind | null {
		const metric = this.#metrics[index] as Metric;
		if (kind !== null && metric.kind !== null && kind !== metric.kind) return metric.kind;
		metric.kind ??= kind;
		metric.unit ??= unit;
		metric.help ??= help;
		return null;
	}

	/** The index of a label set of a metric. The key is canonical. */
	column(metric: number, key: LabelsKey): number {
		const columns = (this.#metrics[metric] as Metric).columns;
		const known = columns.get(key);
		if (known !== undefined) return known;
		const column = this.#metricOf.length;
		if (column === COLUMNS_PER_BATCH_MAX) this.#pass("different series in one batch", COLUMNS_PER_BATCH_MAX);
		this.#metricOf.push(metric);
		columns.set(key, column);
		return column;
	}

	/** One finite value. `timestampMs` is NaN for "when it arrives". */
	add(column: number, value: number, timestampMs: number, ordinal: number): void {
		const at = this.#size;
		if (at === this.#values.length) this.#grow();
		this.#values[at] = value;
		this.#times[at] = timestampMs;
		this.#columnOf[at] = column;
		this.#ordinals[at] = ordinal;
		this.#size = at + 1;
	}

	/** Finite values of one column, one after the other; `timesMs` null: when they arrive. */
	addRun(column: number, values: Float64Array, timesMs: Float64Array | null, ordinal: number): void {
		const from = this.#size;
		const to = from + values.length;
		while (this.#values.length < to) this.#grow();
		this.#values.set(values, from);
		if (timesMs === null) this.#times.fill(Number.NaN, from, to);
		else this.#times.set(timesMs, from);
		this.#columnOf.fill(column, from, to);
		for (let i = from; i < to; i++) this.#ordinals[i] = ordinal + i - from;
		this.#size = to;
	}

	/** `count` samples that are not recorded, and why. */
	drop(place: string, reason: DropReason, detail: string, count = 1): void {
		this.dropped += count;
		if (this.drops.length < RECEIPT_DROPS_MAX) this.drops.push({ place, reason, detail });
	}

	/** The parts, one a metric that has samples. `nameOf` is the caller's own name for the n-th sample. */
	build(nameOf: (ordinal: number) => string): Intake {
		const counts = this.#count();
		const next = new Int32Array(this.#metricOf.length);
		const parts: (MetricPart | null)[] = this.#metrics.map((metric) => this.#partOf(metric, counts, next));
		const origins = parts.map((part) => new Int32Array(part?.values.length ?? 0));
		const size = this.#size;
		for (let i = 0; i < size; i++) {
			const column = this.#columnOf[i] as number;
			const metric = this.#metricOf[column] as number;
			const part = parts[metric] as MetricPart;
			const to = next[column] as number;
			next[column] = to + 1;
			part.values[to] = this.#values[i] as number;
			if (part.timestampsMs !== null) part.timestampsMs[to] = this.#times[i] as number;
			(origins[metric] as Int32Array)[to] = this.#ordinals[i] as number;
		}
		const places = origins.filter((origin) => origin.length > 0);
		return {
			parts: parts.filter((part) => part !== null),
			placeOf: (part, index) => nameOf(places[part]?.[index] ?? 0),
			dropped: this.dropped,
			drops: this.drops,
		};
	}

	/** How many values each column has; notes which metrics have a timestamp. */
	#count(): Int32Array {
		const counts = new Int32Array(this.#metricOf.length);
		for (let i = 0; i < this.#size; i++) {
			const column = this.#columnOf[i] as number;
			counts[column] = (counts[column] as number) + 1;
			if (Number.isNaN(this.#times[i])) continue;
			(this.#metrics[this.#metricOf[column] as number] as Metric).timed = true;
		}
		return counts;
	}

	/** An empty part of the right size, or null; `next` learns where each of its columns begins. */
	#partOf(metric: Metric, counts: Int32Array, next: Int32Array): MetricPart | null {
		const labels: LabelsKey[] = [];
		const ends: number[] = [];
		let end = 0;
		for (const [key, column] of metric.columns) {
			const count = counts[column] as number;
			if (count === 0) continue;
			next[column] = end;
			end += count;
			labels.push(key);
			ends.push(end);
		}
		if (end === 0) return null;
		const { name, kind, unit, help } = metric;
		const timestampsMs = metric.timed ? new Float64Array(end) : null;
		return { name, kind, unit, help, labels, ends, values: new Float64Array(end), timestampsMs };
	}

	#pass(what: string, limit: number): void {
		this.failure ??= { code: "too_large", what, limit, got: limit + 1 };
	}

	#grow(): void {
		const size = this.#values.length * 2;
		this.#values = widen(this.#values, new Float64Array(size));
		this.#times = widen(this.#times, new Float64Array(size));
		this.#columnOf = widen(this.#columnOf, new Int32Array(size));
		this.#ordinals = widen(this.#ordinals, new Int32Array(size));
	}
}

function widen<T extends Float64Array | Int32Array>(from: T, to: T): T {
	to.set(from);
	return to;
}
