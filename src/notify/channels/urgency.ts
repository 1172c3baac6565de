/** How urgent the word of a `severity` label is, in the four steps that services know. Pure. */

/** Most urgent first. */
export const URGENCIES = ["critical", "error", "warning", "info"] as const;
export type Urgency = (typeof URGENCIES)[number];

const STEPS: readonly (readonly [Urgency, readonly string[]])[] = [
	["critical", ["critical", "crit", "page", "emergency", "fatal", "disaster", "p0"]],
	["error", ["error", "err", "major", "high", "p1"]],
	["warning", ["warning", "warn", "minor", "average", "p2"]],
	["info", ["info", "information", "informational", "notice", "none", "low", "debug", "p3", "p4"]],
];
const BY_WORD: ReadonlyMap<string, Urgency> = new Map(
	STEPS.flatMap(([urgency, words]) => words.map((word) => [word, urgency] as const)),
);

/** The step of a severity; `error` for one that is missing or unknown, as PagerDuty receivers of Alertmanager have it. */
export function urgencyOf(severity: string | undefined): Urgency {
	return BY_WORD.get(severity?.trim().toLowerCase() ?? "") ?? "error";
}
