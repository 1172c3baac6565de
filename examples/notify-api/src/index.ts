/** The Worker: its routes and its queue's consumer, both measured by one wrapper. */
import { withMonitoring } from "perdure/client";
import { deliverBatch } from "./deliver.ts";
import type { NotifyMessage } from "./message.ts";
import { monitorOf } from "./monitor.ts";
import { ROUTES, router } from "./router.ts";

export default withMonitoring<NotifyEnv, NotifyMessage>(
	{
		fetch: (request, env, ctx) => router.fetch(request, env, ctx),
		queue: deliverBatch,
	},
	{ monitor: monitorOf, environment: (env) => env.ENVIRONMENT, routes: ROUTES },
);
