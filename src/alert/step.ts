/**
 * From a verdict to a state and to what has to be told. Pure: the clock comes in, the event goes out; the caller writes
 * state, event and outbox row in one transaction, or none of them. Nothing in here remembers anything.
 */
import type { AlertMemory, AlertState, ResolveReason, Verdict } from "../model/alert.ts";
import type { Rule } from "../model/rule.ts";

/** The parts of a rule that its states depend on. */
export type Timing = Pick<Rule, "forMs" | "keepFiringForMs" | "cooldownMs" | "noData">;

/** What has to be told of one alert; event.ts makes an AlertEvent of it. */
export type News = {
	readonly kind: "firing" | "resolved";
	/** Of this event; the state that comes with it has the same. */
	readonly sequence: number;
	readonly startsAtMs: number;
	/** The tick. */
	readonly atMs: number;
	readonly value: number;
	/** Why it ended; of a firing only "no data", when the policy `alert` is what makes it fire. */
	readonly reason: ResolveReason | null;
};

export type Step = { readonly state: AlertState; readonly news: News | null };

type Pending = Extract<AlertState, { kind: "pending" }>;
type Firing = Extract<AlertState, { kind: "firing" }>;

/** The state of an alert that was never seen. */
export const UNSEEN: AlertState = { kind: "inactive", toldMs: null, sequence: 0 };

/**
 * Moves one alert by one evaluation. A tick that is not newer than what the state tells of changes nothing, so the same
 * tick may come twice. Returns the same object when nothing changed: then nothing has to be written.
 */
export function step(state: AlertState, verdict: Verdict, rule: Timing, nowMs: number): Step {
	if (nowMs <= latestMs(state)) return { state, news: null };
	if (verdict.kind === "breached") return breach(state, verdict.value, null, rule, nowMs);
	if (verdict.kind === "ok") return calm(state, "recovered", rule, nowMs);
	if (verdict.kind === "vanished") return calm(state, "vanished", rule, nowMs);
	if (rule.noData === "ok") return calm(state, "no data", rule, nowMs);
	if (rule.noData === "alert") return breach(state, lastValue(state), "no data", rule, nowMs);
	// keep: no timer moves, but a firing that the cooldown held back is told when its time has come.
	return state.kind === "firing" ? tell(state, null, rule, nowMs) : { state, news: null };
}

/** Ends an alert whose rule was deleted or got other labels. What fires is resolved at once, whatever keeps it firing. */
export function endByRuleChange(state: AlertState, nowMs: number): Step {
	return end(state, "rule changed", nowMs);
}

/** Lifts the cooldown, for the news that started it reached nobody: the next firing is told at once. */
export function liftCooldown(state: AlertState): AlertState {
	return state.toldMs === null ? state : { ...state, toldMs: null };
}

/**
 * Whether a state may be deleted: it is inactive and its cooldown is over. The sequence starts again, which is harmless:
 * the next event has another start.
 */
export function isForgettable(state: AlertState, rule: Pick<Timing, "cooldownMs">, nowMs: number): boolean {
	return state.kind === "inactive" && !isCooling(state, rule, nowMs);
}

function breach(state: AlertState, value: number, reason: "no data" | null, rule: Timing, nowMs: number): Step {
	if (state.kind === "firing") {
		const same = state.value === value && state.keptSinceMs === null;
		return tell(same ? state : { ...state, value, keptSinceMs: null }, reason, rule, nowMs);
	}
	const sinceMs = state.kind === "pending" ? state.sinceMs : nowMs;
	if (nowMs - sinceMs >= rule.forMs) {
		const { toldMs, sequence } = state;
		const fired: Firing = {
			kind: "firing",
			toldMs,
			sequence,
			sinceMs,
			startsAtMs: nowMs,
			value,
			told: false,
			keptSinceMs: null,
		};
		return tell(fired, reason, rule, nowMs);
	}
	if (state.kind === "pending" && state.value === value) return { state, news: null };
	const pending: Pending = { kind: "pending", ...memoryOf(state), sinceMs, value };
	return { state: pending, news: null };
}

/** Not breached: a pending alert is forgotten, a firing one ends, after `keep_firing_for` if the rule has one. */
function calm(state: AlertState, reason: ResolveReason, rule: Timing, nowMs: number): Step {
	if (state.kind !== "firing") return end(state, reason, nowMs);
	const keptSinceMs = state.keptSinceMs ?? nowMs;
	if (nowMs - keptSinceMs >= rule.keepFiringForMs) return end(state, reason, nowMs);
	return tell(state.keptSinceMs === null ? { ...state, keptSinceMs } : state, null, rule, nowMs);
}

/** Tells a firing that was not told yet, unless the cooldown of the one before still runs. */
function tell(state: Firing, reason: "no data" | null, rule: Timing, nowMs: number): Step {
	if (state.told || isCooling(state, rule, nowMs)) return { state, news: null };
	const sequence = state.sequence + 1;
	const { startsAtMs, value } = state;
	return {
		state: { ...state, told: true, toldMs: nowMs, sequence },
		news: { kind: "firing", sequence, startsAtMs, atMs: nowMs, value, reason },
	};
}

/** Makes an alert inactive; nobody is told the end of a firing that nobody was told of. */
function end(state: AlertState, reason: ResolveReason, nowMs: number): Step {
	if (state.kind === "inactive") return { state, news: null };
	const { toldMs, sequence } = state;
	if (state.kind === "pending" || !state.told) return { state: { kind: "inactive", toldMs, sequence }, news: null };
	const { startsAtMs, value } = state;
	return {
		state: { kind: "inactive", toldMs, sequence: sequence + 1 },
		news: { kind: "resolved", sequence: sequence + 1, startsAtMs, atMs: nowMs, value, reason },
	};
}

function isCooling(memory: AlertMemory, rule: Pick<Timing, "cooldownMs">, nowMs: number): boolean {
	return memory.toldMs !== null && nowMs - memory.toldMs < rule.cooldownMs;
}

/** The last tick that left a trace in the state. */
function latestMs(state: AlertState): number {
	const toldMs = state.toldMs ?? Number.NEGATIVE_INFINITY;
	if (state.kind === "inactive") return toldMs;
	if (state.kind === "pending") return Math.max(toldMs, state.sinceMs);
	return Math.max(toldMs, state.startsAtMs, state.keptSinceMs ?? state.startsAtMs);
}

function lastValue(state: AlertState): number {
	return state.kind === "inactive" ? 0 : state.value;
}

function memoryOf({ toldMs, sequence }: AlertMemory): AlertMemory {
	return { toldMs, sequence };
}
