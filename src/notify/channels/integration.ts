/**
 * What a channel is: it checks the settings of one integration, and makes something of them that renders a message and
 * sends it once. A channel never retries by itself, never throws, and never logs or returns a URL or a secret.
 */

import type { Result } from "../../lib/result.ts";
import type { Channel } from "../../model/channel.ts";
import type { Issue } from "../../model/errors.ts";
import type { Message } from "../../model/message.ts";
import type { Outcome } from "../../model/notification.ts";
import type { TemplateSet } from "../../template/template-set.ts";

/** What a channel may use of the world for one attempt. */
export type ChannelIo = {
	readonly fetch: typeof fetch;
	/** The real clock, Unix milliseconds: receivers check signatures against theirs. */
	readonly nowMs: number;
	readonly timeoutMs: number;
	/** Binding that sends mail; null: this deployment has none. */
	readonly email: SendEmail | null;
};

/** One attempt: the rendered body, and what stays the same over all attempts of a delivery. */
export type Attempt = {
	/** Id of the delivery: the idempotency key for receivers that take one. */
	readonly id: string;
	readonly body: string;
	readonly groupKey: string;
	readonly status: Message["status"];
};

/** A receiver's integration, ready to send. Its secrets live in its closures, where nothing can print them. */
export interface Integration {
	readonly channel: Channel;
	/** The body of a message, within the channel's own limits; the same for every attempt. Pure. */
	render(message: Message): string;
	send(attempt: Attempt, io: ChannelIo): Promise<Outcome>;
	/** Looks whether the receiver can be reached, without a word to anybody: what it can show is its scope. */
	test(io: ChannelIo): Promise<Trial>;
}

/**
 * What a test can show. account: the service knows the token. chat: it knows the bot and the chat. host, hook, events: somebody
 * answers at the address; not whether its key (in the URL of a hook, in the events themselves) is right. binding: the deployment
 * can send mail to addresses of this form. nothing: there is no way to test.
 */
export type TrialScope = "account" | "chat" | "host" | "hook" | "events" | "binding" | "nothing";

/** How a test went; `delivered` means that what its scope says is well. */
export type Trial = Outcome & { readonly scope: TrialScope };

export type Language = "en" | "zh";

/** What a channel needs to check settings. */
export type OpenContext = {
	/** The `global` section of the configuration file. */
	readonly global: Readonly<Record<string, unknown>>;
	/** A variable or secret of the deployment by its name: `url_file: NAME` and the like mean these. */
	readonly secret: (name: string) => string | null;
	/** Http and loopback addresses are allowed: development only. */
	readonly loopback: boolean;
	readonly language: Language;
	/** Named templates; each channel's defaults are added to them by the channel. */
	readonly templates: TemplateSet;
};

export type ChannelEntry = {
	readonly channel: Channel;
	/** The key in a receiver of the configuration file, such as `slack_configs`. */
	readonly configKey: string;
	/** Keys that are known and have no effect here, with the reason: a warning each, never silence. */
	readonly unused: Readonly<Record<string, string>>;
	/** The integration out of one mapping; every issue has the place within it, such as `api_url`. */
	readonly open: (
		settings: Readonly<Record<string, unknown>>,
		context: OpenContext,
	) => Result<Integration, readonly Issue[]>;
	/** The mapping that variables and secrets of the deployment stand for (RECEIVER_...); null: not configured. */
	readonly fromEnvironment: (variables: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>> | null;
};
