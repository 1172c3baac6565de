/**
 * One tick: what is due is evaluated at the homes of its rules, level by level (tick-phases.ts), their events are taken to the
 * notifier, and acknowledged to the homes once it has them. It may die at any point and run twice: a tick is begun once, what was not
 * acknowledged comes again with the next one, and the notifier knows events by their ids.
 */
import type { CatalogApi, TickPlan, TickReport } from "../model/catalog-rpc.ts";
import { TICK_ROUNDS_MAX } from "../model/limits.ts";
import { handOver } from "./hand-over.ts";
import { selfCount, selfObserve } from "./self-meter.ts";
import { ask, catalogStub, notifierStub, type ObjectEnv } from "./stubs.ts";
import { evaluatePlan } from "./tick-phases.ts";

export type TickOptions = {
	readonly by: TickReport["by"];
	/** Reads the clock between the steps, Unix milliseconds. */
	readonly clock: () => number;
	/** The catalog, when it is the caller: it must not call itself through a stub. */
	readonly catalog?: Pick<CatalogApi, "beginTick" | "endTick">;
};

/** The catalog's part in a tick did not come about. */
const CATALOG = "catalog";

/**
 * Runs all ticks that are due by `nowMs`, oldest first: one a minute, and more where groups have intervals of their own. Empty when
 * there was nothing newer than the last tick, or the catalog did not answer.
 */
export async function runTick(env: ObjectEnv, nowMs: number, options: TickOptions): Promise<readonly TickReport[]> {
	const reports: TickReport[] = [];
	for (let round = 0; round < TICK_ROUNDS_MAX; round++) {
		const startedMs = options.clock();
		// If a reply is lost after the tick was begun, that tick is lost: the next one asks all homes for their events.
		const begun = await ask(CATALOG, () => (options.catalog ?? catalogStub(env)).beginTick(nowMs));
		if (!begun.ok) selfCount("ticks_failed");
		if (!begun.ok || begun.value === null) break;
		reports.push(await runPlan(env, begun.value, startedMs, options));
	}
	// Even when nothing was due: the notifier re-arms what an alarm forgot.
	await ask("notifier", () => notifierStub(env).tick());
	return reports;
}

async function runPlan(env: ObjectEnv, plan: TickPlan, startedMs: number, options: TickOptions): Promise<TickReport> {
	const evaluated = await evaluatePlan(env, plan, options.clock);
	const handed = await handOver(env, evaluated.answers);
	const endedMs = options.clock();
	const { health } = evaluated;
	const failed = health.filter((rule) => rule.health === "err").length;
	const report: TickReport = {
		tickMs: plan.tickMs,
		endedMs,
		durationMs: endedMs - startedMs,
		rules: plan.homes.reduce((sum, { rules, recordings = [] }) => sum + rules.length + recordings.length, 0),
		failed,
		unreachable: evaluated.missing,
		unsettled: handed.unsettled,
		events: handed.events,
		by: options.by,
	};
	meter(report);
	const loads = evaluated.answers.map(({ value }) => value.load);
	await ask(CATALOG, () => (options.catalog ?? catalogStub(env)).endTick(report, health, loads));
	return report;
}

function meter(report: TickReport): void {
	selfCount("ticks", 1, { by: report.by });
	selfCount("rules_evaluated", report.rules);
	// Zero is said too: a counter that is never told has no rate.
	selfCount("rules_failed", report.failed);
	selfCount("alert_events", report.events);
	selfObserve("evaluation_time", report.durationMs);
}
