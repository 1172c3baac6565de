/** The channels to those who are told. A receiver that is not configured is skipped and shown as not available. */
import type { ReceiverHealth } from "../../model/notification.ts";
import { notifierStub } from "../../peers/stubs.ts";
import type { Check, Health } from "../check.ts";

export const adapters: Check = {
	name: "adapters",
	componentType: "component",
	isVital: false,
	async run(env) {
		const receivers = await notifierStub(env).receivers();
		const parts = Object.fromEntries(receivers.map((receiver) => [receiver.receiver, part(receiver)]));
		const ill = receivers.filter((receiver) => statusOf(receiver) !== "healthy").length;
		if (ill === 0) return { status: "healthy", details: "Receivers take what is sent", parts };
		return { status: "degraded", details: `${ill} receivers do not take what is sent`, parts };
	},
};

/** Dead letters, or settings that were refused. */
function statusOf({ dead, problem }: ReceiverHealth): Health {
	return dead > 0 || (problem ?? null) !== null ? "degraded" : "healthy";
}

function part(receiver: ReceiverHealth) {
	const { configured, pending, dead, problem } = receiver;
	const figures = `${pending} pending, ${dead} dead`;
	return {
		status: statusOf(receiver),
		available: configured,
		details: problem ?? (configured ? figures : "not configured"),
	};
}
