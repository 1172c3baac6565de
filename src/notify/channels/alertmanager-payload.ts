/** A delivery in the shape of Alertmanager's webhook, version 4, so that receivers people already wrote keep working. Pure. */
import { fingerprint } from "../../alert/fingerprint.ts";
import type { Labels } from "../../model/labels.ts";
import type { Delivery } from "../../model/notification.ts";

/** What Alertmanager writes while an alert fires: the zero time of Go. */
const NO_END = "0001-01-01T00:00:00Z";

/** The payload with one alert in its list: each alert is a group of its own. */
export function alertmanagerPayload(delivery: Delivery): object {
	const { event } = delivery;
	return {
		version: "4",
		groupKey: `{}:${labelText(event.labels)}`,
		truncatedAlerts: 0,
		status: event.kind,
		receiver: delivery.receiver,
		groupLabels: event.labels,
		commonLabels: event.labels,
		commonAnnotations: event.annotations,
		externalURL: "",
		alerts: [
			{
				status: event.kind,
				labels: event.labels,
				annotations: event.annotations,
				startsAt: new Date(event.startsAtMs).toISOString(),
				endsAt: event.endsAtMs === null ? NO_END : new Date(event.endsAtMs).toISOString(),
				generatorURL: "",
				fingerprint: fingerprint(event.labels),
			},
		],
	};
}

function labelText(labels: Labels): string {
	const names = Object.keys(labels).sort();
	return `{${names.map((name) => `${name}=${JSON.stringify(labels[name])}`).join(", ")}}`;
}
