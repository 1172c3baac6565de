/**
 * One evaluation of an alerting rule: from the result of its expression to the next state of each of its alerts, and what has to be
 * told. Live, in a backtest and in tests of rules it is this that decides. Pure; the caller keeps the states, all of them or none.
 */
import { err, ok, type Result } from "../lib/result.ts";
import type { AlertState } from "../model/alert.ts";
import { type EvaluationInput, evaluate, type Judgement } from "./evaluation.ts";
import { isForgettable, type News, step, UNSEEN } from "./step.ts";

/** What becomes of one alert. */
export type Move = Judgement & {
	/** The next state; the one before, the same object, when nothing changed. */
	readonly next: AlertState;
	readonly news: News | null;
	/** The next state says nothing that has to be remembered: it is deleted. */
	readonly isOver: boolean;
};

export type Advance = {
	/** Ordered by key. */
	readonly moves: readonly Move[];
	/** New label sets for which there was no place. */
	readonly leftOut: number;
};

/**
 * Moves every alert of a rule by one evaluation. The failure is the reason why the rule failed: then no state changes. Above the
 * limit of its group a rule fails with Prometheus' words; Prometheus then forgets what was pending and firing, and tells nobody
 * that it ended. Here a flood ends no alert.
 */
export function advance(input: EvaluationInput, tickMs: number): Result<Advance, string> {
	const { rule } = input;
	const evaluation = evaluate(input);
	if (!evaluation.ok) return evaluation;
	const moves = evaluation.value.judgements.map((judgement): Move => {
		const { state: next, news } = step(judgement.state ?? UNSEEN, judgement.verdict, rule, tickMs);
		return { ...judgement, next, news, isOver: isForgettable(next, rule, tickMs) };
	});
	const active = moves.filter(({ next }) => next.kind !== "inactive").length + evaluation.value.leftOut;
	if (rule.limit !== undefined && active > rule.limit) {
		return err(`exceeded limit of ${rule.limit} with ${active} alerts`);
	}
	return ok({ moves, leftOut: evaluation.value.leftOut });
}
