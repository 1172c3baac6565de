/** Silences for people and scripts: recurring ones, and a reminder before one ends, which Alertmanager's API does not have. */
import * as v from "valibot";
import { parseDuration } from "../../lib/duration.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { parseRfc3339 } from "../../lib/rfc3339.ts";
import { uuid4 } from "../../lib/uuid4.ts";
import type { SilenceWish } from "../../model/alerting-rpc.ts";
import { type Failure, type Issue, invalid } from "../../model/errors.ts";
import { MATCHERS_CHARS_MAX, MATCHERS_PER_SILENCE_MAX } from "../../model/limits.ts";
import { ask, notifierStub } from "../../peers/stubs.ts";
import { ownSilenceBody } from "../../query/alerting-body.ts";
import { compareSilences } from "../../query/alertmanager-body.ts";
import { parseOneMatcher } from "../../routing/matcher-text.ts";
import { silenceState } from "../../routing/silence-match.ts";
import { parseTimeIntervals } from "../../routing/time-words.ts";
import { parseFilter } from "../alerts-query.ts";
import { parseJsonBody } from "../parse.ts";
import { json, problem } from "../reply.ts";
import type { Call, Route } from "../route.ts";

const PATH = "/api/v1/silences";
const STATES: readonly string[] = ["active", "pending", "expired"];

const time = v.pipe(
	v.string(),
	v.rawTransform<string, number>(({ dataset, addIssue, NEVER }) => {
		const ms = parseRfc3339(dataset.value);
		if (ms !== null) return ms;
		addIssue({ message: "must be a time such as 2026-01-31T12:00:00Z" });
		return NEVER;
	}),
);
const duration = v.pipe(
	v.string(),
	v.rawTransform<string, number>(({ dataset, addIssue, NEVER }) => {
		const ms = parseDuration(dataset.value);
		if (ms.ok) return ms.value;
		addIssue({ message: ms.failure });
		return NEVER;
	}),
);
const Wish = v.strictObject({
	id: v.optional(v.nullable(v.string()), null),
	matchers: v.pipe(v.array(v.pipe(v.string(), v.maxLength(MATCHERS_CHARS_MAX))), v.maxLength(MATCHERS_PER_SILENCE_MAX)),
	startsAt: v.optional(v.nullable(time), null),
	endsAt: v.optional(v.nullable(time), null),
	duration: v.optional(v.nullable(duration), null),
	createdBy: v.pipe(v.string(), v.minLength(1)),
	comment: v.pipe(v.string(), v.minLength(1)),
	recurring: v.optional(v.nullable(v.unknown()), null),
	remindBefore: v.optional(v.nullable(duration), null),
});

export const SILENCE_ROUTES: readonly Route[] = [
	{ method: "GET", path: PATH, access: "read", about: "silences; ?filter=&state=active,pending", answer: list },
	{
		method: "POST",
		path: PATH,
		access: "admin",
		about: "{matchers, endsAt|duration, createdBy, comment, startsAt?, recurring?, remindBefore?, id?}",
		answer: add,
	},
	{ method: "DELETE", path: `${PATH}/:id`, access: "admin", about: "ends a silence now", answer: expire },
];

async function list({ url, env, nowMs }: Call): Promise<Response> {
	const states = url.searchParams.get("state")?.split(",") ?? STATES;
	if (!states.every((state) => STATES.includes(state))) {
		return problem(invalid("state", `it must be of ${STATES.join(", ")}, with commas between them`));
	}
	const matchers = parseFilter(url);
	if (!matchers.ok) return problem(matchers.failure);
	const found = await ask("notifier", () => notifierStub(env).silences(matchers.value));
	const silences = found.ok ? found.value : found;
	if (!silences.ok) return problem(silences.failure);
	const wanted = silences.value.filter((silence) => states.includes(silenceState(silence, nowMs)));
	const sorted = [...wanted].sort((a, b) => compareSilences(a, b, nowMs));
	return json({ silences: sorted.map((silence) => ownSilenceBody(silence, nowMs)) });
}

async function add({ request, env, nowMs }: Call): Promise<Response> {
	const body = await parseJsonBody(request, Wish);
	const wish = body.ok ? wishOf(body.value, nowMs) : body;
	if (!wish.ok) return problem(wish.failure);
	const newId = uuid4(crypto.getRandomValues(new Uint8Array(16)));
	const saved = await ask("notifier", () => notifierStub(env).putSilence({ ...wish.value, newId }));
	if (!saved.ok) return problem(saved.failure);
	return saved.value.ok ? json({ id: saved.value.value }, 201) : problem(saved.value.failure);
}

async function expire({ params, env }: Call): Promise<Response> {
	const id = params["id"] ?? "";
	const ended = await ask("notifier", () => notifierStub(env).expireSilence(id));
	if (!ended.ok) return problem(ended.failure);
	return ended.value.ok ? json({ expired: id }) : problem(ended.value.failure);
}

/** Whether it makes sense is asked where it is kept. */
function wishOf(body: v.InferOutput<typeof Wish>, nowMs: number): Result<SilenceWish, Failure> {
	const issues: Issue[] = [];
	const matchers = body.matchers.flatMap((text, i) => {
		const matcher = parseOneMatcher(text);
		if (matcher.ok) return [matcher.value];
		issues.push({ place: `matchers[${i}]`, reason: matcher.failure });
		return [];
	});
	const recurring = body.recurring === null ? ok(null) : parseTimeIntervals(body.recurring);
	if (!recurring.ok) {
		issues.push(...recurring.failure.map(({ place, reason }) => ({ place: `recurring${place}`, reason })));
	}
	const startsAtMs = body.startsAt ?? nowMs;
	const { endsAt, duration: length } = body;
	if ((endsAt === null) === (length === null)) {
		issues.push({ place: "endsAt", reason: "say when it ends: either endsAt, or duration (such as 2h)" });
	}
	if (!recurring.ok || issues.length > 0) return err({ code: "invalid", issues });
	return ok({
		id: body.id,
		matchers,
		startsAtMs,
		endsAtMs: endsAt ?? startsAtMs + (length ?? 0),
		createdBy: body.createdBy,
		comment: body.comment,
		recurring: recurring.value,
		remindBeforeMs: body.remindBefore,
	});
}
