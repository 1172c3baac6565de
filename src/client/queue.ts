/** A queue's producer that measures itself. The answer to a send tells the backlog, so no call is made for it. */
import type { Clock } from "./clock.ts";
import { intercept, watched } from "./intercept.ts";
import type { Meter } from "./meter.ts";

export type QueueOptions = {
	/** The queue's name, for the label `queue`: a binding does not know it. */
	readonly name?: string;
};

/** `queue`, measured. Labels: `queue` if named; `operation` "send" on errors, to tell them from a consumer's. */
export function monitorQueue<Body>(
	queue: Queue<Body>,
	meter: Meter,
	clock: Clock,
	options: QueueOptions = {},
): Queue<Body> {
	const labels: Record<string, string> = options.name === undefined ? {} : { queue: options.name };
	const send = async <T>(count: number, work: () => Promise<T>): Promise<T> => {
		const answer = await watched(clock.nowMs, work, (durationMs, failed) => {
			meter.record("queue.send_time", durationMs, labels, { unit: "ms" });
			if (failed) meter.count("queue.errors", 1, { ...labels, operation: "send" });
			else meter.count("queue.sent", count, labels);
		});
		recordBacklog(meter, answer, labels);
		return answer;
	};
	return intercept(queue, {
		send: (...args: Parameters<Queue<Body>["send"]>) => send(1, () => queue.send(...args)),
		sendBatch: (messages: Iterable<MessageSendRequest<Body>>, sendOptions?: QueueSendBatchOptions) => {
			const all = [...messages];
			return send(all.length, () => queue.sendBatch(all, sendOptions));
		},
		metrics: async () => {
			const metrics = await queue.metrics();
			recordBacklog(meter, { metadata: { metrics } }, labels);
			return metrics;
		},
	});
}

/** Sets the gauge `queue.backlog` (messages) if `source` tells it: a send's answer or a consumer's batch does, of late. */
export function recordBacklog(meter: Meter, source: unknown, labels: Record<string, string>): void {
	const { metadata } = (source ?? {}) as { readonly metadata?: { readonly metrics?: Partial<QueueMetrics> } };
	const count = metadata?.metrics?.backlogCount;
	if (typeof count === "number" && Number.isFinite(count)) meter.gauge("queue.backlog", count, labels);
}
