/**
 * What a channel is: it opens a receiver from the settings, and the receiver makes one call and says how it went. A
 * channel never retries by itself, never throws, and never logs or returns a URL or a secret.
 */
import type { Result } from "../../lib/result.ts";
import type { Channel, Delivery, Outcome } from "../../model/notification.ts";

/** Variables and secrets of the deployment, not yet looked at. */
export type Settings = Readonly<Record<string, unknown>>;

/** What a channel may use of the world. */
export type ChannelIo = {
	readonly fetch: typeof fetch;
	/** The real clock: receivers check signatures against theirs. */
	readonly nowMs: number;
	readonly timeoutMs: number;
};

/** A configured receiver. Its secrets live in its closures, where nothing can print them. */
export interface Receiver {
	readonly name: string;
	readonly channel: Channel;
	/** The body of a message: the same for every attempt. */
	render(delivery: Delivery): string;
	/** One attempt with a rendered body. */
	send(body: string, delivery: Delivery, io: ChannelIo): Promise<Outcome>;
}

export type ChannelEntry = {
	readonly channel: Channel;
	/** Name of the receiver that the default route knows. */
	readonly receiver: string;
	/** Null: not configured. The failure says what is wrong, without any of the values. */
	readonly open: (settings: Settings) => Result<Receiver | null, string>;
};
