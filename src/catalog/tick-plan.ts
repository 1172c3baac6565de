/** What is evaluated where at one tick. Linear in the number of rules. Pure. */
import type { TickPlan } from "../model/catalog-rpc.ts";
import { ownHome, type RecordingRule, type Rule, type StoredRuleGroup } from "../model/rule.ts";
import { isDue } from "./tick-state.ts";

type Home = { home: string; rules: Rule[]; recordings?: RecordingRule[]; allRuleIds: string[] };

/** Which rules live where: every home of every group, with all its rules' ids. */
export function homesOf(groups: Iterable<StoredRuleGroup>): Map<string, readonly string[]> {
	const homes = new Map<string, string[]>();
	for (const group of groups) {
		for (const rules of [group.rules, group.recordings ?? []]) {
			for (const rule of rules) {
				const home = homeOf(group, rule);
				const ids = homes.get(home);
				if (ids === undefined) homes.set(home, [rule.id]);
				else ids.push(rule.id);
			}
		}
	}
	return homes;
}

/** The plan of the tick `tickMs`, which is due by `nowMs`. `alsoAsk`: homes to be asked although no rule is due there. */
export function planOf(
	groups: Iterable<StoredRuleGroup>,
	homes: ReadonlyMap<string, readonly string[]>,
	alsoAsk: Iterable<string>,
	at: { readonly tickMs: number; readonly nowMs: number; readonly rulesVersion: number },
): TickPlan {
	const planned = new Map<string, Home>();
	const homeAt = (home: string): Home => {
		const there = planned.get(home);
		if (there !== undefined) return there;
		const made = { home, rules: [], allRuleIds: [...(homes.get(home) ?? [])] };
		planned.set(home, made);
		return made;
	};
	for (const group of groups) {
		if (!isDue(group.intervalMs, at.tickMs, at.nowMs)) continue;
		for (const rule of group.rules) homeAt(homeOf(group, rule)).rules.push(rule);
		for (const rule of group.recordings ?? []) {
			const home = homeAt(homeOf(group, rule));
			home.recordings ??= [];
			home.recordings.push(rule);
		}
	}
	for (const home of alsoAsk) homeAt(home);
	return { tickMs: at.tickMs, rulesVersion: at.rulesVersion, homes: [...planned.values()] };
}

/** The home that was chosen for a rule when it was new. */
export function homeOf(group: StoredRuleGroup, rule: Pick<Rule, "id">): string {
	return group.homes[rule.id] ?? ownHome(rule.id);
}
