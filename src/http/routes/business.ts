/** The application's own figures: messages, templates, users, what waits and how long it takes. */

import { settleWithin } from "../../lib/async.ts";
import { BUSINESS_WINDOW_MS_MAX, CHECK_TIMEOUT_MS, HOUR_MS } from "../../model/limits.ts";
import { ask, notifierStub } from "../../peers/stubs.ts";
import { businessAccount } from "../../query/business.ts";
import { businessBody, type Waiting } from "../../query/business-body.ts";
import { parseDuration } from "../parse.ts";
import { json, problem } from "../reply.ts";
import type { Call, Route } from "../route.ts";

export const BUSINESS_ROUTES: readonly Route[] = [
	{
		method: "GET",
		path: "/api/v1/business",
		access: "read",
		about: "messages, templates, users; ?window=24h",
		answer: show,
	},
];

async function show({ url, env, nowMs }: Call): Promise<Response> {
	const window = parseDuration(url, "window", "24h", HOUR_MS, BUSINESS_WINDOW_MS_MAX);
	if (!window.ok) return problem(window.failure);
	const [account, waiting] = await Promise.all([businessAccount(env.DB, window.value, nowMs), waitingOf(env)]);
	if (!account.ok) return problem(account.failure);
	return json(businessBody(account.value, window.value, waiting, nowMs));
}

/** Null where nobody answers: the rest of the figures does not depend on it. */
async function waitingOf(env: Env): Promise<Waiting> {
	const [queue, receivers] = await Promise.all([
		settleWithin(async () => (await env.DELIVERIES.metrics()).backlogCount, CHECK_TIMEOUT_MS),
		ask("the notifier", () => notifierStub(env).receivers(), CHECK_TIMEOUT_MS),
	]);
	return {
		backlog: queue.kind === "value" && Number.isFinite(queue.value) ? queue.value : null,
		pending: receivers.ok ? receivers.value.reduce((sum, { pending }) => sum + pending, 0) : null,
	};
}
