/** The list of channels. A new one is a file beside this one and a line in the list. */
import type { ChannelEntry } from "./channel.ts";
import { logChannel } from "./log.ts";
import { webhookChannel } from "./webhook.ts";

export const CHANNEL_ENTRIES: readonly ChannelEntry[] = [webhookChannel, logChannel];
