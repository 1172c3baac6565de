/** Under local development and in tests only: a clock that moves, and a tick on demand. On a deployment they do not exist. */
import * as v from "valibot";
import { moveClock, nowMs } from "../../lib/clock.ts";
import { DAY_MS } from "../../model/limits.ts";
import { runTick } from "../../peers/tick.ts";
import { parseJsonBody } from "../parse.ts";
import { json, problem } from "../reply.ts";
import type { Call, Route } from "../route.ts";

const Clock = v.strictObject({
	offsetMs: v.pipe(v.number(), v.safeInteger(), v.minValue(-365 * DAY_MS), v.maxValue(365 * DAY_MS)),
});

export const DEV_ROUTES: readonly Route[] = [
	{
		method: "PUT",
		path: "/api/v1/dev/clock",
		access: "admin",
		about: "development: moves the clock; {offsetMs}",
		answer: inDevelopment(putClock),
	},
	{
		method: "POST",
		path: "/api/v1/dev/tick",
		access: "admin",
		about: "development: runs the ticks that are due; ?time=",
		answer: inDevelopment(tick),
	},
];

function inDevelopment(answer: (call: Call) => Promise<Response>): Route["answer"] {
	return async (call) =>
		call.config.development ? answer(call) : problem({ code: "not_found", what: "such endpoint" });
}

async function putClock({ request, config }: Call): Promise<Response> {
	const wish = await parseJsonBody(request, Clock);
	if (!wish.ok) return problem(wish.failure);
	moveClock(wish.value.offsetMs, config.development);
	return json({ offsetMs: wish.value.offsetMs, now: new Date(nowMs()).toISOString() });
}

async function tick({ url, env, nowMs: now }: Call): Promise<Response> {
	const text = url.searchParams.get("time");
	const timeMs = text === null ? now : Number(text);
	if (!Number.isSafeInteger(timeMs)) {
		return problem({ code: "invalid", issues: [{ place: "time", reason: "it must be Unix milliseconds" }] });
	}
	return json({ ticks: await runTick(env, timeMs, { by: "cron", clock: nowMs }) });
}
