/** A metric: its name, its kind, and what the catalog knows of it. */
import { METRIC_NAME_CHARS_MAX, UNIT_CHARS_MAX } from "./limits.ts";

/**
 * counter: deltas are added. gauge: the last value counts. distribution: every value counts (quantiles). sampled: raw
 * points with their own times, chosen by the way in (remote write, recording rules), never by a caller's timestamp.
 */
export const METRIC_KINDS = ["counter", "gauge", "distribution", "sampled"] as const;
export type MetricKind = (typeof METRIC_KINDS)[number];

/** From `fromMs` on, a batch of this metric goes to one of `count` shards. The first entry holds since ever. */
export type ShardStep = { readonly fromMs: number; readonly count: number };

/** What the catalog knows of a metric. Times are Unix milliseconds. */
export type MetricInfo = {
	readonly name: string;
	readonly kind: MetricKind;
	readonly unit: string | null;
	readonly help: string | null;
	readonly shards: readonly ShardStep[];
	readonly firstSeenMs: number;
	readonly lastSeenMs: number;
};

/** Names that Perdure keeps for what it says of itself. */
export const SELF_PREFIX = "perdure.";

const UNIT = /^[^\p{Cc}\\]*$/u;
const NAME = /^[a-zA-Z_:][a-zA-Z0-9_.:/-]*$/;

/** What is wrong with a metric's name, or null. */
export function metricNameIssue(name: unknown): string | null {
	if (typeof name !== "string" || name === "") return "name must be a text such as 'api.response_time'";
	if (name.length > METRIC_NAME_CHARS_MAX)
		return `name has ${name.length} characters; the limit is ${METRIC_NAME_CHARS_MAX}`;
	if (!NAME.test(name)) return "name must begin with a letter, _ or : and go on with letters, digits and _ . : / -";
	return null;
}

/** What is wrong with a metric's name for one who records it, or null. */
export function recordedNameIssue(name: unknown): string | null {
	const issue = metricNameIssue(name);
	if (issue !== null) return issue;
	return (name as string).startsWith(SELF_PREFIX) ? `names that begin with '${SELF_PREFIX}' are Perdure's own` : null;
}

/** What is wrong with a unit, or null. */
export function unitIssue(unit: string): string | null {
	if (unit.length > UNIT_CHARS_MAX) return `unit has ${unit.length} characters; the limit is ${UNIT_CHARS_MAX}`;
	return UNIT.test(unit) ? null : "unit must be a text without control characters and backslashes";
}

/** The name as Prometheus can say it: characters outside [a-zA-Z0-9_:] read as '_'. */
export function prometheusName(name: string): string {
	return name.replace(/[^a-zA-Z0-9_:]/g, "_");
}
