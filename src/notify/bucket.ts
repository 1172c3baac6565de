/**
 * How fast a target may be sent to: a token bucket each, in memory. After a restart it is full again; the receiver's own 429
 * stands behind it. Pure but for its own state.
 */

/** So many messages a second, and so many at once after a pause. */
export type Rate = { readonly perSecond: number; readonly burst: number };

type Bucket = { tokens: number; atMs: number };

export class Buckets {
	readonly #buckets = new Map<string, Bucket>();
	readonly #rateOf: (target: string) => Rate | null;

	/** `rateOf`: null: without a bound. */
	constructor(rateOf: (target: string) => Rate | null) {
		this.#rateOf = rateOf;
	}

	/** When the next message may leave: now, or later. */
	nextMs(target: string, nowMs: number): number {
		const rate = this.#rateOf(target);
		if (rate === null) return nowMs;
		const { tokens } = this.#filled(target, rate, nowMs);
		return tokens >= 1 ? nowMs : nowMs + Math.ceil(((1 - tokens) / rate.perSecond) * 1_000);
	}

	/** Takes a token: a message leaves. */
	take(target: string, nowMs: number): void {
		const rate = this.#rateOf(target);
		if (rate !== null) this.#filled(target, rate, nowMs).tokens -= 1;
	}

	#filled(target: string, rate: Rate, nowMs: number): Bucket {
		const known = this.#buckets.get(target);
		if (known === undefined) {
			const full = { tokens: rate.burst, atMs: nowMs };
			this.#buckets.set(target, full);
			return full;
		}
		const gained = (Math.max(0, nowMs - known.atMs) / 1_000) * rate.perSecond;
		known.tokens = Math.min(rate.burst, known.tokens + gained);
		known.atMs = nowMs;
		return known;
	}
}
