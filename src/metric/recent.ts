/** The latest raw samples of a metric, over all its series: a ring of fixed size. */
import { RECENT_SAMPLES_MAX } from "../model/limits.ts";

export type RawSample = { readonly seriesId: number; readonly timeMs: number; readonly value: number };

export class Recent {
	readonly #values = new Float64Array(RECENT_SAMPLES_MAX);
	readonly #timesMs = new Float64Array(RECENT_SAMPLES_MAX);
	readonly #seriesIds = new Float64Array(RECENT_SAMPLES_MAX);
	/** Samples ever added: the next one goes to this index modulo the size. */
	#added = 0;

	add(seriesId: number, timeMs: number, value: number): void {
		const at = this.#added++ % RECENT_SAMPLES_MAX;
		this.#values[at] = value;
		this.#timesMs[at] = timeMs;
		this.#seriesIds[at] = seriesId;
	}

	/** A column; what would be pushed out at once is not even copied. `timesMs` null: all at `nowMs`. */
	addColumn(seriesId: number, values: Float64Array, timesMs: Float64Array | null, nowMs: number): void {
		const from = Math.max(0, values.length - RECENT_SAMPLES_MAX);
		for (let i = from; i < values.length; i++) this.add(seriesId, timesMs?.[i] ?? nowMs, values[i] as number);
	}

	replace(samples: readonly RawSample[]): void {
		this.#added = 0;
		for (const sample of samples) this.add(sample.seriesId, sample.timeMs, sample.value);
	}

	forget(seriesIds: ReadonlySet<number>): void {
		this.replace(this.list().filter((sample) => !seriesIds.has(sample.seriesId)));
	}

	/** Oldest first. */
	list(): RawSample[] {
		const count = Math.min(this.#added, RECENT_SAMPLES_MAX);
		const samples: RawSample[] = [];
		for (let i = this.#added - count; i < this.#added; i++) {
			const at = i % RECENT_SAMPLES_MAX;
			samples.push({
				seriesId: this.#seriesIds[at] as number,
				timeMs: this.#timesMs[at] as number,
				value: this.#values[at] as number,
			});
		}
		return samples;
	}
}
