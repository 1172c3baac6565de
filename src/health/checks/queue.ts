/** The queue executes sends. The notifier keeps what is to be said, so a failing queue delays and loses nothing. */
import { QUEUE_BACKLOG_MAX } from "../../model/limits.ts";
import type { Check } from "../check.ts";

export const queue: Check = {
	name: "queue",
	componentType: "component",
	isVital: false,
	async run(env) {
		const { backlogCount } = await env.DELIVERIES.metrics();
		const figures = { backlog: backlogCount };
		if (backlogCount <= QUEUE_BACKLOG_MAX)
			return { status: "healthy", details: "Queue is processing normally", figures };
		return { status: "degraded", details: `more than ${QUEUE_BACKLOG_MAX} messages wait`, figures };
	},
};
