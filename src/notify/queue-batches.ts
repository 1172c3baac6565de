/** Deliveries as batches for the queue, within its bounds on messages and bytes. Pure. */
import { QUEUE_BATCH_BYTES_MAX, QUEUE_BATCH_MESSAGES_MAX } from "../model/limits.ts";
import type { DeliveryMessage } from "../model/notification.ts";
import { encodeEvent } from "./fit-event.ts";

/** What a message costs besides its event. */
const ENVELOPE_BYTES = 2_000;

/** The messages in order, in as few batches as the bounds allow. */
export function queueBatches(messages: readonly DeliveryMessage[]): readonly (readonly DeliveryMessage[])[] {
	const batches: DeliveryMessage[][] = [];
	let current: DeliveryMessage[] = [];
	let bytes = 0;
	for (const message of messages) {
		// Structured clone takes one or two bytes a character.
		const size = 2 * encodeEvent(message.delivery.event).length + ENVELOPE_BYTES;
		if (current.length >= QUEUE_BATCH_MESSAGES_MAX || (current.length > 0 && bytes + size > QUEUE_BATCH_BYTES_MAX)) {
			batches.push(current);
			current = [];
			bytes = 0;
		}
		current.push(message);
		bytes += size;
	}
	if (current.length > 0) batches.push(current);
	return batches;
}
