/**
 * The Worker as tests run it: src/index.ts itself, except that what its events leave running is known. A test file must not
 * begin while the one before it still has something on its way. It changes nothing of what an event does.
 */
import worker from "../src/index.ts";
import { running } from "./running.ts";

// biome-ignore lint/performance/noBarrelFile: the platform takes the classes of its objects from the entry.
export { CatalogObject, MetricObject, NotifierObject, Recorder } from "../src/index.ts";

function watched<T extends Promise<unknown>>(promise: T): T {
	running.add(promise);
	const end = (): void => void running.delete(promise);
	promise.then(end, end);
	return promise;
}

/** The event's own context, whose `waitUntil` is watched. */
function watching(ctx: ExecutionContext): ExecutionContext {
	const waitUntil = ctx.waitUntil.bind(ctx);
	ctx.waitUntil = (promise) => waitUntil(watched(Promise.resolve(promise)));
	return ctx;
}

export default {
	fetch: (request, env, ctx) => watched(worker.fetch(request, env, watching(ctx))),
	scheduled: (controller, env, ctx) => watched(worker.scheduled(controller, env, watching(ctx))),
	tail: (events, env, ctx) => worker.tail(events, env, watching(ctx)),
	queue: (batch, env, ctx) => watched(worker.queue(batch, env, watching(ctx))),
} satisfies ExportedHandler<Env>;
