/** What comes off the queue, looked at once: the version before or after may have written it. */
import * as v from "valibot";
import type { DeliveryMessage } from "../model/notification.ts";

const message = v.looseObject({
	deliveryId: v.string(),
	attempt: v.pipe(v.number(), v.integer(), v.minValue(1)),
	delivery: v.looseObject({
		id: v.string(),
		receiver: v.string(),
		channel: v.string(),
		createdMs: v.number(),
		event: v.looseObject({
			id: v.string(),
			kind: v.picklist(["firing", "resolved"]),
			alertname: v.string(),
			labels: v.record(v.string(), v.string()),
			annotations: v.record(v.string(), v.string()),
			startsAtMs: v.number(),
			atMs: v.number(),
		}),
	}),
});

/** The message, or null when it is none of ours: nobody waits for its outcome. */
export function parseDeliveryMessage(body: unknown): DeliveryMessage | null {
	return v.is(message, body) ? (body as unknown as DeliveryMessage) : null;
}
