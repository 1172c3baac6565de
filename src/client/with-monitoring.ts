/**
 * Wraps a Worker's handlers and records how they fare. What a handler answers is answered, what it throws is thrown on; a
 * fault of the monitoring reaches neither. The time of a request ends with its response's head, not with its body.
 */
import type { Labels } from "../model/labels.ts";
import { createEndpointOf, type EndpointOf, type EndpointOptions, OTHER_ENDPOINT } from "./endpoint.ts";
import { createMonitor, type Monitor } from "./monitor.ts";
import { oncePerEnv } from "./once-per-env.ts";
import { recordBacklog } from "./queue.ts";

export type MonitoringOptions<Env> = EndpointOptions & {
	/** Makes the monitor; called once in an isolate. */
	readonly monitor: (env: Env) => Monitor;
	/** The label `environment` on everything that is recorded here, such as `(env) => env.ENVIRONMENT`. */
	readonly environment?: string | ((env: Env) => string);
	/** Unix milliseconds. Default: the machine's clock. */
	readonly nowMs?: () => number;
};

/** Records the end of one event. `failed`: it threw. */
type Report = (monitor: Monitor, environment: Labels, durationMs: number, failed: boolean) => void;

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/**
 * `handler` with `fetch`, `scheduled` and `queue` measured; others (tail, email) as they are. Records
 * - fetch: `api.response_time` (ms), `api.requests`, `api.errors` (5xx or thrown); labels endpoint, method, status. A
 *   thrown error has the status "error";
 * - scheduled: `scheduled.duration` (ms), `scheduled.errors`; label cron;
 * - queue: `queue.delay` (ms from send to receipt), `queue.messages`, `queue.batch_time` (ms), `queue.errors`,
 *   `queue.backlog`; label queue.
 */
export function withMonitoring<Env, Message = unknown, Cf = unknown>(
	handler: ExportedHandler<Env, Message, Cf>,
	options: MonitoringOptions<Env>,
): ExportedHandler<Env, Message, Cf> {
	const watch = watcher(options);
	const endpointOf = createEndpointOf(options);
	// `in`, not a read: a router may be a proxy that answers to every name.
	return {
		...handler,
		...("fetch" in handler && { fetch: monitoredFetch(handler, watch, endpointOf) }),
		...("scheduled" in handler && { scheduled: monitoredScheduled(handler, watch) }),
		...("queue" in handler && { queue: monitoredQueue(handler, watch, options.nowMs ?? Date.now) }),
	};
}

type Watcher<Env> = <T>(
	env: Env,
	ctx: ExecutionContext,
	work: () => T | Promise<T>,
	report: (result: T | null) => Report,
) => Promise<T>;

function watcher<Env>(options: MonitoringOptions<Env>): Watcher<Env> {
	const nowMs = options.nowMs ?? Date.now;
	const monitorOf = oncePerEnv((env: Env) => attempt(() => options.monitor(env)) ?? createMonitor(null));
	const environmentOf = oncePerEnv((env: Env): Labels => {
		const { environment } = options;
		const name = attempt(() => (typeof environment === "function" ? environment(env) : environment));
		return typeof name === "string" ? { environment: name } : {};
	});
	return async (env, ctx, work, report) => {
		const startMs = nowMs();
		const end = (tell: Report, failed: boolean) =>
			attempt(() => tell(monitorOf(env).bind(ctx), environmentOf(env), nowMs() - startMs, failed));
		try {
			const result = await work();
			end(report(result), false);
			return result;
		} catch (thrown) {
			end(report(null), true);
			throw thrown;
		}
	};
}

function monitoredFetch<Env, Message, Cf>(
	handler: ExportedHandler<Env, Message, Cf>,
	watch: Watcher<Env>,
	endpointOf: EndpointOf,
): ExportedHandlerFetchHandler<Env, Cf> {
	return (request, env, ctx) =>
		watch(
			env,
			ctx,
			() => (handler.fetch as ExportedHandlerFetchHandler<Env, Cf>)(request, env, ctx),
			(response) => (monitor, environment, durationMs, failed) => {
				const status = failed ? "error" : String(response?.status);
				const endpoint = attempt(() => endpointOf(request as unknown as Request, status)) ?? OTHER_ENDPOINT;
				const method = METHODS.has(request.method) ? request.method : "OTHER";
				const labels = { endpoint, method, status, ...environment };
				monitor.record("api.response_time", durationMs, labels, { unit: "ms" });
				monitor.count("api.requests", 1, labels);
				if (failed || (response?.status ?? 0) >= 500) monitor.count("api.errors", 1, labels);
			},
		);
}

function monitoredScheduled<Env, Message, Cf>(
	handler: ExportedHandler<Env, Message, Cf>,
	watch: Watcher<Env>,
): ExportedHandlerScheduledHandler<Env> {
	return (controller, env, ctx) =>
		watch(
			env,
			ctx,
			() => (handler.scheduled as ExportedHandlerScheduledHandler<Env>)(controller, env, ctx),
			() => (monitor, environment, durationMs, failed) => {
				const labels = { cron: controller.cron, ...environment };
				monitor.record("scheduled.duration", durationMs, labels, { unit: "ms" });
				if (failed) monitor.count("scheduled.errors", 1, labels);
			},
		);
}

function monitoredQueue<Env, Message, Cf>(
	handler: ExportedHandler<Env, Message, Cf>,
	watch: Watcher<Env>,
	nowMs: () => number,
): ExportedHandlerQueueHandler<Env, Message> {
	return (batch, env, ctx) => {
		const arrivedMs = nowMs();
		return watch(
			env,
			ctx,
			() => (handler.queue as ExportedHandlerQueueHandler<Env, Message>)(batch, env, ctx),
			() => (monitor, environment, durationMs, failed) => {
				const labels = { queue: batch.queue, ...environment };
				for (const message of batch.messages) {
					// A message may be from a machine whose clock is ahead: a delay is never negative.
					const delayMs = Math.max(arrivedMs - message.timestamp.getTime(), 0);
					monitor.record("queue.delay", delayMs, labels, { unit: "ms" });
				}
				monitor.count("queue.messages", batch.messages.length, labels);
				monitor.record("queue.batch_time", durationMs, labels, { unit: "ms" });
				recordBacklog(monitor, batch, labels);
				if (failed) monitor.count("queue.errors", 1, { ...labels, operation: "consume" });
			},
		);
	};
}

let warned = false;

/** What `work` answers, or null: a fault in watching must not become a fault of what is watched. Said once an isolate. */
function attempt<T>(work: () => T): T | null {
	try {
		return work();
	} catch (thrown) {
		if (warned) return null;
		warned = true;
		console.warn(`perdure: monitoring failed: ${thrown instanceof Error ? thrown.name : typeof thrown}`);
		return null;
	}
}
