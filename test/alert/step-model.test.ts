/** The state machine against a naive model, over random verdicts, ticks, rules and crashes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type News, step, type Timing, UNSEEN } from "../../src/alert/step.ts";
import type { AlertState, Verdict } from "../../src/model/alert.ts";
import { NO_DATA_POLICIES } from "../../src/model/rule.ts";

type Tick = { readonly atMs: number; readonly verdict: Verdict };
type Told = Pick<News, "kind" | "startsAtMs" | "atMs">;

const S = 1_000;
const verdict = fc.oneof(
	{
		weight: 5,
		arbitrary: fc.record({ kind: fc.constant("breached" as const), value: fc.integer({ min: 0, max: 3 }) }),
	},
	{ weight: 4, arbitrary: fc.constant<Verdict>({ kind: "ok" }) },
	fc.constant<Verdict>({ kind: "vanished" }),
	{ weight: 2, arbitrary: fc.constant<Verdict>({ kind: "no_data" }) },
);
const span = fc.integer({ min: 0, max: 6 }).map((n) => n * 10 * S);
const rules: fc.Arbitrary<Timing> = fc.record({
	forMs: span,
	keepFiringForMs: span,
	cooldownMs: fc.integer({ min: 0, max: 12 }).map((n) => n * 10 * S),
	noData: fc.constantFrom(...NO_DATA_POLICIES),
});
const histories: fc.Arbitrary<readonly Tick[]> = fc
	.array(fc.tuple(fc.integer({ min: 1, max: 4 }), verdict), { maxLength: 60 })
	.map((steps) => {
		let atMs = 0;
		return steps.map(([gap, said]) => {
			atMs += gap * 10 * S;
			return { atMs, verdict: said };
		});
	});

/** The rules of the game, said once more and differently: one life of an alert at a time, no states. */
function model(history: readonly Tick[], rule: Timing): readonly Told[] {
	type Life = { sinceMs: number; firedMs: number | null; calmMs: number | null; told: boolean };
	const told: Told[] = [];
	let life: Life | null = null;
	let lastToldMs = Number.NEGATIVE_INFINITY;
	for (const { atMs, verdict: said } of history) {
		const breached = said.kind === "breached" || (said.kind === "no_data" && rule.noData === "alert");
		const calm = !breached && !(said.kind === "no_data" && rule.noData === "keep");
		if (breached) {
			life ??= { sinceMs: atMs, firedMs: null, calmMs: null, told: false };
			life.calmMs = null;
			if (life.firedMs === null && atMs - life.sinceMs >= rule.forMs) life.firedMs = atMs;
		}
		if (calm && life !== null) {
			life.calmMs ??= atMs;
			if (life.firedMs === null || atMs - life.calmMs >= rule.keepFiringForMs) {
				if (life.told) told.push({ kind: "resolved", startsAtMs: life.firedMs as number, atMs });
				life = null;
			}
		}
		if (life !== null && life.firedMs !== null && !life.told && atMs - lastToldMs >= rule.cooldownMs) {
			life.told = true;
			lastToldMs = atMs;
			told.push({ kind: "firing", startsAtMs: life.firedMs, atMs });
		}
	}
	return told;
}

/** Plays a history; each step is run again where `crashes` says so, as after a crash before the write. */
function play(
	history: readonly Tick[],
	rule: Timing,
	crashes: readonly number[] = [],
): { news: News[]; state: AlertState } {
	const news: News[] = [];
	let stored = JSON.stringify(UNSEEN);
	history.forEach(({ atMs, verdict: said }, i) => {
		for (let lost = 0; lost < (crashes[i] ?? 0); lost++) step(JSON.parse(stored), said, rule, atMs);
		const next = step(JSON.parse(stored), said, rule, atMs);
		stored = JSON.stringify(next.state);
		if (next.news !== null) news.push(next.news);
	});
	return { news, state: JSON.parse(stored) };
}

function toldOf(news: readonly News[]): readonly Told[] {
	return news.map(({ kind, startsAtMs, atMs }) => ({ kind, startsAtMs, atMs }));
}

const RUNS = { numRuns: 1_000 };

describe("over any history", () => {
	it("an alert tells what the naive model tells", () => {
		fc.assert(
			fc.property(histories, rules, (history, rule) => {
				expect(toldOf(play(history, rule).news)).toEqual(model(history, rule));
			}),
			RUNS,
		);
	});

	it("firing and resolved take turns, with the same start, and nobody is told the end of what was never told", () => {
		fc.assert(
			fc.property(histories, rules, (history, rule) => {
				const { news } = play(history, rule);
				news.forEach((one, i) => {
					expect(one.kind).toBe(i % 2 === 0 ? "firing" : "resolved");
					if (one.kind === "resolved") expect(one.startsAtMs).toBe(news[i - 1]?.startsAtMs);
					expect(one.sequence).toBe(i + 1);
				});
			}),
			RUNS,
		);
	});

	it("no two firings are told within the cooldown", () => {
		fc.assert(
			fc.property(histories, rules, (history, rule) => {
				const firings = play(history, rule).news.filter(({ kind }) => kind === "firing");
				firings.slice(1).forEach((one, i) => {
					expect(one.atMs - (firings[i] as News).atMs).toBeGreaterThanOrEqual(rule.cooldownMs);
				});
			}),
			RUNS,
		);
	});

	it("a tick that comes twice, or an older one that comes late, changes nothing and tells nothing", () => {
		fc.assert(
			fc.property(histories, rules, fc.nat(), (history, rule, pick) => {
				let state: AlertState = UNSEEN;
				history.forEach(({ atMs, verdict: said }, i) => {
					state = step(state, said, rule, atMs).state;
					expect(step(state, said, rule, atMs)).toEqual({ state, news: null });
					const since = state.kind === "inactive" ? (state.toldMs ?? -1) : state.sinceMs;
					const old = history[pick % (i + 1)] as Tick;
					if (old.atMs <= since) expect(step(state, old.verdict, rule, old.atMs)).toEqual({ state, news: null });
				});
			}),
			RUNS,
		);
	});

	it("a crash at any point, before or after the write, changes nothing of what is told", () => {
		fc.assert(
			fc.property(histories, rules, fc.array(fc.nat({ max: 2 })), (history, rule, crashes) => {
				expect(play(history, rule, crashes)).toEqual(play(history, rule));
			}),
			RUNS,
		);
	});

	it("a state goes through JSON unchanged", () => {
		fc.assert(
			fc.property(histories, rules, (history, rule) => {
				let state: AlertState = UNSEEN;
				for (const { atMs, verdict: said } of history) {
					state = step(state, said, rule, atMs).state;
					expect(JSON.parse(JSON.stringify(state))).toEqual(state);
				}
			}),
			RUNS,
		);
	});
});
