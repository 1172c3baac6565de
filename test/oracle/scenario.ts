/**
 * The form of a scenario: a subtree of routes below `scenario="<name>"`, and what happens to its alerts second by second. All
 * scenarios live in one configuration file and are played side by side. Pure.
 */
import type { V2Matcher } from "../../bench/alertmanager-api.ts";

/** A route as `alertmanager.yml` has it. `receiver` is short: the scenario's name goes before it. */
export type RouteYaml = {
	readonly receiver?: string;
	readonly matchers?: readonly string[];
	readonly match?: Readonly<Record<string, string>>;
	readonly match_re?: Readonly<Record<string, string>>;
	readonly group_by?: readonly string[];
	readonly group_wait?: string;
	readonly group_interval?: string;
	readonly repeat_interval?: string;
	readonly continue?: boolean;
	readonly mute_time_intervals?: readonly string[];
	readonly active_time_intervals?: readonly string[];
	readonly routes?: readonly RouteYaml[];
};

/** One webhook of a receiver. */
export type HookYaml = { readonly send_resolved?: boolean; readonly max_alerts?: number };

export type InhibitYaml = {
	readonly source_matchers: readonly string[];
	readonly target_matchers: readonly string[];
	readonly equal?: readonly string[];
};

/** An alert that is posted. Times are seconds of the scenario's clock; `ends` null: not said; left out: far away. */
export type Said = {
	readonly labels: Readonly<Record<string, string>>;
	readonly annotations?: Readonly<Record<string, string>>;
	readonly starts?: number;
	readonly ends?: number | null;
	readonly generatorURL?: string;
};

/** `as` names it within the scenario: one put again under the same name changes it. */
export type SilenceSaid = {
	readonly as: string;
	readonly matchers: readonly V2Matcher[];
	readonly starts?: number;
	readonly ends: number;
};

export type Step = { readonly at: number } & (
	| { readonly post: readonly Said[] }
	| { readonly silence: SilenceSaid }
	| { readonly expire: string }
);

export type Scenario = {
	readonly name: string;
	readonly about: string;
	readonly route: RouteYaml;
	/** By short name; one plain webhook each where nothing is said. */
	readonly receivers?: Readonly<Record<string, readonly HookYaml[]>>;
	readonly inhibit?: readonly InhibitYaml[];
	readonly steps: readonly Step[];
	/** What the webhook answers to each sender's requests, in order; 200 when the list is over. */
	readonly answers?: readonly number[];
	/** Seconds after the last step in which something may still come. */
	readonly listenS?: number;
	/** Why the two are not alike here, on purpose: a line of the README's compatibility table; and all that may differ. */
	readonly deviation?: { readonly why: string; readonly only: RegExp };
};

/** Group by alert name, first message after a second, then at most every three, no repeats. */
export const CALM: RouteYaml = {
	group_by: ["alertname"],
	group_wait: "1s",
	group_interval: "3s",
	repeat_interval: "1h",
};

export function alert(alertname: string, more: Readonly<Record<string, string>> = {}, rest: Omit<Said, "labels"> = {}) {
	return { labels: { alertname, ...more }, ...rest } satisfies Said;
}

export function equal(name: string, value: string): V2Matcher {
	return { name, value, isRegex: false, isEqual: true };
}

export function regex(name: string, value: string, isEqual = true): V2Matcher {
	return { name, value, isRegex: true, isEqual };
}
