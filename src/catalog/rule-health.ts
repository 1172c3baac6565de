/**
 * How the last evaluation of each rule went. Kept in memory and packed into few rows: ten thousand rules a minute must not be ten
 * thousand billed rows. A row is written when a rule's health or error changed, at most every HEALTH_SAVE_EVERY_MS; a crash loses
 * what changed since, and the times of evaluations that went as before, until the next tick.
 */
import type { RuleHealth } from "../model/alert.ts";
import {
	FUTURE_MAX_MS,
	HEALTH_CHUNKS,
	HEALTH_SAVE_EVERY_MS,
	ROW_BYTES_MAX,
	RULE_ERROR_CHARS_MAX,
} from "../model/limits.ts";
import { loadHealthChunks, saveHealthChunk } from "./storage.ts";

export class RuleHealthTable {
	readonly #sql: SqlStorage;
	/** By chunk, then by rule id. */
	readonly #chunks: readonly Map<string, RuleHealth>[];
	readonly #changed = new Set<number>();
	readonly #savedMs = new Array<number>(HEALTH_CHUNKS).fill(Number.NEGATIVE_INFINITY);

	constructor(sql: SqlStorage) {
		this.#sql = sql;
		this.#chunks = Array.from({ length: HEALTH_CHUNKS }, () => new Map());
		for (const body of loadHealthChunks(sql)) {
			for (const one of JSON.parse(body) as RuleHealth[]) this.#chunkOf(one.ruleId).set(one.ruleId, one);
		}
	}

	/** One entry a living rule; "unknown" for those that were never evaluated. */
	list(ruleIds: Iterable<string>): RuleHealth[] {
		const health: RuleHealth[] = [];
		for (const ruleId of ruleIds) {
			const known = this.#chunkOf(ruleId).get(ruleId);
			const never = { ruleId, health: "unknown" as const, lastError: null, lastEvaluationMs: 0, evaluationMs: 0 };
			health.push(known ?? never);
		}
		return health;
	}

	/** Takes in what one tick said. An evaluation older than the one that is known changes nothing, unless that lies ahead of us. */
	note(health: readonly RuleHealth[], nowMs: number): void {
		for (const given of health) {
			const one = { ...given, lastError: given.lastError?.slice(0, RULE_ERROR_CHARS_MAX) ?? null };
			const chunk = chunkNumber(one.ruleId);
			const known = this.#chunkOf(one.ruleId).get(one.ruleId);
			const knownMs = known?.lastEvaluationMs ?? 0;
			if (knownMs > one.lastEvaluationMs && knownMs <= nowMs + FUTURE_MAX_MS) continue;
			if (known?.health !== one.health || known.lastError !== one.lastError) this.#changed.add(chunk);
			this.#chunkOf(one.ruleId).set(one.ruleId, one);
		}
	}

	/** Writes the rows that changed and were not written lately. Entries of rules that are gone are left out, and forgotten. */
	save(isRule: (ruleId: string) => boolean, nowMs: number): void {
		for (const chunk of this.#changed) {
			const savedMs = this.#savedMs[chunk] as number;
			if (nowMs >= savedMs && nowMs - savedMs < HEALTH_SAVE_EVERY_MS) continue;
			const entries = this.#chunks[chunk] as Map<string, RuleHealth>;
			for (const ruleId of entries.keys()) if (!isRule(ruleId)) entries.delete(ruleId);
			saveHealthChunk(this.#sql, chunk, bodyOf([...entries.values()]));
			this.#savedMs[chunk] = nowMs;
			this.#changed.delete(chunk);
		}
	}

	#chunkOf(ruleId: string): Map<string, RuleHealth> {
		return this.#chunks[chunkNumber(ruleId)] as Map<string, RuleHealth>;
	}
}

/** A row ends at 2 MB: if texts of errors would break that they are left to memory alone. */
function bodyOf(entries: readonly RuleHealth[]): string {
	const body = JSON.stringify(entries);
	if (body.length * 3 <= ROW_BYTES_MAX || new TextEncoder().encode(body).length <= ROW_BYTES_MAX) return body;
	const short = JSON.stringify(entries.map((entry) => ({ ...entry, lastError: null })));
	return new TextEncoder().encode(short).length <= ROW_BYTES_MAX ? short : "[]";
}

function chunkNumber(ruleId: string): number {
	let hash = 0x811c9dc5;
	for (let i = 0; i < ruleId.length; i++) hash = Math.imul(hash ^ ruleId.charCodeAt(i), 0x01000193);
	return (hash >>> 0) % HEALTH_CHUNKS;
}
