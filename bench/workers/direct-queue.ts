/**
 * Perdure itself, with a queue that hands every batch over at once, as many side by side as there are: the local one hands over one
 * batch at a time, whatever it takes, where Cloudflare's starts more consumers. Must change nothing else.
 */
import worker, { NotifierObject } from "../../src/index.ts";

// biome-ignore lint/performance/noBarrelFile: the platform takes the classes of its objects from the entry.
export { CatalogObject, MetricObject, Recorder } from "../../src/index.ts";

/** As wrangler.toml has it. */
const BATCH = 10;
let count = 0;

class DirectNotifier extends NotifierObject {
	constructor(ctx: DurableObjectState, env: Env) {
		super(ctx, { ...env, DELIVERIES: directQueue(ctx, env) });
	}
}

function directQueue(ctx: DurableObjectState, env: Env): Env["DELIVERIES"] {
	const sendBatch = async (sent: Iterable<MessageSendRequest<unknown>>): Promise<void> => {
		const messages = [...sent].map(({ body }) => ({
			id: String(count++),
			timestamp: new Date(),
			attempts: 1,
			body,
			ack: () => undefined,
			retry: () => undefined,
		}));
		while (messages.length > 0) {
			const batch = {
				queue: "direct",
				messages: messages.splice(0, BATCH),
				ackAll: () => undefined,
				retryAll: () => undefined,
			};
			ctx.waitUntil(Promise.resolve(worker.queue(batch as never, env, ctx as never)));
		}
	};
	return { sendBatch } as unknown as Env["DELIVERIES"];
}

export { DirectNotifier as NotifierObject };

export default worker;
