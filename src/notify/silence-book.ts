/**
 * Silences as people make, change and end them, with Alertmanager's rules: what cannot be changed in place is ended, and begins
 * anew under another id. Written before memory follows. Expired ones are kept for a while, to look back.
 */
import { err, ok, type Result } from "../lib/result.ts";
import type { SilenceWish } from "../model/alerting-rpc.ts";
import { type Failure, invalid } from "../model/errors.ts";
import { SILENCE_KEPT_MS } from "../model/limits.ts";
import type { Matcher } from "../model/matcher.ts";
import type { Silence } from "../model/routing.ts";
import { checkSilence } from "../routing/check-silence.ts";
import { silenceState } from "../routing/silence-match.ts";
import type { Mutes } from "./mutes.ts";

export class SilenceBook {
	readonly #sql: SqlStorage;
	readonly #mutes: Mutes;

	constructor(sql: SqlStorage, mutes: Mutes) {
		this.#sql = sql;
		this.#mutes = mutes;
		for (const { body } of sql.exec<{ body: string }>("SELECT body FROM silences").toArray()) {
			mutes.setSilence(JSON.parse(body) as Silence);
		}
	}

	/** The id under which the wish is kept. `chosenId`: a UUID, for a wish that brings none. Twice is once, if it brings one. */
	put(wish: SilenceWish, chosenId: string, nowMs: number): Result<string, Failure> {
		const { id: wishedId, newId = chosenId, ...rest } = wish;
		const issues = checkSilence(rest, nowMs);
		if (issues.length > 0) return err({ code: "invalid", issues });
		const before = wishedId === null ? null : (this.#mutes.silences.get(wishedId) ?? null);
		if (wishedId !== null && before === null)
			return err({ code: "not_found", what: `silence ${wishedId.slice(0, 40)}` });
		if (before !== null && canChange(before, rest, nowMs)) {
			return this.#save({ ...rest, id: before.id, updatedAtMs: nowMs });
		}
		const startsAtMs = Math.max(rest.startsAtMs, nowMs);
		const saved = this.#save({ ...rest, startsAtMs, id: newId, updatedAtMs: nowMs });
		if (saved.ok && before !== null && silenceState(before, nowMs) !== "expired") this.#end(before, nowMs);
		return saved;
	}

	expire(id: string, nowMs: number): Result<null, Failure> {
		const silence = this.#mutes.silences.get(id);
		if (silence === undefined) return err({ code: "not_found", what: `silence ${id.slice(0, 40)}` });
		if (silenceState(silence, nowMs) === "expired")
			return err({ code: "conflict", reason: "the silence has ended already" });
		this.#end(silence, nowMs);
		return ok(null);
	}

	/** As Alertmanager's filter: silences that have each of these among their own matchers, word for word. */
	having(matchers: readonly Matcher[]): readonly Silence[] {
		const has = (silence: Silence, wanted: Matcher): boolean =>
			silence.matchers.some(
				({ name, op, value }) => name === wanted.name && op === wanted.op && value === wanted.value,
			);
		return [...this.#mutes.silences.values()].filter((silence) => matchers.every((wanted) => has(silence, wanted)));
	}

	/** Silences whose end is near enough to be reminded of now. */
	nearEnd(nowMs: number): readonly Silence[] {
		return [...this.#mutes.silences.values()].filter(
			({ endsAtMs, remindBeforeMs }) =>
				remindBeforeMs !== null && endsAtMs > nowMs && endsAtMs - remindBeforeMs <= nowMs,
		);
	}

	/** When the next reminder is due; null: never. */
	nextReminderMs(nowMs: number): number | null {
		let next: number | null = null;
		for (const { endsAtMs, remindBeforeMs } of this.#mutes.silences.values()) {
			const atMs = remindBeforeMs === null ? 0 : endsAtMs - remindBeforeMs;
			if (atMs > nowMs && (next === null || atMs < next)) next = atMs;
		}
		return next;
	}

	/** Forgets what ended long ago. */
	sweep(nowMs: number): void {
		for (const { id, endsAtMs } of [...this.#mutes.silences.values()]) {
			if (nowMs - endsAtMs < SILENCE_KEPT_MS) continue;
			this.#sql.exec("DELETE FROM silences WHERE id = ?", id);
			this.#mutes.dropSilence(id);
		}
	}

	#end(silence: Silence, nowMs: number): void {
		const startsAtMs = Math.min(silence.startsAtMs, nowMs);
		this.#save({ ...silence, startsAtMs, endsAtMs: nowMs, updatedAtMs: nowMs });
	}

	#save(silence: Silence): Result<string, Failure> {
		const wrong = this.#mutes.setSilence(silence);
		if (wrong !== null) return err(invalid("matchers", wrong));
		this.#sql.exec(
			"INSERT INTO silences (id, body) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
			silence.id,
			JSON.stringify(silence),
		);
		return ok(silence.id);
	}
}

/** As Alertmanager's canUpdate: the same matchers; what began keeps its start; what ended is over. */
function canChange(before: Silence, wish: Omit<Silence, "id" | "updatedAtMs">, nowMs: number): boolean {
	if (JSON.stringify(before.matchers) !== JSON.stringify(wish.matchers)) return false;
	const state = silenceState(before, nowMs);
	if (state === "active") {
		return Math.floor(before.startsAtMs / 1_000) === Math.floor(wish.startsAtMs / 1_000) && wish.endsAtMs >= nowMs;
	}
	return state === "pending" && wish.startsAtMs >= nowMs;
}
