/**
 * The receivers of this deployment, opened once from its variables and secrets. The only place of this room that looks
 * into them: secrets are not in the generated `Env`. A receiver with wrong settings is skipped, and says why.
 */
import type { Channel } from "../model/notification.ts";
import type { Receiver, Settings } from "./channels/channel.ts";
import { CHANNEL_ENTRIES } from "./channels/channels.ts";
import { ROUTED_RECEIVERS } from "./route.ts";

/** A receiver that a route may name. `receiver` is null when it is not configured, or wrongly: `problem` says which. */
export type ReceiverEntry = {
	readonly name: string;
	readonly channel: Channel | null;
	readonly receiver: Receiver | null;
	readonly problem: string | null;
};

export type Receivers = ReadonlyMap<string, ReceiverEntry>;

const opened = new WeakMap<object, Receivers>();

/** The receivers of an environment. Opened at the first call; the same afterwards. */
export function receiversOf(env: object): Receivers {
	const known = opened.get(env);
	if (known !== undefined) return known;
	const receivers = openReceivers(env as Settings);
	opened.set(env, receivers);
	return receivers;
}

/** Every receiver that the default route names, configured or not. */
export function openReceivers(settings: Settings): Receivers {
	const receivers = new Map<string, ReceiverEntry>();
	for (const name of ROUTED_RECEIVERS) receivers.set(name, { name, channel: null, receiver: null, problem: null });
	for (const entry of CHANNEL_ENTRIES) {
		const result = entry.open(settings);
		receivers.set(entry.receiver, {
			name: entry.receiver,
			channel: entry.channel,
			receiver: result.ok ? result.value : null,
			problem: result.ok ? null : result.failure,
		});
	}
	return receivers;
}
