/**
 * Two reports of one alert become one, as in Alertmanager's types.Alert.Merge: the earliest start holds while they overlap
 * in time, the latest report gives the words and the end. Pure.
 */

/** What is known of an alert beside its words. Unix milliseconds; `endsAtMs` null: until it is said to have ended. */
export type Span = {
	readonly startsAtMs: number;
	readonly endsAtMs: number | null;
	readonly updatedAtMs: number;
	/** The end is a guess: nobody said it, it follows from the last report. */
	readonly isTimeout: boolean;
};

/** `next` came after `known`. An alert that had ended before `next` began is another one: `next` stands alone. */
export function mergeSpan(known: Span, next: Span, nowMs: number): Span {
	if (!overlaps(known, next)) return next;
	const startsAtMs = Math.min(known.startsAtMs, next.startsAtMs);
	const knownEndsMs = endOf(known);
	const nextEndsMs = endOf(next);
	if (nextEndsMs <= nowMs) {
		const isLater = knownEndsMs <= nowMs && knownEndsMs > nextEndsMs;
		return { ...next, startsAtMs, endsAtMs: isLater ? known.endsAtMs : next.endsAtMs };
	}
	const holds = knownEndsMs > nextEndsMs && !known.isTimeout;
	return { ...next, startsAtMs, endsAtMs: holds ? known.endsAtMs : next.endsAtMs };
}

/** Whether an alert has ended at a time. */
export function isResolved({ endsAtMs }: Pick<Span, "endsAtMs">, nowMs: number): boolean {
	return endsAtMs !== null && endsAtMs <= nowMs;
}

function overlaps(known: Span, next: Span): boolean {
	const [knownEndsMs, nextEndsMs] = [endOf(known), endOf(next)];
	return (
		(nextEndsMs > known.startsAtMs && nextEndsMs < knownEndsMs) ||
		(next.startsAtMs > known.startsAtMs && next.startsAtMs < knownEndsMs)
	);
}

function endOf({ endsAtMs }: Pick<Span, "endsAtMs">): number {
	return endsAtMs ?? Number.POSITIVE_INFINITY;
}
