/** From the result of an expression to verdicts by label set. */
import { describe, expect, it } from "vitest";
import {
	alertLabels,
	type EvaluationInput,
	evaluate,
	type KeptAlert,
	ruleIdentity,
} from "../../src/alert/evaluation.ts";
import { alertEvent, eventId } from "../../src/alert/event.ts";
import { step, UNSEEN } from "../../src/alert/step.ts";
import type { AlertState, Verdict } from "../../src/model/alert.ts";
import { type Labels, labelsKey } from "../../src/model/labels.ts";
import { ALERTS_PER_RULE_MAX } from "../../src/model/limits.ts";
import type { Rule } from "../../src/model/rule.ts";

const RULE: Rule = {
	id: "g/A",
	group: "g",
	alert: "A",
	expr: "x > 1",
	forMs: 0,
	keepFiringForMs: 0,
	labels: { severity: "critical" },
	annotations: { summary: "{{ $labels.endpoint }} is at {{ $value | humanize }}", threshold: "1" },
	cooldownMs: 300_000,
	noData: "ok",
	recover: null,
};
const NOW = Date.UTC(2026, 10, 21);

function named(labels: Labels): Labels {
	return { ...labels, severity: "critical", alertname: "A" };
}

const FIRING: AlertState = step(UNSEEN, { kind: "breached", value: 3 }, RULE, NOW).state;
const PENDING: AlertState = step(UNSEEN, { kind: "breached", value: 3 }, { ...RULE, forMs: 60_000 }, NOW).state;
const ENDED: AlertState = step(FIRING, { kind: "ok" }, RULE, NOW + 60_000).state;

function kept(endpoint: string, state: AlertState): KeptAlert {
	return { labels: named({ endpoint }), state };
}

/** Verdicts by the endpoint of their label set. */
function judge(input: Partial<EvaluationInput>): Record<string, Verdict> {
	const base = { rule: RULE, samples: [], recovered: null, noData: false, seen: null, kept: [] };
	const result = evaluate({ ...base, ...input });
	if (!result.ok) throw new Error(result.failure);
	return Object.fromEntries(result.value.judgements.map((one) => [one.labels["endpoint"] ?? "-", one.verdict]));
}

describe("an evaluation", () => {
	it("gives each element the rule's labels and its name, and drops the metric's", () => {
		const rule = {
			...RULE,
			labels: { severity: "critical", team: "{{ $labels.owner }}", empty: "{{ $labels.none }}" },
		};
		expect(alertLabels(rule, { labels: { __name__: "x", owner: "web", severity: "?" }, value: 1 })).toEqual({
			owner: "web",
			team: "web",
			severity: "critical",
			alertname: "A",
		});
	});

	it("says breached of what is in the result and ok of what is not", () => {
		const samples = [{ labels: { endpoint: "/a" }, value: 5 }];
		expect(judge({ samples, kept: [kept("/a", PENDING), kept("/b", FIRING), kept("/c", ENDED)] })).toEqual({
			"/a": { kind: "breached", value: 5 },
			"/b": { kind: "ok" },
			"/c": { kind: "ok" },
		});
	});

	it("hands back the state that was kept, in the order of the keys", () => {
		const samples = ["/c", "/a"].map((endpoint) => ({ labels: { endpoint }, value: 5 }));
		const input = { rule: RULE, samples, recovered: null, noData: false, seen: null, kept: [kept("/b", FIRING)] };
		const result = evaluate(input);
		expect(result.ok && result.value.judgements.map((one) => [one.labels["endpoint"], one.state])).toEqual([
			["/a", null],
			["/b", FIRING],
			["/c", null],
		]);
	});

	it("fails when two elements become one label set, as in Prometheus", () => {
		const samples = ["a", "b"].map((severity) => ({ labels: { severity }, value: 1 }));
		const result = evaluate({ rule: RULE, samples, recovered: null, noData: false, seen: null, kept: [] });
		expect(result).toEqual({
			ok: false,
			failure: "vector contains metrics with the same labelset after applying alert labels",
		});
	});

	it("has a place for ALERTS_PER_RULE_MAX label sets, counts the rest, and keeps what it had", () => {
		const samples = Array.from({ length: ALERTS_PER_RULE_MAX + 7 }, (_, i) => ({
			labels: { endpoint: `/${i}` },
			value: 1,
		}));
		const old = [kept("zz", FIRING), kept("/3", FIRING)];
		const result = evaluate({ rule: RULE, samples, recovered: null, noData: false, seen: null, kept: old });
		expect(result.ok && result.value.judgements.length).toBe(ALERTS_PER_RULE_MAX);
		expect(result.ok && result.value.leftOut).toBe(8);
		const keys = result.ok ? result.value.judgements.map(({ key }) => key) : [];
		for (const { labels } of old) expect(keys).toContain(labelsKey(labels));
	});

	it("makes numbers of what JSON cannot carry", () => {
		const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
		const samples = values.map((value, i) => ({ labels: { endpoint: String(i) }, value }));
		const verdicts = judge({ samples });
		expect(JSON.parse(JSON.stringify(verdicts))).toEqual(verdicts);
		expect(verdicts["1"]).toEqual({ kind: "breached", value: Number.MAX_VALUE });
	});
});

describe("a label set that vanishes alone", () => {
	const seen = [{ endpoint: "/a", method: "GET" }];

	it("is told apart from one that recovered, when the series are known", () => {
		expect(judge({ seen, kept: [kept("/a", FIRING), kept("/b", FIRING)] })).toEqual({
			"/a": { kind: "ok" },
			"/b": { kind: "vanished" },
		});
	});

	it("ends even when the rule waits for its recovery", () => {
		const rule = { ...RULE, recover: "x < 0.5" };
		expect(judge({ rule, seen, recovered: [], kept: [kept("/a", FIRING), kept("/b", FIRING)] })).toEqual({
			"/a": { kind: "breached", value: 3 },
			"/b": { kind: "vanished" },
		});
	});

	it("is compared by the labels that are not the rule's own", () => {
		expect(judge({ seen: [{ endpoint: "/a", severity: "low" }], kept: [kept("/a", FIRING)] })).toEqual({
			"/a": { kind: "ok" },
		});
	});
});

describe("a rule with perdure_recover", () => {
	const rule = { ...RULE, recover: "x < 0.5" };

	it("keeps firing, with its last value, until the recovery has an element that matches", () => {
		const alerts = [kept("/a", FIRING), kept("/b", FIRING)];
		expect(judge({ rule, recovered: [{ endpoint: "/b", method: "GET" }], kept: alerts })).toEqual({
			"/a": { kind: "breached", value: 3 },
			"/b": { kind: "ok" },
		});
	});

	it("ends for every label set when the recovery is a scalar or an element without labels", () => {
		expect(judge({ rule, recovered: [{}], kept: [kept("/a", FIRING), kept("/b", FIRING)] })).toEqual({
			"/a": { kind: "ok" },
			"/b": { kind: "ok" },
		});
	});

	it("stays breached while the expression still has the element", () => {
		const samples = [{ labels: { endpoint: "/a" }, value: 5 }];
		expect(judge({ rule, samples, recovered: [{}], kept: [kept("/a", FIRING)] })).toEqual({
			"/a": { kind: "breached", value: 5 },
		});
	});

	it("does not hold a pending alert", () => {
		expect(judge({ rule, recovered: [], kept: [kept("/a", PENDING)] })).toEqual({ "/a": { kind: "ok" } });
	});
});

describe("a rule without any data", () => {
	it("says no data of what is active, and nothing of what has ended", () => {
		const alerts = [kept("/a", FIRING), kept("/b", PENDING), kept("/c", ENDED)];
		expect(judge({ noData: true, kept: alerts })).toEqual({
			"/a": { kind: "no_data" },
			"/b": { kind: "no_data" },
			"/c": { kind: "ok" },
		});
	});

	it("is an alert by itself under the policy alert, unless one is active already", () => {
		const rule = { ...RULE, noData: "alert" } as const;
		expect(judge({ rule, noData: true, kept: [kept("/c", ENDED)] })).toEqual({
			"-": { kind: "no_data" },
			"/c": { kind: "ok" },
		});
		expect(judge({ rule, noData: true, kept: [kept("/a", FIRING)] })).toEqual({ "/a": { kind: "no_data" } });
		expect(judge({ rule, noData: true, kept: [{ labels: named({}), state: ENDED }] })).toEqual({
			"-": { kind: "no_data" },
		});
	});

	it("is no alert under ok and keep", () => {
		for (const noData of ["ok", "keep"] as const)
			expect(judge({ rule: { ...RULE, noData }, noData: true })).toEqual({});
	});

	it("breaches when that is what it asks for: absent(x)", () => {
		expect(judge({ noData: true, samples: [{ labels: { endpoint: "/a" }, value: 1 }] })).toEqual({
			"/a": { kind: "breached", value: 1 },
		});
	});
});

describe("defect 3: the cooldown key has no labels", () => {
	it("the cooldown of one label set does not mute another of the same rule", () => {
		const ended = [kept("/a", ENDED)];
		const samples = ["/a", "/b"].map((endpoint) => ({ labels: { endpoint }, value: 9 }));
		const result = evaluate({ rule: RULE, samples, recovered: null, noData: false, seen: null, kept: ended });
		const told = (result.ok ? result.value.judgements : []).flatMap(({ labels, state, verdict }) => {
			const { news } = step(state ?? UNSEEN, verdict, RULE, NOW + 120_000);
			return news === null ? [] : [labels["endpoint"]];
		});
		expect(told).toEqual(["/b"]);
	});
});

describe("the identity of a rule", () => {
	it("changes with its labels and its name, and with nothing else", () => {
		const identity = ruleIdentity(RULE);
		expect(ruleIdentity({ ...RULE, expr: "y", forMs: 5, annotations: {} } as Rule)).toBe(identity);
		expect(ruleIdentity({ ...RULE, labels: { severity: "info" } })).not.toBe(identity);
		expect(ruleIdentity({ ...RULE, labels: {} })).not.toBe(identity);
		expect(ruleIdentity({ ...RULE, alert: "B" })).not.toBe(identity);
	});
});

describe("an event", () => {
	const labels = named({ endpoint: "/a" });

	it("says what fires since when, with its annotations filled in", () => {
		const { news } = step(UNSEEN, { kind: "breached", value: 1_500 }, RULE, NOW);
		expect(news && alertEvent(RULE, labels, news)).toEqual({
			id: eventId("g/A", labels, NOW, 1),
			kind: "firing",
			ruleId: "g/A",
			group: "g",
			alertname: "A",
			labels,
			annotations: { summary: "/a is at 1.5k", threshold: "1" },
			value: 1_500,
			startsAtMs: NOW,
			endsAtMs: null,
			reason: null,
			atMs: NOW,
		});
	});

	it("says when and why it ended, with the start that was told", () => {
		const { news } = step(FIRING, { kind: "ok" }, RULE, NOW + 60_000);
		expect(news && alertEvent(RULE, labels, news)).toMatchObject({
			kind: "resolved",
			value: 3,
			startsAtMs: NOW,
			endsAtMs: NOW + 60_000,
			reason: "recovered",
		});
	});

	it("has an id of its own, fit for a header, and the same each time", () => {
		const ids = [
			eventId("g/A", labels, NOW, 1),
			eventId("g/A", labels, NOW, 2),
			eventId("g/A", labels, NOW + 1, 1),
			eventId("g/B", labels, NOW, 1),
			eventId("g/A", named({ endpoint: "/b" }), NOW, 1),
			eventId(`组/${"报".repeat(90)}`, labels, NOW, 1),
		];
		expect(new Set(ids).size).toBe(ids.length);
		for (const id of ids) expect(id).toMatch(/^[0-9a-f-]{30,60}$/);
		expect(eventId("g/A", { ...labels }, NOW, 1)).toBe(ids[0]);
	});
});
