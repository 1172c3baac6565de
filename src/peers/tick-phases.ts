/**
 * The evaluation of one tick, level by level: what a rule records is stored before any rule that reads it in the same tick is asked. A
 * level that fails does not hold up the next one: a rule whose inputs are there is judged, whatever became of the rule before it. Run
 * twice it changes nothing that was changed: homes know a tick that they have seen. If it dies between two levels, the rules of the
 * later ones miss this tick, as if their home had not answered, and are judged at the next.
 */
import type { RuleHealth } from "../model/alert.ts";
import type { TickPlan } from "../model/catalog-rpc.ts";
import { TICK_BUDGET_MS } from "../model/limits.ts";
import type { EvaluateReply } from "../model/metric-rpc.ts";
import { type FanOut, fanOut } from "./fan-out.ts";
import { metricStub, type ObjectEnv } from "./stubs.ts";

type PlannedHome = TickPlan["homes"][number];

export type Evaluated = FanOut<EvaluateReply> & {
	/** Of every rule that was due. */
	readonly health: readonly RuleHealth[];
};

/**
 * Asks every home of a plan. Each that answered stands once in `answers`, with its last answer: it holds the events of all levels. One
 * that did not answer for any of its levels is missing, and may have answered for another.
 */
export async function evaluatePlan(env: ObjectEnv, plan: TickPlan, clock: () => number): Promise<Evaluated> {
	const endMs = clock() + TICK_BUDGET_MS;
	const answers = new Map<string, EvaluateReply>();
	const missing = new Set<string>();
	const health: RuleHealth[] = [];
	let isCatalogNew = false;
	for (const phase of phasesOf(plan)) {
		const homes = new Map(phase.map((home) => [home.home, home]));
		const evaluated = await fanOut(
			[...homes.keys()],
			(name) => {
				const { home: _, ...due } = homes.get(name) as PlannedHome;
				const { tickMs, rulesVersion } = plan;
				return metricStub(env, name).evaluate({
					tickMs,
					rulesVersion,
					...due,
					...(isCatalogNew ? { isCatalogNew } : {}),
				});
			},
			{ budgetMs: Math.max(0, endMs - clock()) },
		);
		for (const { name, value } of evaluated.answers) answers.set(name, value);
		isCatalogNew ||= evaluated.answers.some(({ value }) => value.isCatalogNew === true);
		for (const name of evaluated.missing) missing.add(name);
		health.push(...evaluated.answers.flatMap(({ value }) => value.health));
		health.push(...evaluated.missing.flatMap((name) => silentHealth(homes.get(name) as PlannedHome, plan.tickMs)));
	}
	return { answers: [...answers].map(([name, value]) => ({ name, value })), missing: [...missing], health };
}

/**
 * The homes to be asked, one list a level, each with the rules of that level. A home without due rules is in the first. Levels that no
 * rule has are left out.
 */
export function phasesOf(plan: TickPlan): readonly (readonly PlannedHome[])[] {
	const phases = new Map<number, PlannedHome[]>();
	for (const home of plan.homes) {
		const { rules, recordings = [] } = home;
		const levels = new Set([...rules, ...recordings].map(levelOf));
		if (levels.size === 0) levels.add(0);
		for (const level of levels) {
			const phase = phases.get(level) ?? [];
			phases.set(level, phase);
			const recorded = recordings.filter((rule) => levelOf(rule) === level);
			phase.push({
				home: home.home,
				rules: rules.filter((rule) => levelOf(rule) === level),
				...(recorded.length === 0 ? {} : { recordings: recorded }),
				allRuleIds: home.allRuleIds,
			});
		}
	}
	return [...phases].sort(([a], [b]) => a - b).map(([, phase]) => phase);
}

function levelOf({ level }: { readonly level?: number }): number {
	return level ?? 0;
}

/** "err" for each due rule of a home that said nothing. A tick that an object refused changes nothing. */
function silentHealth({ home, rules, recordings = [] }: PlannedHome, tickMs: number): RuleHealth[] {
	return [...rules, ...recordings].map(({ id }) => ({
		ruleId: id,
		health: "err",
		lastError: `its home '${home}' did not answer`,
		lastEvaluationMs: tickMs,
		evaluationMs: 0,
	}));
}
