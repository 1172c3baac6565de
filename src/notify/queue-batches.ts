/** Hand-outs as batches for the queue, within its bound on messages; each is a few bytes. Pure. */
import { QUEUE_BATCH_MESSAGES_MAX } from "../model/limits.ts";
import type { DeliveryMessage } from "../model/notification.ts";

/** The messages in order, in as few batches as the bound allows. */
export function queueBatches(messages: readonly DeliveryMessage[]): readonly (readonly DeliveryMessage[])[] {
	const batches: DeliveryMessage[][] = [];
	for (let from = 0; from < messages.length; from += QUEUE_BATCH_MESSAGES_MAX) {
		batches.push(messages.slice(from, from + QUEUE_BATCH_MESSAGES_MAX));
	}
	return batches;
}
