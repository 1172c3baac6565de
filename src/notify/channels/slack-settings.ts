/** The settings of Alertmanager's slack_configs, as far as they mean something to an incoming webhook. */
import * as v from "valibot";
import { flag, httpConfig, listOf, spoken, text } from "./settings.ts";

const confirm = v.strictObject({
	text,
	title: v.optional(text),
	ok_text: v.optional(text),
	dismiss_text: v.optional(text),
});

export const slackSettings = v.strictObject({
	...spoken,
	api_url: v.optional(text),
	api_url_file: v.optional(text),
	http_config: v.optional(httpConfig),
	channel: v.optional(text),
	username: v.optional(text),
	icon_emoji: v.optional(text),
	icon_url: v.optional(text),
	link_names: v.optional(flag),
	color: v.optional(text),
	title: v.optional(text),
	title_link: v.optional(text),
	pretext: v.optional(text),
	text: v.optional(text),
	fallback: v.optional(text),
	footer: v.optional(text),
	callback_id: v.optional(text),
	image_url: v.optional(text),
	thumb_url: v.optional(text),
	short_fields: v.optional(flag),
	fields: v.optional(listOf(v.strictObject({ title: text, value: text, short: v.optional(flag) }))),
	actions: v.optional(
		listOf(
			v.strictObject({
				type: text,
				text,
				url: v.optional(text),
				name: v.optional(text),
				value: v.optional(text),
				style: v.optional(text),
				confirm: v.optional(confirm),
			}),
		),
	),
	mrkdwn_in: v.optional(listOf(text)),
});
export type SlackSettings = v.InferOutput<typeof slackSettings>;
