/** The Worker's entries. It names its objects and hands every event to the room that knows it. */
import { handleRequest } from "./http/router.ts";
import { receiveTail } from "./ingest/tail.ts";
import { runJobs } from "./jobs/scheduled.ts";
import { deliver } from "./notify/deliver.ts";

// biome-ignore lint/performance/noBarrelFile: the platform takes the classes of its objects from the entry.
export { CatalogObject } from "./catalog/catalog-object.ts";
export { Recorder } from "./ingest/rpc.ts";
export { MetricObject } from "./metric/metric-object.ts";
export { NotifierObject } from "./notify/notifier-object.ts";

export default {
	fetch(request, env, ctx): Promise<Response> {
		return handleRequest(request, env, ctx);
	},
	scheduled(controller, env, ctx): Promise<void> {
		return runJobs(controller.scheduledTime, env, (promise) => ctx.waitUntil(promise));
	},
	tail(events, env, ctx): void {
		receiveTail(events, env, ctx);
	},
	queue(batch, env, ctx): Promise<void> {
		return deliver(batch, env, ctx);
	},
} satisfies ExportedHandler<Env>;
