/** One evaluation of a rule as a whole: its limit, and that a failure moves nothing. */
import { describe, expect, it } from "vitest";
import { advance } from "../../src/alert/advance.ts";
import type { EvaluationInput, KeptAlert } from "../../src/alert/evaluation.ts";
import { MINUTE_MS } from "../../src/model/limits.ts";
import type { Rule } from "../../src/model/rule.ts";

const RULE: Rule = {
	id: "g/A",
	group: "g",
	alert: "A",
	expr: "x",
	forMs: 0,
	keepFiringForMs: 0,
	labels: {},
	annotations: {},
	cooldownMs: 0,
	noData: "ok",
	recover: null,
};

function input(rule: Partial<Rule>, paths: readonly string[], kept: readonly KeptAlert[] = []): EvaluationInput {
	const samples = paths.map((path) => ({ labels: { path }, value: 1 }));
	return { rule: { ...RULE, ...rule }, samples, recovered: null, noData: false, seen: null, kept };
}

function keptOf(result: ReturnType<typeof advance>): KeptAlert[] {
	if (!result.ok) throw new Error(result.failure);
	return result.value.moves.filter(({ isOver }) => !isOver).map(({ labels, next }) => ({ labels, state: next }));
}

describe("a limit", () => {
	it("fails a rule above it, in Prometheus' words, and not at it", () => {
		expect(advance(input({ limit: 1 }, ["a", "b"]), 0)).toEqual({
			ok: false,
			failure: "exceeded limit of 1 with 2 alerts",
		});
		expect(advance(input({ limit: 2 }, ["a", "b"]), 0).ok).toBe(true);
	});

	it("counts what is pending, and what keep_firing_for keeps", () => {
		const rule = { limit: 2, keepFiringForMs: 5 * MINUTE_MS };
		const fired = keptOf(advance(input(rule, ["a", "b"]), 0));
		const failed = advance(input(rule, ["c"], fired), MINUTE_MS);
		expect(failed).toEqual({ ok: false, failure: "exceeded limit of 2 with 3 alerts" });
		expect(advance(input({ limit: 1, forMs: MINUTE_MS }, ["a", "b"]), 0).ok).toBe(false);
	});

	it("does not count what has ended", () => {
		const rule = { limit: 2, cooldownMs: 60 * MINUTE_MS };
		const fired = keptOf(advance(input(rule, ["a", "b"]), 0));
		const moved = advance(input(rule, ["c", "d"], fired), MINUTE_MS);
		expect(moved.ok && moved.value.moves.map(({ next }) => next.kind)).toEqual([
			"inactive",
			"inactive",
			"firing",
			"firing",
		]);
	});
});

describe("a move", () => {
	it("is over when nothing has to be remembered", () => {
		const fired = keptOf(advance(input({}, ["a"]), 0));
		const ended = advance(input({}, [], fired), MINUTE_MS);
		expect(ended.ok && ended.value.moves).toMatchObject([{ news: { kind: "resolved" }, isOver: true, sample: null }]);
	});
});
