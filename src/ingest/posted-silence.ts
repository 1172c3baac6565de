/** The body of Alertmanager's `POST /api/v2/silences`. Pure; whether the silence makes sense is asked where it is kept. */
import { err, ok } from "../lib/result.ts";
import { parseRfc3339 } from "../lib/rfc3339.ts";
import type { Issue } from "../model/errors.ts";
import { MATCHERS_PER_SILENCE_MAX } from "../model/limits.ts";
import type { Matcher, MatchOp } from "../model/matcher.ts";
import type { Silence } from "../model/routing.ts";
import { type Read, readText, recordOf, wrong } from "./posted-json.ts";

/** What Alertmanager knows of a silence. `id`: the one in whose place it comes; null: a new one. */
export type PostedSilence = Pick<Silence, "matchers" | "startsAtMs" | "endsAtMs" | "createdBy" | "comment"> & {
	readonly id: string | null;
};

/** The silence, or everything that is wrong with its form. Members that nobody knows are passed over. */
export function readPostedSilence(input: unknown): Read<PostedSilence> {
	const fields = recordOf(input);
	if (fields === null) return wrong("", "must be a silence: a map with matchers, startsAt, endsAt, createdBy, comment");
	const id = readText(fields["id"], "id");
	const matchers = readMatchers(fields["matchers"]);
	const startsAt = readTime(fields["startsAt"], "startsAt");
	const endsAt = readTime(fields["endsAt"], "endsAt");
	const createdBy = readRequired(fields["createdBy"], "createdBy");
	const comment = readRequired(fields["comment"], "comment");
	const parts = [id, matchers, startsAt, endsAt, createdBy, comment];
	if (!id.ok || !matchers.ok || !startsAt.ok || !endsAt.ok || !createdBy.ok || !comment.ok) {
		return err(parts.flatMap((part): readonly Issue[] => (part.ok ? [] : part.failure)));
	}
	return ok({
		id: id.value === "" ? null : id.value,
		matchers: matchers.value,
		startsAtMs: startsAt.value,
		endsAtMs: endsAt.value,
		createdBy: createdBy.value,
		comment: comment.value,
	});
}

function readMatchers(input: unknown): Read<readonly Matcher[]> {
	if (!Array.isArray(input) || input.length === 0) return wrong("matchers", "at least one matcher is required");
	if (input.length > MATCHERS_PER_SILENCE_MAX) {
		return wrong("matchers", `${input.length} matchers; the limit is ${MATCHERS_PER_SILENCE_MAX}`);
	}
	const matchers: Matcher[] = [];
	for (const [i, item] of input.entries()) {
		const matcher = readMatcher(item, `matchers[${i}]`);
		if (!matcher.ok) return matcher;
		matchers.push(matcher.value);
	}
	return ok(matchers);
}

/** `isEqual` came later than the others: who does not know it means yes. */
function readMatcher(input: unknown, place: string): Read<Matcher> {
	const fields = recordOf(input) ?? {};
	const { name, value, isRegex = false, isEqual = true } = fields as Readonly<Record<string, unknown>>;
	if (typeof name !== "string" || typeof value !== "string") return wrong(place, "must have a name and a value");
	if (typeof isRegex !== "boolean" || typeof isEqual !== "boolean") {
		return wrong(place, "isRegex and isEqual must be true or false");
	}
	const op: MatchOp = isRegex ? (isEqual ? "=~" : "!~") : isEqual ? "=" : "!=";
	return ok({ name: name.toWellFormed(), op, value: value.toWellFormed() });
}

function readTime(input: unknown, place: string): Read<number> {
	const ms = typeof input === "string" ? parseRfc3339(input) : null;
	return ms === null ? wrong(place, "must be a time such as 2026-01-31T12:00:00Z") : ok(ms);
}

/** It may be empty, but not left out. */
function readRequired(input: unknown, place: string): Read<string> {
	return typeof input === "string" ? readText(input, place) : wrong(place, "is required");
}
