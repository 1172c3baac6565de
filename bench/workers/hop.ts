/** Calls many objects of Perdure as a tick does, with nothing to evaluate: what the hops alone cost. */
import { mapBounded } from "../../src/lib/async.ts";
import { FANOUT_CONCURRENCY_MAX } from "../../src/model/limits.ts";
import type { MetricApi } from "../../src/model/metric-rpc.ts";

type HopEnv = { readonly METRIC: { getByName(name: string): MetricApi } };

/** A tick older than all others is refused, so that nothing is read or written. */
const NOTHING = { tickMs: 0, rulesVersion: 0, rules: [], allRuleIds: [] };

export default {
	async fetch(request: Request, env: HopEnv): Promise<Response> {
		const url = new URL(request.url);
		const prefix = url.searchParams.get("prefix");
		if (prefix === null) return new Response("ok");
		const names = Array.from({ length: Number(url.searchParams.get("count")) }, (_, i) => `${prefix}${i}`);
		const answers = await mapBounded(names, FANOUT_CONCURRENCY_MAX, (name) =>
			env.METRIC.getByName(name).evaluate(NOTHING),
		);
		return Response.json({ answers: answers.length });
	},
};
