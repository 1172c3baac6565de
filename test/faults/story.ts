/**
 * What happens to the watched application in part B, step by step, and what must be told of it. A step is ten minutes, `for` and the
 * cooldowns lie between two steps: a tick that a kill took with it and that comes some minutes later changes no step.
 */
import { MINUTE_MS } from "../../src/model/limits.ts";

export const STEP_MS = 10 * MINUTE_MS;

/**
 * LEVEL: two label sets, `for` and a cooldown. ERRORS: a counter of which only the last digit counts, 5 to 9 is a breach: one
 * batch counted twice, or not at all, turns calm into alarm.
 */
export const RULES = `groups:
  - name: faults
    rules:
      - alert: LEVEL
        expr: max by (site) (last_over_time(fault_level[30m])) > 10
        for: 15m
        labels: { severity: critical }
        annotations: { perdure_cooldown: 55m, summary: "level of {{ $labels.site }}" }
      - alert: ERRORS
        expr: sum by (site) (fault_errors) % 10 > 4
        labels: { severity: critical }
        annotations: { perdure_cooldown: 25m }
`;

/** One receiver, each alert by itself and at once, and no reminders: a step is longer than most people's patience. */
export const routes = (url: string, secret: string): string => `route:
  receiver: hook
  group_by: ["..."]
  group_wait: 0s
  group_interval: 1ms
  repeat_interval: 1000h
receivers:
  - name: hook
    webhook_configs:
      - url: ${url}
        secret: ${secret}
`;

export type Step = {
	/** Gauge fault.level by site. */
	readonly a: number;
	readonly b: number;
	/** Added to the counter fault.errors of site a. */
	readonly errors: number;
	/** Somebody is told something. */
	readonly tells: boolean;
	/** The states in which a kill of this step finds alerts. */
	readonly during: readonly ("pending" | "firing" | "cooldown" | "held back")[];
};

const CALM = 1;
const HIGH = 20;

export const STORY: readonly Step[] = [
	{ a: CALM, b: CALM, errors: 10, tells: false, during: [] },
	{ a: HIGH, b: CALM, errors: 10, tells: false, during: ["pending"] },
	{ a: HIGH, b: CALM, errors: 5, tells: true, during: ["pending", "firing"] },
	{ a: HIGH, b: HIGH, errors: 5, tells: true, during: ["pending", "firing", "cooldown"] },
	{ a: CALM, b: HIGH, errors: 5, tells: true, during: ["pending", "cooldown", "held back"] },
	{ a: HIGH, b: HIGH, errors: 10, tells: true, during: ["pending", "firing", "cooldown"] },
	{ a: HIGH, b: CALM, errors: 5, tells: true, during: ["pending", "cooldown"] },
	{ a: HIGH, b: HIGH, errors: 10, tells: false, during: ["pending", "cooldown", "held back"] },
	{ a: HIGH, b: HIGH, errors: 10, tells: false, during: ["pending", "cooldown", "held back"] },
	{ a: HIGH, b: HIGH, errors: 10, tells: true, during: ["firing", "cooldown", "held back"] },
	{ a: CALM, b: CALM, errors: 10, tells: true, during: ["cooldown"] },
];

/** What is told: by alert and site, in this order. `step` is that of `startsAt`. */
export type Told = { readonly status: "firing" | "resolved"; readonly step: number };

export const EXPECTED: Readonly<Record<string, readonly Told[]>> = {
	"LEVEL a": [
		{ status: "firing", step: 3 },
		{ status: "resolved", step: 3 },
		// Breached again in the cooldown: fires at step 7, told when the cooldown is over.
		{ status: "firing", step: 7 },
		{ status: "resolved", step: 7 },
	],
	// The second one fires within the cooldown and ends in it: nobody is told of either.
	"LEVEL b": [
		{ status: "firing", step: 5 },
		{ status: "resolved", step: 5 },
	],
	"ERRORS a": [
		{ status: "firing", step: 2 },
		{ status: "resolved", step: 2 },
		{ status: "firing", step: 4 },
		{ status: "resolved", step: 4 },
	],
};
