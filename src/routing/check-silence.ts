/** What is wrong with a silence that somebody wants, as Alertmanager would say, and by our bounds. Pure; stores nothing. */
import type { Issue } from "../model/errors.ts";
import {
	INTERVALS_PER_NAME_MAX,
	LABEL_NAME_CHARS_MAX,
	MATCHERS_PER_SILENCE_MAX,
	SILENCE_AUTHOR_CHARS_MAX,
	SILENCE_COMMENT_CHARS_MAX,
	SILENCE_VALUES_CHARS_MAX,
} from "../model/limits.ts";
import type { Matcher } from "../model/matcher.ts";
import type { Silence } from "../model/routing.ts";
import { compileMatcher, type RegexBook } from "./compiled-matcher.ts";

/** Every issue with its place, such as `matchers[1]`; none: it can be stored. An end that is past is wrong. */
export function checkSilence(silence: Omit<Silence, "id" | "updatedAtMs">, nowMs: number): readonly Issue[] {
	const { startsAtMs, endsAtMs, recurring, remindBeforeMs } = silence;
	const issues: Issue[] = [...checkMatchers(silence.matchers)];
	const complain = (place: string, reason: string): void => {
		issues.push({ place, reason });
	};
	for (const [place, ms] of [["startsAt", startsAtMs] as const, ["endsAt", endsAtMs] as const]) {
		if (!Number.isFinite(ms)) complain(place, "is no time");
	}
	if (startsAtMs >= endsAtMs) complain("endsAt", "start time must be before end time");
	else if (endsAtMs <= nowMs) complain("endsAt", "end time can't be in the past");
	const texts = [
		["createdBy", silence.createdBy, SILENCE_AUTHOR_CHARS_MAX],
		["comment", silence.comment, SILENCE_COMMENT_CHARS_MAX],
	] as const;
	for (const [place, text, max] of texts) {
		if (text.length > max) complain(place, `has ${text.length} characters; the limit is ${max}`);
	}
	if (recurring?.length === 0) complain("recurring", "an empty list never holds: leave it out");
	if (recurring !== null && recurring.length > INTERVALS_PER_NAME_MAX) {
		complain("recurring", `${recurring.length} intervals; the limit is ${INTERVALS_PER_NAME_MAX}`);
	}
	if (remindBeforeMs !== null && !(remindBeforeMs > 0)) complain("remindBefore", "must be longer than nothing");
	return issues;
}

function checkMatchers(matchers: readonly Matcher[]): readonly Issue[] {
	const place = "matchers";
	if (matchers.length === 0) return [{ place, reason: "at least one matcher is required" }];
	if (matchers.length > MATCHERS_PER_SILENCE_MAX) {
		return [{ place, reason: `${matchers.length} matchers; the limit is ${MATCHERS_PER_SILENCE_MAX}` }];
	}
	const chars = matchers.reduce((sum, { value }) => sum + value.length, 0);
	if (chars > SILENCE_VALUES_CHARS_MAX) {
		return [{ place, reason: `their values have ${chars} characters; the limit is ${SILENCE_VALUES_CHARS_MAX}` }];
	}
	const book: RegexBook = new Map();
	const issues: Issue[] = [];
	let acceptsEverything = true;
	for (const [i, matcher] of matchers.entries()) {
		const at = `matchers[${i}]`;
		const compiled = compileMatcher(matcher, book);
		if (matcher.name === "" || matcher.name.length > LABEL_NAME_CHARS_MAX) {
			issues.push({ place: at, reason: `a label name has 1 to ${LABEL_NAME_CHARS_MAX} characters` });
		}
		if (!compiled.ok) issues.push({ place: at, reason: compiled.failure });
		else if (!compiled.value.accepts("")) acceptsEverything = false;
	}
	if (acceptsEverything && issues.length === 0) {
		issues.push({
			place,
			reason: "at least one matcher must not match the empty string, or everything would be silent",
		});
	}
	return issues;
}
