/** The ticks of this deployment: which one is next, what it has to ask, and what became of it. One row a beginning, one an end. */
import type { TickPlan, TickReport } from "../model/catalog-rpc.ts";
import type { RuleBook } from "./rule-book.ts";
import { loadMeta, saveMeta } from "./storage.ts";
import { planOf } from "./tick-plan.ts";
import { asOf, begin, end, NO_TICKS, nextTickMs, type TickState } from "./tick-state.ts";

export class TickBook {
	readonly #sql: SqlStorage;
	#state: TickState;
	/** Whom the open ticks asked. After an eviction nobody knows: then those homes are asked once more. */
	readonly #asked = new Map<number, ReadonlySet<string>>();

	constructor(sql: SqlStorage) {
		this.#sql = sql;
		const saved = loadMeta(sql, "tick");
		this.#state = saved === null ? NO_TICKS : (JSON.parse(saved) as TickState);
	}

	/** Time of the last tick that was begun. */
	get lastMs(): number | null {
		return this.#state.lastMs;
	}

	/** The latest tick that ended. */
	get report(): TickReport | null {
		return this.#state.report;
	}

	/** Begins the oldest tick that is due by `atMs`; null: none is. `nowMs`: the clock, which says how long a tick is open. */
	begin(rules: RuleBook, atMs: number, nowMs: number): TickPlan | null {
		const state = asOf(this.#state, nowMs);
		const tickMs = nextTickMs(state, rules.intervalsMs(), atMs);
		if (tickMs === null) return null;
		const rulesVersion = rules.version;
		const begun = begin(state, { tickMs, begunMs: nowMs, rulesVersion });
		const homes = rules.homes();
		const alsoAsk = begun.lost ? new Set([...homes.keys(), ...rules.unsettled()]) : rules.unsettled();
		const plan = planOf(rules.list(), homes, alsoAsk, { tickMs, nowMs: atMs, rulesVersion });
		this.#save(begun.state);
		for (const known of this.#asked.keys()) if (!this.#isOpen(known)) this.#asked.delete(known);
		this.#asked.set(tickMs, new Set(plan.homes.map(({ home }) => home)));
		return plan;
	}

	/** Takes the report of a tick. Homes that did not answer, or still hold events, are asked at the next one. */
	end(rules: RuleBook, report: TickReport): void {
		const open = this.#state.open.find((one) => one.tickMs === report.tickMs);
		// Lost and given up, or ended already: the homes were, or will be, asked by another tick.
		if (open === undefined) return;
		const again = [...report.unreachable, ...(report.unsettled ?? [])];
		rules.settle(this.#asked.get(report.tickMs) ?? null, again, open.rulesVersion);
		this.#asked.delete(report.tickMs);
		this.#save(end(this.#state, report));
	}

	#isOpen(tickMs: number): boolean {
		return this.#state.open.some((one) => one.tickMs === tickMs);
	}

	#save(state: TickState): void {
		saveMeta(this.#sql, "tick", JSON.stringify(state));
		this.#state = state;
	}
}
