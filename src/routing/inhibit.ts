/**
 * Inhibition: while a source alert fires, target alerts with the same `equal` labels are muted. Keeps only alerts that are a
 * source of some rule, found by their equal labels, so that a question costs the same however many fire. Knows no time.
 */
import { assert } from "../lib/assert.ts";
import type { Labels } from "../model/labels.ts";
import { INHIBITED_BY_MAX } from "../model/limits.ts";
import { labelValue } from "../model/matcher.ts";
import type { InhibitRule } from "../model/routing.ts";
import { acceptsAll, type CompiledMatcher, compileAll, type RegexBook } from "./compiled-matcher.ts";

/** Firing sources with the same equal labels. Those that are a target too do not inhibit what is both itself. */
type Sources = { readonly oneSided: Set<string>; readonly twoSided: Set<string> };
type CompiledRule = {
	readonly source: readonly CompiledMatcher[];
	readonly target: readonly CompiledMatcher[];
	readonly equal: readonly string[];
	readonly sources: Map<string, Sources>;
};
type Placement = { readonly rule: CompiledRule; readonly key: string };

export class Inhibitor {
	readonly #rules: readonly CompiledRule[];
	readonly #placements = new Map<string, readonly Placement[]>();

	/** The rules were checked when the configuration was read. */
	constructor(rules: readonly InhibitRule[]) {
		const book: RegexBook = new Map();
		this.#rules = rules.map(({ source, target, equal }) => ({
			source: compile(source, book),
			target: compile(target, book),
			equal,
			sources: new Map(),
		}));
	}

	/** Alerts that are kept: firing ones that are a source. */
	get size(): number {
		return this.#placements.size;
	}

	/** Whether an alert inhibits others, by a rule at least. */
	has(id: string): boolean {
		return this.#placements.has(id);
	}

	/** Takes an alert as it stands now. The id is its fingerprint, or whatever names it. */
	upsert(id: string, labels: Labels, isFiring: boolean): void {
		this.remove(id);
		if (!isFiring) return;
		const placements: Placement[] = [];
		for (const rule of this.#rules) {
			if (!acceptsAll(rule.source, labels)) continue;
			const key = equalKey(rule, labels);
			const sources = rule.sources.get(key) ?? { oneSided: new Set(), twoSided: new Set() };
			rule.sources.set(key, sources);
			(acceptsAll(rule.target, labels) ? sources.twoSided : sources.oneSided).add(id);
			placements.push({ rule, key });
		}
		if (placements.length > 0) this.#placements.set(id, placements);
	}

	/** Forgets an alert; one that is not known changes nothing. */
	remove(id: string): void {
		for (const { rule, key } of this.#placements.get(id) ?? []) {
			const sources = rule.sources.get(key);
			if (sources === undefined) continue;
			sources.oneSided.delete(id);
			sources.twoSided.delete(id);
			if (sources.oneSided.size + sources.twoSided.size === 0) rule.sources.delete(key);
		}
		this.#placements.delete(id);
	}

	/** The alerts that inhibit one with these labels, the first INHIBITED_BY_MAX of them; none: it is not inhibited. */
	inhibitedBy(labels: Labels): readonly string[] {
		const ids = new Set<string>();
		for (const rule of this.#rules) {
			if (rule.sources.size === 0 || !acceptsAll(rule.target, labels)) continue;
			const sources = rule.sources.get(equalKey(rule, labels));
			if (sources === undefined) continue;
			const isTwoSided = acceptsAll(rule.source, labels);
			for (const side of isTwoSided ? [sources.oneSided] : [sources.oneSided, sources.twoSided]) {
				for (const id of side) {
					if (ids.size >= INHIBITED_BY_MAX) return [...ids];
					ids.add(id);
				}
			}
		}
		return [...ids];
	}
}

function compile(matchers: InhibitRule["source"], book: RegexBook): readonly CompiledMatcher[] {
	const compiled = compileAll(matchers, book);
	assert(compiled.ok, "the matchers of a stored inhibition rule compile");
	return compiled.value;
}

/** The values of the equal labels, each with its length before it, so that no two lists give the same key. */
function equalKey({ equal }: CompiledRule, labels: Labels): string {
	let key = "";
	for (const name of equal) {
		const value = labelValue(labels, name);
		key += `${value.length}:${value}`;
	}
	return key;
}
