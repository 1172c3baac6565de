/**
 * Knobs for the demo: how slow and how faulty this API is. They live in the isolate and exist in development only; an API
 * of your own has no such file.
 */
import { type IRequest, StatusError } from "itty-router";
import * as v from "valibot";

const BehaviourSchema = v.object({
	/** Added to every request under /api and to every delivery, milliseconds. */
	latencyMs: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(10_000)), 0),
	/** The part of requests and deliveries that fail, 0 to 1. */
	errorRate: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0),
	/** The consumer stands still, so that the queue fills. */
	queuePaused: v.optional(v.boolean(), false),
});

type Behaviour = v.InferOutput<typeof BehaviourSchema>;

let current: Behaviour = { latencyMs: 0, errorRate: 0, queuePaused: false };

export function behaviour(): Behaviour {
	return current;
}

/** `POST /demo/behaviour`: what is left out goes back to harmless. */
export async function setBehaviour(request: IRequest, env: NotifyEnv): Promise<Behaviour> {
	if (env.DEVELOPMENT !== "true") throw new StatusError(404, "not found");
	const parsed = v.safeParse(BehaviourSchema, await request.json().catch(() => null));
	if (!parsed.success) throw new StatusError(400, parsed.issues[0].message);
	current = parsed.output;
	return current;
}

/** Stands before every route under /api. */
export async function misbehave(request: IRequest): Promise<void> {
	if (!new URL(request.url).pathname.startsWith("/api/")) return;
	await sleep(current.latencyMs);
	if (Math.random() < current.errorRate) throw new StatusError(500, "the demo asked for an error");
}

export async function sleep(ms: number): Promise<void> {
	if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}
