/**
 * Which silences mute a label set now. Matchers are compiled once; a silence that has a matcher with listed values is found by
 * them, so that a question looks at few of many. Pure but for its memos: the moment comes in.
 */
import { err, ok, type Result } from "../lib/result.ts";
import type { Labels } from "../model/labels.ts";
import { SILENCES_MAX } from "../model/limits.ts";
import type { Silence } from "../model/routing.ts";
import { acceptsAll, type CompiledMatcher, compileAll, type RegexBook } from "./compiled-matcher.ts";
import { holdsAny, nextChangeMs } from "./time-interval.ts";

export type SilenceState = "pending" | "active" | "expired";

/** The state of a silence by its start and end; a recurring one is active outside of its intervals too. */
export function silenceState(silence: Pick<Silence, "startsAtMs" | "endsAtMs">, nowMs: number): SilenceState {
	if (nowMs >= silence.endsAtMs) return "expired";
	return nowMs < silence.startsAtMs ? "pending" : "active";
}

type Kept = {
	readonly silence: Silence;
	readonly matchers: readonly CompiledMatcher[];
	/** The matcher by whose values it is found; null: it is asked always. */
	readonly handle: CompiledMatcher | null;
	/** What the recurring intervals said last, and when. */
	recurring: { readonly atMs: number; readonly holds: boolean };
};

export class SilenceSet {
	readonly #kept = new Map<string, Kept>();
	/** By label name, then value. */
	readonly #byValue = new Map<string, Map<string, Set<Kept>>>();
	readonly #always = new Set<Kept>();
	/** Expressions of silences that are gone stay until the book is written anew. */
	#book: RegexBook = new Map();

	get size(): number {
		return this.#kept.size;
	}

	/** Takes a silence, in place of the one with its id. The failure says that there is no place, or which matcher is wrong. */
	upsert(silence: Silence): Result<null, string> {
		if (!this.#kept.has(silence.id) && this.#kept.size >= SILENCES_MAX)
			return err(`there are ${SILENCES_MAX} silences already`);
		if (this.#book.size > 2 * SILENCES_MAX) this.#book = new Map();
		const matchers = compileAll(silence.matchers, this.#book);
		if (!matchers.ok) return matchers;
		this.remove(silence.id);
		const handle = this.#handleOf(matchers.value);
		const kept: Kept = { silence, matchers: matchers.value, handle, recurring: { atMs: Number.NaN, holds: false } };
		this.#kept.set(silence.id, kept);
		if (handle === null) this.#always.add(kept);
		for (const value of handle?.values ?? []) this.#bucket(handle, value).add(kept);
		return ok(null);
	}

	/** Forgets a silence; one that is not known changes nothing. */
	remove(id: string): void {
		const kept = this.#kept.get(id);
		if (kept === undefined) return;
		this.#kept.delete(id);
		this.#always.delete(kept);
		if (kept.handle === null) return;
		const { name } = kept.handle.matcher;
		const values = this.#byValue.get(name);
		for (const value of kept.handle.values ?? []) {
			const bucket = values?.get(value);
			bucket?.delete(kept);
			if (bucket?.size === 0) values?.delete(value);
		}
		if (values?.size === 0) this.#byValue.delete(name);
	}

	/** Ids of the silences that mute these labels now, sorted; none: they are not muted. */
	mutedBy(labels: Labels, nowMs: number): readonly string[] {
		const ids: string[] = [];
		const ask = (kept: Kept): void => {
			if (silenceState(kept.silence, nowMs) !== "active" || !acceptsAll(kept.matchers, labels)) return;
			if (isRecurringNow(kept, nowMs)) ids.push(kept.silence.id);
		};
		for (const kept of this.#always) ask(kept);
		for (const [name, values] of this.#byValue) {
			const value = Object.hasOwn(labels, name) ? labels[name] : undefined;
			for (const kept of (value === undefined ? undefined : values.get(value)) ?? []) ask(kept);
		}
		return ids.sort();
	}

	/** When `mutedBy` may answer otherwise for the first time after now; null: never. */
	nextChangeMs(nowMs: number): number | null {
		let next = Number.POSITIVE_INFINITY;
		for (const { silence } of this.#kept.values()) {
			const state = silenceState(silence, nowMs);
			if (state === "expired") continue;
			next = Math.min(next, state === "pending" ? silence.startsAtMs : silence.endsAtMs);
			if (state === "active" && silence.recurring !== null) {
				next = Math.min(next, nextChangeMs(silence.recurring, nowMs) ?? next);
			}
		}
		return next === Number.POSITIVE_INFINITY ? null : next;
	}

	/** Of the matchers whose values can be listed, that which shares its places with the fewest others. */
	#handleOf(matchers: readonly CompiledMatcher[]): CompiledMatcher | null {
		let best: CompiledMatcher | null = null;
		let fewest = Number.POSITIVE_INFINITY;
		for (const one of matchers) {
			// An absent label equals the empty one, and nobody is found by what is absent.
			if (one.values === null || one.values.includes("")) continue;
			const buckets = this.#byValue.get(one.matcher.name);
			const shared = one.values.reduce((sum, value) => sum + 1 + (buckets?.get(value)?.size ?? 0), 0);
			if (shared < fewest) {
				fewest = shared;
				best = one;
			}
		}
		return best;
	}

	#bucket(handle: CompiledMatcher | null, value: string): Set<Kept> {
		const name = handle?.matcher.name ?? "";
		const values = this.#byValue.get(name) ?? new Map<string, Set<Kept>>();
		this.#byValue.set(name, values);
		const bucket = values.get(value) ?? new Set<Kept>();
		values.set(value, bucket);
		return bucket;
	}
}

function isRecurringNow(kept: Kept, nowMs: number): boolean {
	const { recurring } = kept.silence;
	if (recurring === null) return true;
	if (kept.recurring.atMs !== nowMs) kept.recurring = { atMs: nowMs, holds: holdsAny(recurring, nowMs) };
	return kept.recurring.holds;
}
