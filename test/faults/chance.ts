/** Chance that comes again with the same seed. Kill moments are drawn here; when they hit on the wall clock is the machine's affair. */
import { seeded } from "../../bench/api.ts";

export class Chance {
	readonly #random: () => number;

	constructor(seed: number) {
		this.#random = seeded(seed);
	}

	/** From 0 up to, not including, 1. */
	fraction(): number {
		return this.#random();
	}

	/** A whole number from `from` to `to`, both included. */
	whole(from: number, to: number): number {
		return from + Math.floor(this.#random() * (to - from + 1));
	}

	/** True with this probability. */
	hits(probability: number): boolean {
		return this.#random() < probability;
	}

	pick<T>(list: readonly T[]): T {
		return list[this.whole(0, list.length - 1)] as T;
	}

	bytes(count: number): Uint8Array {
		return Uint8Array.from({ length: count }, () => this.whole(0, 255));
	}
}
