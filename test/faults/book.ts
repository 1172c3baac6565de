/** What has to be there: every batch counted once, by series. It knows nothing of how Perdure stores anything. */
import type { Labels } from "../../src/model/labels.ts";
import { type Batch, seriesKey } from "./batches.ts";

/** A series as `GET /api/metrics/:name/series` tells it. */
export type StoredSeries = { readonly labels: Labels; readonly count: number; readonly sum: number };

/** Samples of one series. */
export type Tally = { readonly name: string; readonly labels: Labels; count: number; sum: number; values: number[] };

/** How what is stored differs from what was acknowledged. All zero: not at all. */
export type Difference = {
	/** Acknowledged samples that are not there. */
	lost: number;
	/** Samples that are there and were never sent, or are there twice. */
	surplus: number;
	/** Series whose count is right and whose sum is not. */
	wrongSums: number;
	/** There, though nobody was told so: their answer was lost. */
	unacknowledged: number;
};

export class Book {
	readonly #series = new Map<string, Tally>();

	add(batch: Batch): void {
		for (const { name, labels, values } of batch.columns) {
			const tally = this.#tallyOf(name, labels);
			tally.count += values.length;
			for (const value of values) {
				tally.sum += value;
				tally.values.push(value);
			}
		}
	}

	/** All series of a metric. */
	of(name: string): readonly Tally[] {
		return [...this.#series.values()].filter((tally) => tally.name === name);
	}

	/** Compares a metric; `open` are batches whose answers were lost, which may be there or not, each whole or not at all. */
	compare(name: string, stored: readonly StoredSeries[], open: readonly Batch[]): Difference {
		const difference: Difference = { lost: 0, surplus: 0, wrongSums: 0, unacknowledged: 0 };
		const maybe = new Book();
		for (const batch of open) maybe.add(batch);
		const there = new Map(stored.map((series) => [seriesKey(name, series.labels), series]));
		const keys = new Set([...there.keys(), ...this.#keysOf(name)]);
		for (const key of keys) {
			const { count = 0, sum = 0 } = there.get(key) ?? {};
			const sure = this.#series.get(key) ?? { count: 0, sum: 0 };
			const most = sure.count + (maybe.#series.get(key)?.count ?? 0);
			if (count < sure.count) difference.lost += sure.count - count;
			else if (count > most) difference.surplus += count - most;
			else if (count === sure.count && sum !== sure.sum) difference.wrongSums++;
			difference.unacknowledged += Math.max(0, Math.min(count, most) - sure.count);
		}
		return difference;
	}

	#keysOf(name: string): string[] {
		return [...this.#series].flatMap(([key, tally]) => (tally.name === name ? [key] : []));
	}

	#tallyOf(name: string, labels: Labels): Tally {
		const key = seriesKey(name, labels);
		let tally = this.#series.get(key);
		if (tally === undefined) {
			tally = { name, labels, count: 0, sum: 0, values: [] };
			this.#series.set(key, tally);
		}
		return tally;
	}
}
