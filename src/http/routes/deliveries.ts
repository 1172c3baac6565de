/** Notifications on their way, and those that died on it: to look at, and to try again. */
import { DELIVERIES_PER_ANSWER_MAX } from "../../model/limits.ts";
import type { Delivery, DeliveryState } from "../../model/notification.ts";
import { ask, notifierStub } from "../../peers/stubs.ts";
import { iso } from "../../query/metric-body.ts";
import { parseCount } from "../parse.ts";
import { json, problem } from "../reply.ts";
import type { Call, Route } from "../route.ts";

const STATES: readonly string[] = ["pending", "sending", "delivered", "dead"] satisfies DeliveryState[];

export const DELIVERY_ROUTES: readonly Route[] = [
	{
		method: "GET",
		path: "/api/v1/deliveries",
		access: "read",
		about: "notifications; ?state=dead&limit=",
		answer: list,
	},
	{
		method: "POST",
		path: "/api/v1/deliveries/:id/replay",
		access: "admin",
		about: "tries a dead one again",
		answer: replay,
	},
	{
		method: "GET",
		path: "/api/v1/receivers",
		access: "read",
		about: "receivers, and how they fare",
		answer: receivers,
	},
];

async function list({ url, env }: Call): Promise<Response> {
	const state = url.searchParams.get("state");
	if (state !== null && !STATES.includes(state)) {
		return problem({ code: "invalid", issues: [{ place: "state", reason: `it must be one of ${STATES.join(", ")}` }] });
	}
	const limit = parseCount(url, "limit", 100, DELIVERIES_PER_ANSWER_MAX);
	if (!limit.ok) return problem(limit.failure);
	const found = await ask("notifier", () => notifierStub(env).deliveries(state as DeliveryState | null, limit.value));
	return found.ok ? json({ deliveries: found.value.map(deliveryBody) }) : problem(found.failure);
}

async function replay({ env, params }: Call): Promise<Response> {
	const id = params["id"] ?? "";
	const answer = await ask("notifier", () => notifierStub(env).replay(id));
	if (!answer.ok) return problem(answer.failure);
	return answer.value.ok ? json({ replayed: id }) : problem(answer.value.failure);
}

async function receivers({ env }: Call): Promise<Response> {
	const found = await ask("notifier", () => notifierStub(env).receivers());
	if (!found.ok) return problem(found.failure);
	return json({
		receivers: found.value.map(({ lastDeliveredMs, ...rest }) => {
			return { ...rest, lastDelivered: lastDeliveredMs === null ? null : iso(lastDeliveredMs) };
		}),
	});
}

export function deliveryBody({ createdMs, nextMs, saidId: _said, ...rest }: Delivery) {
	return { ...rest, createdAt: iso(createdMs), nextAt: iso(nextMs) };
}
