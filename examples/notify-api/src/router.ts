/** The routes. Nothing here speaks of monitoring: index.ts wraps all of it. */
import { type IRequest, json, Router, StatusError, withParams } from "itty-router";
import { createLogger } from "perdure/client";
import * as v from "valibot";
import { misbehave, setBehaviour, sleep } from "./behaviour.ts";
import { type NotifyMessage, SendRequestSchema } from "./message.ts";
import { monitorOf, queueOf } from "./monitor.ts";
import { loadMessage, loadUser, saveMessage } from "./store.ts";

/** The patterns that become the label `endpoint`; the router below has the same. */
export const ROUTES = [
	"/api/send-notification",
	"/api/notifications/:id",
	"/api/users/:id",
	"/api/slow",
	"/api/fail",
	"/demo/behaviour",
];

const SLOW_MS_MAX = 10_000;

export const router = Router<IRequest, [NotifyEnv, ExecutionContext]>({
	before: [withParams, misbehave],
	catch: answerError,
	finally: [(answer: unknown) => (answer === undefined ? json({ error: "not found" }, { status: 404 }) : json(answer))],
});

router
	.post("/api/send-notification", sendNotification)
	.get("/api/notifications/:id", async ({ params }, env) => found(await loadMessage(env, params["id"] ?? "")))
	.get("/api/users/:id", async ({ params }, env) => found(await loadUser(env, params["id"] ?? "")))
	.get("/api/slow", async ({ query }) => {
		const ms = Math.min(Math.max(Number(query["ms"] ?? 0) || 0, 0), SLOW_MS_MAX);
		await sleep(ms);
		return { sleptMs: ms };
	})
	.get("/api/fail", ({ query }) => {
		if (Math.random() < Number(query["rate"] ?? 1)) throw new StatusError(500, "you asked for it");
		return { failed: false };
	})
	.post("/demo/behaviour", setBehaviour);

async function sendNotification(request: IRequest, env: NotifyEnv): Promise<Response> {
	const parsed = v.safeParse(SendRequestSchema, await request.json().catch(() => null));
	if (!parsed.success) {
		const issue = parsed.issues[0];
		throw new StatusError(400, `${v.getDotPath(issue) ?? "body"}: ${issue.message}`);
	}
	const message: NotifyMessage = { ...parsed.output, messageId: crypto.randomUUID(), acceptedMs: Date.now() };
	await saveMessage(env, message);
	await queueOf(env).send(message);
	return json({ messageId: message.messageId, status: "pending" }, { status: 202 });
}

function found<T>(thing: T | null): T {
	if (thing === null) throw new StatusError(404, "not found");
	return thing;
}

/** What the caller did wrong is told to the caller; what we did wrong is told to the log. */
function answerError(thrown: unknown, request: IRequest, env: NotifyEnv): Response {
	if (thrown instanceof StatusError) return json({ error: thrown.message }, { status: thrown.status });
	const logger = createLogger({ context: { service: "notify-api", method: request.method }, monitor: monitorOf(env) });
	logger.error("request failed", thrown);
	return json({ error: "internal error" }, { status: 500 });
}
