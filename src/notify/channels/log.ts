/** Channel `log`: one structured line on the Worker's log. Always configured, so that nothing is ever said to nobody. */
import { ok } from "../../lib/result.ts";
import type { Delivery } from "../../model/notification.ts";
import type { ChannelEntry } from "./channel.ts";

export const logChannel: ChannelEntry = {
	channel: "log",
	receiver: "log",
	open: () =>
		ok({
			name: "log",
			channel: "log",
			render: (delivery) => JSON.stringify(alertLine(delivery)),
			async send(body) {
				console.log(body);
				return { kind: "delivered", httpStatus: null };
			},
		}),
};

/** The line of a delivery that died: the last word that is said of it, unless someone replays it. */
export function deadLine(delivery: Delivery, error: string): string {
	return JSON.stringify({
		...alertLine(delivery),
		level: "error",
		type: "delivery_dead",
		receiver: delivery.receiver,
		attempts: delivery.attempts,
		error,
	});
}

function alertLine(delivery: Delivery): object {
	const { event } = delivery;
	return {
		timestamp: new Date(event.atMs).toISOString(),
		level: event.kind === "firing" ? "warn" : "info",
		type: "alert",
		status: event.kind,
		message_id: delivery.id,
		alertname: event.alertname,
		labels: event.labels,
		annotations: event.annotations,
		value: Number.isFinite(event.value) ? event.value : String(event.value),
		startsAt: new Date(event.startsAtMs).toISOString(),
		endsAt: event.endsAtMs === null ? null : new Date(event.endsAtMs).toISOString(),
		reason: event.reason,
	};
}
