/**
 * Channel `pagerduty`: Events API v2. One incident a group: its key is the hash of the group's key, so that a message
 * that comes twice changes nothing and the resolved one ends it. Key and group are added when it is sent, never rendered.
 */
import * as v from "valibot";
import { PAGERDUTY_FIELD_CHARS_MAX, PAGERDUTY_SUMMARY_CHARS_MAX } from "../../model/limits.ts";
import type { Message } from "../../model/message.ts";
import type { Outcome } from "../../model/notification.ts";
import type { TemplateSet } from "../../template/template-set.ts";
import { expandFields, type Field } from "./expand.ts";
import { sha256Hex } from "./hash.ts";
import { authHeaders } from "./http-config.ts";
import { httpOutcome } from "./http-outcome.ts";
import type { Attempt, ChannelEntry, ChannelIo, Language } from "./integration.ts";
import { type OwnFields, pagerdutyEvent } from "./pagerduty-event.ts";
import { call, deadline, parseAnswer, safeWords } from "./post.ts";
import { reach } from "./reach.ts";
import {
	guarded,
	HTTP_CONFIG_UNUSED,
	httpConfig,
	listOf,
	readSettings,
	SettingsReader,
	settingsFrom,
	spoken,
	text,
	texts,
} from "./settings.ts";
import { tellStory } from "./story.ts";

const pagerdutySettings = v.strictObject({
	...spoken,
	url: v.optional(text),
	routing_key: v.optional(text),
	routing_key_file: v.optional(text),
	service_key: v.optional(
		v.never("Events API v1 is not supported: give the routing_key of an Events API v2 integration"),
	),
	service_key_file: v.optional(v.never("Events API v1 is not supported: give routing_key_file")),
	description: v.optional(text),
	client: v.optional(text),
	client_url: v.optional(text),
	source: v.optional(text),
	severity: v.optional(text),
	class: v.optional(text),
	component: v.optional(text),
	group: v.optional(text),
	details: v.optional(texts),
	images: v.optional(listOf(v.strictObject({ src: text, alt: v.optional(text), href: v.optional(text) }))),
	links: v.optional(listOf(v.strictObject({ href: text, text: v.optional(text) }))),
	http_config: v.optional(httpConfig),
});
type PagerdutySettings = v.InferOutput<typeof pagerdutySettings>;

const API = "https://events.pagerduty.com/v2/enqueue";
const SHORT = ["client", "client_url", "source", "severity", "class", "component", "group"] as const;

export const pagerdutyChannel: ChannelEntry = {
	channel: "pagerduty",
	configKey: "pagerduty_configs",
	unused: HTTP_CONFIG_UNUSED,
	open(settings, context) {
		const read = readSettings(pagerdutySettings, settings);
		if (!read.ok) return read;
		const reader = new SettingsReader(context);
		const key = reader.secret(read.value, "routing_key");
		if (key === null && reader.issues.length === 0) reader.complain("routing_key", "is missing");
		const own = read.value.url;
		const global = context.global["pagerduty_url"];
		const address = own ?? (typeof global === "string" ? global : API);
		const url = reader.url(address, own === undefined ? "global.pagerduty_url" : "url");
		const headers = authHeaders(reader, read.value.http_config);
		reader.templates(
			Object.fromEntries(Object.entries(fieldsOf(read.value)).map(([name, { template }]) => [name, template])),
		);
		const language = read.value.language ?? context.language;
		return reader.done(() => {
			if (key === null || url === null) return null;
			return {
				channel: "pagerduty",
				render: (message) => render(read.value, context.templates, language, message),
				send: (attempt, io) => guarded(io, () => enqueue(url, headers, key, attempt, io)),
				// A key cannot be tried without an event, and an event is an incident.
				test: (io) => reach(url, "events", io),
			};
		});
	},
	fromEnvironment: (variables) => settingsFrom(variables, { routing_key: "RECEIVER_PAGERDUTY_KEY" }),
};

/** Every template of the settings by its place. */
function fieldsOf(settings: PagerdutySettings): Record<string, Field> {
	const fields: Record<string, Field> = {};
	const add = (place: string, template: string | undefined, charsMax = PAGERDUTY_FIELD_CHARS_MAX): void => {
		if (template !== undefined) fields[place] = { template, charsMax };
	};
	add("description", settings.description, PAGERDUTY_SUMMARY_CHARS_MAX);
	for (const key of SHORT) add(key, settings[key], key === "client_url" ? 2_000 : PAGERDUTY_FIELD_CHARS_MAX);
	for (const [name, template] of Object.entries(settings.details ?? {})) add(`details.${name}`, template, 20_000);
	for (const [at, image] of (settings.images ?? []).entries()) {
		for (const key of ["src", "alt", "href"] as const) add(`images[${at}].${key}`, image[key], 2_000);
	}
	for (const [at, link] of (settings.links ?? []).entries()) {
		for (const key of ["href", "text"] as const) add(`links[${at}].${key}`, link[key], 2_000);
	}
	return fields;
}

function render(settings: PagerdutySettings, templates: TemplateSet, language: Language, message: Message): string {
	const made = expandFields(templates, fieldsOf(settings), message);
	const own: OwnFields = {
		texts: made.ok ? made.value : {},
		details: made.ok ? Object.keys(settings.details ?? {}) : [],
		images: made.ok ? (settings.images?.length ?? 0) : 0,
		links: made.ok ? (settings.links?.length ?? 0) : 0,
	};
	return pagerdutyEvent(tellStory(message, language, made.ok ? null : made.failure), message, own);
}

async function enqueue(
	url: URL,
	headers: Readonly<Record<string, string>>,
	key: string,
	attempt: Attempt,
	io: ChannelIo,
): Promise<Outcome> {
	const keys = JSON.stringify({ routing_key: key, dedup_key: await sha256Hex(attempt.groupKey) });
	const body = `${keys.slice(0, -1)},${attempt.body.slice(1)}`;
	const reply = await call(io, deadline(io), { url, headers, body, read: true });
	if (!reply.ok) return reply.failure;
	const outcome = httpOutcome(reply.value.status, null, io.nowMs);
	if (outcome.kind === "retry") return { ...outcome, retryAfterMs: reply.value.retryAfterMs };
	if (outcome.kind === "never")
		return { ...outcome, why: outcome.why + safeWords(parseAnswer(reply.value.text)?.["message"]) };
	return outcome;
}
