/** The list of channels. A new one is a file beside this one and a line in the list. */
import { emailChannel } from "./email.ts";
import type { ChannelEntry } from "./integration.ts";
import { larkChannel } from "./lark.ts";
import { logChannel } from "./log-channel.ts";
import { pagerdutyChannel } from "./pagerduty.ts";
import { slackChannel } from "./slack.ts";
import { telegramChannel } from "./telegram.ts";
import { webhookChannel } from "./webhook-v4.ts";

export const CHANNEL_ENTRIES: readonly ChannelEntry[] = [
	logChannel,
	webhookChannel,
	emailChannel,
	slackChannel,
	larkChannel,
	telegramChannel,
	pagerdutyChannel,
];
