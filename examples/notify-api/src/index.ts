/** The Worker: its routes, its queue's consumer and its probes, all measured by one wrapper. */
import { withMonitoring } from "perdure/client";
import { deliverBatch } from "./deliver.ts";
import type { NotifyMessage } from "./message.ts";
import { monitorOf } from "./monitor.ts";
import { probeAll } from "./probe.ts";
import { ROUTES, router } from "./router.ts";

export default withMonitoring<NotifyEnv, NotifyMessage>(
	{
		fetch: (request, env, ctx) => router.fetch(request, env, ctx),
		queue: deliverBatch,
		scheduled: (_event, env) => probeAll(env),
	},
	{ monitor: monitorOf, environment: (env) => env.ENVIRONMENT, routes: ROUTES },
);
