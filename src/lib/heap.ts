/** A queue by time: what is due first comes out first. Keys may be moved; it knows nothing of what waits. */

/** Keys with a time each, the earliest on top. Every move costs the logarithm of the size. */
export class TimeHeap<K> {
	readonly #keys: K[] = [];
	readonly #times: number[] = [];
	readonly #places = new Map<K, number>();

	get size(): number {
		return this.#keys.length;
	}

	/** The earliest time; null when nothing waits. */
	get nextMs(): number | null {
		return this.#times[0] ?? null;
	}

	timeOf(key: K): number | null {
		const place = this.#places.get(key);
		return place === undefined ? null : (this.#times[place] as number);
	}

	/** Puts a key in, or moves it to another time. */
	set(key: K, timeMs: number): void {
		const known = this.#places.get(key);
		const place = known ?? this.#keys.length;
		this.#keys[place] = key;
		this.#times[place] = timeMs;
		this.#places.set(key, place);
		this.#sink(this.#rise(place));
	}

	clear(): void {
		this.#keys.length = 0;
		this.#times.length = 0;
		this.#places.clear();
	}

	delete(key: K): void {
		const place = this.#places.get(key);
		if (place === undefined) return;
		this.#places.delete(key);
		const [lastKey, lastMs] = [this.#keys.pop() as K, this.#times.pop() as number];
		if (place === this.#keys.length) return;
		this.#keys[place] = lastKey;
		this.#times[place] = lastMs;
		this.#places.set(lastKey, place);
		this.#sink(this.#rise(place));
	}

	/** The key with the earliest time, if that is not after `nowMs`; it stays. */
	due(nowMs: number): K | null {
		const first = this.#times[0];
		return first === undefined || first > nowMs ? null : (this.#keys[0] as K);
	}

	/** The keys whose time is not after `untilMs`, the earliest first, at most so many; they stay. */
	earliest(untilMs: number, limit: number): K[] {
		const keys: K[] = [];
		const times: number[] = [];
		while (keys.length < limit && (this.#times[0] ?? Number.POSITIVE_INFINITY) <= untilMs && this.size > 0) {
			const key = this.#keys[0] as K;
			keys.push(key);
			times.push(this.#times[0] as number);
			this.delete(key);
		}
		for (const [at, key] of keys.entries()) this.set(key, times[at] as number);
		return keys;
	}

	#rise(from: number): number {
		let place = from;
		while (place > 0) {
			const parent = (place - 1) >> 1;
			if ((this.#times[parent] as number) <= (this.#times[place] as number)) break;
			this.#swap(place, parent);
			place = parent;
		}
		return place;
	}

	#sink(from: number): void {
		let place = from;
		for (;;) {
			const left = 2 * place + 1;
			if (left >= this.#keys.length) return;
			const right = left + 1;
			const isRight = right < this.#keys.length && (this.#times[right] as number) < (this.#times[left] as number);
			const child = isRight ? right : left;
			if ((this.#times[place] as number) <= (this.#times[child] as number)) return;
			this.#swap(place, child);
			place = child;
		}
	}

	#swap(a: number, b: number): void {
		const [keyA, keyB] = [this.#keys[a] as K, this.#keys[b] as K];
		const timeA = this.#times[a] as number;
		this.#keys[a] = keyB;
		this.#keys[b] = keyA;
		this.#times[a] = this.#times[b] as number;
		this.#times[b] = timeA;
		this.#places.set(keyA, b);
		this.#places.set(keyB, a);
	}
}
