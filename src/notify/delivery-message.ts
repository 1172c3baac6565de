/** What comes off the queue, looked at once: the version before or after may have written it. */
import * as v from "valibot";
import type { DeliveryMessage } from "../model/notification.ts";

const message = v.looseObject({
	deliveryId: v.string(),
	attempt: v.pipe(v.number(), v.integer(), v.minValue(1)),
});

/** The message, or null when it is none of ours: nobody waits for its outcome. */
export function parseDeliveryMessage(body: unknown): DeliveryMessage | null {
	return v.is(message, body) ? { deliveryId: body.deliveryId, attempt: body.attempt } : null;
}
