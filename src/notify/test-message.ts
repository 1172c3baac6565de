/** The message of `notify test`: shows that a receiver is reached, and says that it is a test. Pure. */
import { fingerprint } from "../model/fingerprint.ts";
import type { Message } from "../model/message.ts";

export function testMessage(receiver: string, nowMs: number): Message {
	const labels = { alertname: "PerdureTest", severity: "info" };
	const annotations = { summary: `A test of receiver '${receiver}': nothing is wrong.` };
	return {
		receiver,
		status: "firing",
		groupKey: `{}:{alertname="PerdureTest", receiver=${JSON.stringify(receiver)}}`,
		groupLabels: { alertname: "PerdureTest" },
		commonLabels: labels,
		commonAnnotations: annotations,
		alerts: [
			{
				fingerprint: fingerprint(labels),
				status: "firing",
				labels,
				annotations,
				startsAtMs: nowMs,
				endsAtMs: null,
				generatorUrl: "",
				value: null,
				reason: null,
			},
		],
		truncatedAlerts: 0,
		externalUrl: "",
		cause: "test",
		coalesced: 1,
		createdMs: nowMs,
	};
}
