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
	/** What each value of a part says of the kind, null for nothing; or null when all say what the part says. */
	readonly kindsOf: (part: number) => readonly (MetricKind | null)[] | null;
	readonly dropped: number;
	/** The first RECEIPT_DROPS_MAX drops. */
	readonly drops: readonly Drop[];
};

type Metric = {
	readonly name: string;
	/** The first that was said. */
	kind: MetricKind | null;
	unit: string | null;
	help: string | null;
	/** For each label set the column of what came first. */
	readonly columns: Map<LabelsKey, number>;
	timed: boolean;
	/** Not all of its columns say the same of the kind. */
	isMixed: boolean;
};

/**
 * Collects samples; `build` groups them by metric and label set, in the order in which they came. A column is one label set
 * and one thing said of the kind, so that nothing of the kind is kept with a sample.
 */
export class Columns {
	/** The bound that was passed, if any: then nothing of the batch may be recorded. */
	failure: Failure | null = null;
	dropped = 0;
	readonly drops: Drop[] = [];
	readonly #metrics: Metric[] = [];
	readonly #indexes = new Map<string, number>();
	/** For each column its metric, what its samples say of the kind, and the column among whose samples they are built in. */
	readonly #metricOf: number[] = [];
	readonly #kindOf: (MetricKind | null)[] = [];
	readonly #homeOf: number[] = [];
	/** The columns of label sets of which another kind was said before, by that column and kind. */
	#others: Map<string, number> | null = null;
	#series = 0;
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
		this.#metrics.push({ name, kind: null, unit: null, help: null, columns: new Map(), timed: false, isMixed: false });
		this.#indexes.set(name, index);
		return index;
	}

	/** Notes what is said of a metric; the first that is said holds. */
	note(index: number, unit: string | null, help: string | null): void {
		const metric = this.#metrics[index] as Metric;
		metric.unit ??= unit;
		metric.help ??= help;
	}

	/** The index of a label set of a metric, for samples that say this of the kind. The key is canonical. */
	column(metric: number, key: LabelsKey, kind: MetricKind | null): number {
		const { columns } = this.#metrics[metric] as Metric;
		const known = columns.get(key);
		if (known !== undefined) return this.#kindOf[known] === kind ? known : this.#otherColumn(known, kind);
		if (this.#series === COLUMNS_PER_BATCH_MAX) {
			this.#pass("different series in one batch", COLUMNS_PER_BATCH_MAX);
		}
		this.#series++;
		const column = this.#open(metric, kind, null);
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
		const columnOf = this.#homes();
		const counts = this.#count(columnOf);
		const next = new Int32Array(this.#metricOf.length);
		const parts: (MetricPart | null)[] = this.#metrics.map((metric) => this.#partOf(metric, counts, next));
		const origins = parts.map((part) => new Int32Array(part?.values.length ?? 0));
		const size = this.#size;
		for (let i = 0; i < size; i++) {
			const column = columnOf[i] as number;
			const metric = this.#metricOf[column] as number;
			const part = parts[metric] as MetricPart;
			const to = next[column] as number;
			next[column] = to + 1;
			part.values[to] = this.#values[i] as number;
			if (part.timestampsMs !== null) part.timestampsMs[to] = this.#times[i] as number;
			(origins[metric] as Int32Array)[to] = i;
		}
		const places = origins.filter((origin) => origin.length > 0);
		return {
			parts: parts.filter((part) => part !== null),
			placeOf: (part, index) => nameOf(this.#ordinals[places[part]?.[index] ?? 0] ?? 0),
			kindsOf: (part) => this.#kindsAt(places[part] ?? new Int32Array(0)),
			dropped: this.dropped,
			drops: this.drops,
		};
	}

	/** For each sample the column that it is built into: its own, as long as no label set has several. */
	#homes(): Int32Array {
		if (this.#others === null) return this.#columnOf;
		return this.#columnOf.subarray(0, this.#size).map((column) => this.#homeOf[column] as number);
	}

	/** What the samples of one metric say of the kind, or null when all say the same. */
	#kindsAt(samples: Int32Array): (MetricKind | null)[] | null {
		const metric = this.#metricOf[this.#columnOf[samples[0] ?? 0] as number] as number;
		if (this.#metrics[metric]?.isMixed !== true) return null;
		return Array.from(samples, (sample) => this.#kindOf[this.#columnOf[sample] as number] ?? null);
	}

	/** How many values each column has; notes which metrics have a timestamp. */
	#count(columnOf: Int32Array): Int32Array {
		const counts = new Int32Array(this.#metricOf.length);
		for (let i = 0; i < this.#size; i++) {
			const column = columnOf[i] as number;
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

	/** The column of a label set for samples that say another kind than those of its first column. */
	#otherColumn(home: number, kind: MetricKind | null): number {
		const at = `${home} ${kind}`;
		this.#others ??= new Map();
		const known = this.#others.get(at);
		if (known !== undefined) return known;
		const column = this.#open(this.#metricOf[home] as number, kind, home);
		this.#others.set(at, column);
		return column;
	}

	/** A new column; without a home it is its own. */
	#open(metric: number, kind: MetricKind | null, home: number | null): number {
		const column = this.#metricOf.length;
		this.#metricOf.push(metric);
		this.#kindOf.push(kind);
		this.#homeOf.push(home ?? column);
		const owner = this.#metrics[metric] as Metric;
		if (owner.columns.size > 0 && kind !== owner.kind) owner.isMixed = true;
		owner.kind ??= kind;
		return column;
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
