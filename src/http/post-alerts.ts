/** Hands alerts of other senders over to the notifier, piece by piece. What it refuses gets its place in the body back. */
import type { PlacedAlert } from "../ingest/posted-alerts.ts";
import { ok, type Result } from "../lib/result.ts";
import type { Failure, Issue } from "../model/errors.ts";
import { ALERTS_PER_HANDOVER_MAX } from "../model/limits.ts";
import { ask, notifierStub, type ObjectEnv } from "../peers/stubs.ts";

/** After the durable write: what was refused. A failure half-way is harmless: the same alerts again change nothing. */
export async function handOver(
	env: ObjectEnv,
	alerts: readonly PlacedAlert[],
	place: string,
): Promise<Result<readonly Issue[], Failure>> {
	const issues: Issue[] = [];
	for (let from = 0; from < alerts.length; from += ALERTS_PER_HANDOVER_MAX) {
		const some = alerts.slice(from, from + ALERTS_PER_HANDOVER_MAX);
		const posted = await ask("notifier", () => notifierStub(env).postAlerts(some.map(({ alert }) => alert)));
		if (!posted.ok) return posted;
		if (!posted.value.ok) return posted.value;
		issues.push(...posted.value.value.issues.map((issue) => inBody(issue, some, place)));
	}
	return ok(issues);
}

/** `[2].labels` of what was handed over is `alerts[17].labels` of what came. */
function inBody(issue: Issue, alerts: readonly PlacedAlert[], place: string): Issue {
	const found = /^\[(\d+)\](.*)$/s.exec(issue.place);
	const at = alerts[Number(found?.[1])]?.at;
	return at === undefined ? issue : { place: `${place}[${at}]${found?.[2] ?? ""}`, reason: issue.reason };
}

/** Several issues in one line, the first ones by name. */
export function issuesLine(issues: readonly Issue[], max: number): string {
	const named = issues.slice(0, max).map(({ place, reason }) => (place === "" ? reason : `${place}: ${reason}`));
	return [...named, ...(issues.length > max ? [`and ${issues.length - max} more`] : [])].join("; ");
}
