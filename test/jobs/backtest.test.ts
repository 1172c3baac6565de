/** A backtest beside what happened: the same rules over the same history, live through real objects and replayed afterwards. */
import { env } from "cloudflare:workers";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { parseRuleFile } from "../../src/alert/rule-file.ts";
import { moveClock, nowMs } from "../../src/lib/clock.ts";
import type { ActiveAlert, AlertEvent } from "../../src/model/alert.ts";
import { type Labels, labelsKey } from "../../src/model/labels.ts";
import { MINUTE_MS, SECOND_MS } from "../../src/model/limits.ts";
import type { MetricKind } from "../../src/model/metric.ts";
import { type RuleGroup, rulesInOrder } from "../../src/model/rule.ts";
import { activeAlerts } from "../../src/peers/alerts.ts";
import { querierOf } from "../../src/peers/querier.ts";
import { catalogStub, type ObjectEnv } from "../../src/peers/stubs.ts";
import { runTick } from "../../src/peers/tick.ts";
import { recordBatch } from "../../src/peers/write.ts";
import { validate } from "../../src/promql/check.ts";
import { backtest, type Transition } from "../../src/query/backtest.ts";
import { proposeHomes } from "../../src/query/rule-homes.ts";
import { withLevels } from "../../src/query/rule-levels.ts";
import { seeded } from "../metric/metric-driver.ts";
import { batch, goTo, known, nextTick, part } from "../peers/world.ts";

afterAll(() => moveClock(0, true));

afterEach(async () => {
	for (const group of await catalogStub(env).groups()) await catalogStub(env).deleteGroup(group.name);
	await runTick(env, nextTick(), { by: "cron", clock: nowMs });
});

const TICKS = 24;
const PATHS = ["a", "b", "c"];

/** Every way in which an alert can come and go; `M` is the prefix of the metrics of one seed. */
const RULES = `
name: backtest-M
rules:
- {record: "M:rate:sum", expr: "sum(rate(M_count[2m]))", labels: {recorded: "yes"}}
- {record: "M:gauge:high", expr: "max by (path) (M_gauge) > 4"}
- {record: "M:gauge:highs", expr: "count(M:gauge:high)"}
- {alert: BtHigh, expr: "M_gauge > 5", for: 2m}
- {alert: BtRate, expr: "sum by (path) (rate(M_count[5m])) > 0.08", keep_firing_for: 2m}
- {alert: BtSpread, expr: "max_over_time(M_gauge[3m]) - min_over_time(M_gauge[3m]) > 6"}
- {alert: BtAbsent, expr: 'absent(M_gauge{path="c"})', for: 1m}
- {alert: BtRecorded, expr: "M:rate:sum > 0.15", for: 1m, labels: {severity: warning}}
- {alert: BtHighs, expr: "M:gauge:highs > 1"}
- {alert: BtVanishes, expr: "M:gauge:high > 6", keep_firing_for: 1m}
- {alert: BtSlow, expr: "histogram_quantile(0.9, sum by (le) (rate(M_dist_bucket[4m]))) > 60"}
- alert: BtHysteresis
  expr: M_gauge > 7
  annotations: {perdure_recover: "M_gauge < 3", perdure_cooldown: 3m}
- alert: BtSilent
  expr: M_seldom > 0
  annotations: {perdure_no_data: alert}
- alert: BtKeeps
  expr: M_seldom > 1
  annotations: {perdure_no_data: keep}
- {alert: BtTooMany, expr: "M_gauge + on () group_left () M_count"}
`;

/** What one alert did at one tick, for both sides to be written in the same way. */
type Fact = Omit<Transition, "group">;

function factText({ atMs, alert, labels, from, to, value, told }: Fact, firstMs: number): string {
	const minute = (atMs - firstMs) / MINUTE_MS;
	return `${minute} ${alert} ${labelsKey(labels)} ${from} -> ${to} ${value.toPrecision(9)} ${told ?? "-"}`;
}

async function put(text: string): Promise<RuleGroup> {
	const groups = parseRuleFile(text, validate);
	const group = groups.ok ? groups.value[0] : undefined;
	const leveled = group === undefined ? null : withLevels(group);
	if (leveled?.ok !== true) throw new Error(JSON.stringify(groups));
	const homes = await proposeHomes(env, rulesInOrder(leveled.value), nowMs());
	if (!homes.ok) throw new Error("homes are found");
	await catalogStub(env).putGroup(leveled.value, homes.value, text);
	return leveled.value;
}

/** The objects as they are; events that go to the notifier are noted on their way. */
function noting(events: AlertEvent[]): ObjectEnv {
	const NOTIFIER = {
		getByName: (name: string) => {
			const real = env.NOTIFIER.getByName(name) as unknown as Record<string, (...given: unknown[]) => unknown>;
			return new Proxy(real, {
				get:
					(target, method: string) =>
					(...given: unknown[]) => {
						if (method === "accept") events.push(...(given[0] as AlertEvent[]));
						return (target[method] as (...given: unknown[]) => unknown)(...given);
					},
			});
		},
	};
	return { METRIC: env.METRIC, CATALOG: env.CATALOG, NOTIFIER } as unknown as ObjectEnv;
}

/** Values that rise, fall, stay away for a while and come back, recorded through the ordinary way in. */
class Source {
	readonly #random: () => number;
	readonly #prefix: string;
	readonly #levels = new Map<string, number>();
	readonly #seen = new Set<string>();

	constructor(prefix: string, seed: number) {
		this.#prefix = prefix;
		this.#random = seeded(seed);
	}

	/** Records what happens in the minute before a tick; nothing in its last five seconds. */
	async minute(tickMs: number): Promise<void> {
		for (const beforeMs of [50, 35, 20, 7]) {
			goTo(tickMs - beforeMs * SECOND_MS);
			await this.#record("gauge", "gauge", (path) => (this.#random() < 0.25 ? [] : [this.#wander(`g${path}`, 10)]));
			await this.#record("count", "counter", (path) => (this.#random() < 0.4 ? [] : [this.#wander(`c${path}`, 4)]));
			await this.#record("dist", "distribution", (path) =>
				this.#random() < 0.5 ? [] : [10 * this.#wander(`d${path}`, 10)],
			);
			if (this.#random() < 0.06)
				await this.#record("seldom", "gauge", (path) => (path === "a" ? [this.#wander("s", 3)] : []));
		}
	}

	async #record(name: string, kind: MetricKind, values: (path: string) => readonly number[]): Promise<void> {
		const columns = PATHS.map((path): [Labels, readonly number[]] => [{ path }, values(path)]);
		const some = columns.filter(([, column]) => column.length > 0);
		if (some.length === 0) return;
		const metric = `${this.#prefix}.${name}`;
		const done = await recordBatch(env, batch([part(metric, kind, some)]), nowMs());
		if (!done.ok) throw new Error("it is recorded");
		if (!this.#seen.has(metric)) await known(metric);
		this.#seen.add(metric);
	}

	/** A walk between 0 and `most`, in whole steps: values are exact whatever they are added up in. */
	#wander(what: string, most: number): number {
		const level = this.#levels.get(what) ?? Math.floor(this.#random() * most);
		const moved = Math.min(most, Math.max(0, level + Math.floor(this.#random() * 7) - 3));
		this.#levels.set(what, moved);
		return moved;
	}
}

function activeByKey(alerts: readonly ActiveAlert[], group: string): Map<string, ActiveAlert> {
	const own = alerts.filter((alert) => alert.group === group);
	return new Map(own.map((alert) => [`${alert.ruleId} ${labelsKey(alert.labels)}`, alert]));
}

/** What changed between two ticks, with what was told. */
function changes(
	before: ReadonlyMap<string, ActiveAlert>,
	after: ReadonlyMap<string, ActiveAlert>,
	events: readonly AlertEvent[],
	atMs: number,
): Fact[] {
	const facts: Fact[] = [];
	for (const key of new Set([...before.keys(), ...after.keys()])) {
		const was = before.get(key);
		const is = after.get(key);
		const { labels, ruleId } = (is ?? was) as ActiveAlert;
		const event = events.find((one) => one.ruleId === ruleId && labelsKey(one.labels) === labelsKey(labels));
		const from = was?.state ?? "inactive";
		const to = is?.state ?? "inactive";
		if (from === to && event === undefined) continue;
		const value = is?.value ?? was?.value ?? 0;
		facts.push({ atMs, alert: labels["alertname"] ?? "", labels, from, to, value, told: event?.kind ?? null });
	}
	return facts;
}

describe("a backtest", () => {
	it.each([1, 2, 3, 4])(
		"tells what happened live, transition by transition, with seed %i",
		{ timeout: 120_000 },
		async (seed) => {
			const prefix = `bt${seed}`;
			const source = new Source(prefix, 1_000 + seed);
			await source.minute(nextTick() + MINUTE_MS);
			const group = await put(RULES.replaceAll(/\bM\b|\bM(?=_)/g, prefix));
			const live: Fact[] = [];
			const ticks: number[] = [];
			let before = new Map<string, ActiveAlert>();
			for (let i = 0; i < TICKS; i++) {
				const dueMs = (Math.floor(nowMs() / MINUTE_MS) + 1) * MINUTE_MS;
				if (i > 0) await source.minute(dueMs);
				const tickMs = nextTick();
				const events: AlertEvent[] = [];
				await runTick(noting(events), tickMs, { by: "cron", clock: nowMs });
				const alerts = await activeAlerts(env);
				if (!alerts.ok) throw new Error("alerts are listed");
				const after = activeByKey(alerts.value.alerts, group.name);
				live.push(
					...changes(
						before,
						after,
						events.filter((event) => event.group === group.name),
						tickMs,
					),
				);
				before = after;
				ticks.push(tickMs);
			}
			const firstMs = ticks[0] ?? 0;
			const range = { fromMs: firstMs, toMs: ticks.at(-1) ?? 0, stepMs: null, nowMs: nowMs() };
			const replayed = await backtest([group], range, querierOf(env, nowMs()));
			if (!replayed.ok) throw new Error(JSON.stringify(replayed.failure));
			expect(replayed.value.transitions.map((fact) => factText(fact, firstMs)).sort()).toEqual(
				live.map((fact) => factText(fact, firstMs)).sort(),
			);
			// The comparison is worth something.
			const told = new Set(live.map(({ alert, to }) => `${alert} ${to}`));
			expect(told.size).toBeGreaterThan(12);
			expect(replayed.value).toMatchObject({ ticks: TICKS, evaluations: TICKS * 15 });
			expect(replayed.value.resolution).toEqual([{ fromMs: firstMs, toMs: range.toMs, slotMs: 10 * SECOND_MS }]);
			expect(replayed.value.errors.map(({ rule }) => rule)).toEqual([`backtest-${prefix}/BtTooMany`]);
			expect(replayed.value.read).toContain(`${prefix}:rate:sum`);
		},
	);
});
