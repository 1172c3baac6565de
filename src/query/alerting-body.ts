/** Silences, groups and alerts as Perdure's own JSON shows them: in words, with every reason why something is quiet. Pure. */
import { formatDuration } from "../lib/duration.ts";
import { formatRfc3339 } from "../lib/rfc3339.ts";
import type { AlertView, GroupView, Listed } from "../model/alerting-rpc.ts";
import type { Silence } from "../model/routing.ts";
import { intervalWords } from "../routing/interval-words.ts";
import { matcherText } from "../routing/matcher-text.ts";
import { silenceState } from "../routing/silence-match.ts";
import { holdsAny } from "../routing/time-interval.ts";

export function ownSilenceBody(silence: Silence, nowMs: number) {
	const { id, matchers, recurring, remindBeforeMs, createdBy, comment } = silence;
	const state = silenceState(silence, nowMs);
	return {
		id,
		state,
		/** A recurring one is quiet between its intervals. */
		mutesNow: state === "active" && (recurring === null || holdsAny(recurring, nowMs)),
		matchers: matchers.map(matcherText),
		startsAt: formatRfc3339(silence.startsAtMs),
		endsAt: formatRfc3339(silence.endsAtMs),
		updatedAt: formatRfc3339(silence.updatedAtMs),
		createdBy,
		comment,
		recurring: recurring === null ? null : recurring.map(intervalWords),
		remindBefore: remindBeforeMs === null ? null : formatDuration(remindBeforeMs),
	};
}

/** `total` counts alerts; where it is more than are shown, the answer says that it was cut. */
export function ownGroupsBody({ items, shown, total }: Listed<GroupView>) {
	return { groups: items.map(ownGroupBody), truncated: shown < total, total };
}

function ownGroupBody(group: GroupView) {
	const { key, labels, receiver, alerts, acknowledged, escalated, nextLookMs } = group;
	return {
		key,
		labels,
		receiver,
		acknowledged:
			acknowledged === null
				? null
				: { by: acknowledged.by, comment: acknowledged.comment, at: formatRfc3339(acknowledged.atMs) },
		escalated,
		nextLook: nextLookMs === null ? null : formatRfc3339(nextLookMs),
		alerts: alerts.map(ownAlertBody),
	};
}

function ownAlertBody(alert: AlertView) {
	const { fingerprint, labels, annotations, state, mutedBy, receivers, generatorUrl } = alert;
	return {
		fingerprint,
		labels,
		annotations,
		state,
		mutedBy,
		receivers,
		startsAt: formatRfc3339(alert.startsAtMs),
		endsAt: alert.endsAtMs === null ? null : formatRfc3339(alert.endsAtMs),
		updatedAt: formatRfc3339(alert.updatedAtMs),
		generatorURL: generatorUrl,
	};
}
