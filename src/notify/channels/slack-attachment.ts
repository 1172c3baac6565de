/** A message for Slack made by a receiver's own templates: Alertmanager's attachment, field by field. Pure. */
import { ok, type Result } from "../../lib/result.ts";
import { SLACK_FIELD_CHARS_MAX, SLACK_TEXT_CHARS_MAX, SLACK_TITLE_CHARS_MAX } from "../../model/limits.ts";
import type { Message } from "../../model/message.ts";
import type { TemplateSet } from "../../template/template-set.ts";
import { safeLink } from "./escape.ts";
import { expandFields, type Field } from "./expand.ts";
import type { SlackSettings } from "./slack-settings.ts";

/** Keys of which each makes the message one of templates, and Alertmanager's value for it when another is given. */
const CONTENT: Readonly<Record<string, string>> = {
	title: '{{ template "slack.default.title" . }}',
	title_link: '{{ template "slack.default.titlelink" . }}',
	pretext: '{{ template "slack.default.pretext" . }}',
	text: '{{ template "slack.default.text" . }}',
	fallback: '{{ template "slack.default.fallback" . }}',
	footer: '{{ template "slack.default.footer" . }}',
	callback_id: '{{ template "slack.default.callbackid" . }}',
	image_url: "",
	thumb_url: "",
};
const COLOR = '{{ if eq .Status "firing" }}danger{{ else }}good{{ end }}';
/** What Alertmanager marks as mrkdwn. */
const MRKDWN_IN = ["fallback", "pretext", "text"];
/** Keys that stand beside the content, of our own form too. */
const AROUND = ["channel", "username", "icon_emoji", "icon_url"] as const;

/** Whether the settings say what a message is made of. */
export function hasContent(settings: SlackSettings): boolean {
	return settings.fields !== undefined || Object.keys(CONTENT).some((key) => settings[key as "title"] !== undefined);
}

/** Every template of the settings by its place. */
export function slackTemplates(settings: SlackSettings): Readonly<Record<string, string | undefined>> {
	const found: Record<string, string | undefined> = { color: settings.color };
	for (const key of [...Object.keys(CONTENT), ...AROUND]) found[key] = settings[key as "title"];
	for (const [at, field] of (settings.fields ?? []).entries()) {
		found[`fields[${at}].title`] = field.title;
		found[`fields[${at}].value`] = field.value;
	}
	for (const [at, action] of (settings.actions ?? []).entries()) {
		for (const key of ["text", "url", "name", "value", "style"] as const) found[`actions[${at}].${key}`] = action[key];
	}
	return found;
}

/** The attachment of a message. */
export function slackAttachment(
	settings: SlackSettings,
	templates: TemplateSet,
	message: Message,
): Result<Readonly<Record<string, unknown>>, string> {
	const fields: Record<string, Field> = {
		color: { template: settings.color ?? COLOR, charsMax: SLACK_FIELD_CHARS_MAX },
	};
	for (const [key, byDefault] of Object.entries(CONTENT)) {
		const charsMax = key === "text" || key === "pretext" ? SLACK_TEXT_CHARS_MAX : SLACK_TITLE_CHARS_MAX;
		fields[key] = { template: settings[key as "title"] ?? byDefault, charsMax };
	}
	const rest = expandGiven(settings, templates, message);
	const content = expandFields(templates, fields, message);
	if (!content.ok) return content;
	if (!rest.ok) return rest;
	const given = Object.fromEntries(Object.entries(content.value).filter(([, value]) => value !== ""));
	const at = (place: string) => rest.value[place] ?? "";
	return ok({
		...given,
		fallback: given["fallback"] ?? given["title"] ?? "",
		mrkdwn_in: settings.mrkdwn_in ?? MRKDWN_IN,
		...(settings.fields === undefined
			? {}
			: {
					fields: settings.fields.map((field, i) => ({
						title: at(`fields[${i}].title`),
						value: at(`fields[${i}].value`),
						short: field.short ?? settings.short_fields ?? false,
					})),
				}),
		...(settings.actions === undefined
			? {}
			: { actions: settings.actions.map((action, i) => legacyAction(action, i, at)) }),
	});
}

/** Channel, user and icon of a message, as far as the settings name them; webhooks of newer apps ignore them. */
export function slackAround(
	settings: SlackSettings,
	templates: TemplateSet,
	message: Message,
): Result<Readonly<Record<string, unknown>>, string> {
	const fields: Record<string, Field> = {};
	for (const key of AROUND) {
		const template = settings[key];
		if (template !== undefined) fields[key] = { template, charsMax: SLACK_FIELD_CHARS_MAX };
	}
	const around = expandFields(templates, fields, message);
	if (!around.ok) return around;
	return ok({ ...around.value, ...(settings.link_names === undefined ? {} : { link_names: settings.link_names }) });
}

/** The buttons of our own form: those that lead somewhere. */
export function slackButtons(
	settings: SlackSettings,
	templates: TemplateSet,
	message: Message,
): Result<readonly { readonly type: string; readonly [key: string]: unknown }[], string> {
	const rest = expandGiven({ ...settings, fields: undefined }, templates, message);
	if (!rest.ok) return rest;
	return ok(
		(settings.actions ?? []).flatMap((action, at) => {
			const url = safeLink(rest.value[`actions[${at}].url`]);
			const style = action.style === "primary" || action.style === "danger" ? { style: action.style } : {};
			const text = { type: "plain_text", text: (rest.value[`actions[${at}].text`] ?? "").slice(0, 75) };
			return url === null || text.text === "" ? [] : [{ type: "button", text, url, ...style }];
		}),
	);
}

function legacyAction(
	action: NonNullable<SlackSettings["actions"]>[number],
	index: number,
	at: (place: string) => string,
): Readonly<Record<string, unknown>> {
	const of = (key: string) => at(`actions[${index}].${key}`);
	const common = { type: action.type, text: of("text"), style: of("style") };
	if (of("url") !== "") return { ...common, url: of("url") };
	const confirm = action.confirm === undefined ? {} : { confirm: action.confirm };
	return { ...common, name: of("name"), value: of("value"), ...confirm };
}

function expandGiven(
	settings: SlackSettings,
	templates: TemplateSet,
	message: Message,
): Result<Readonly<Record<string, string>>, string> {
	const fields: Record<string, Field> = {};
	for (const [place, template] of Object.entries(slackTemplates(settings))) {
		if (template !== undefined && /^(fields|actions)\[/.test(place)) {
			fields[place] = { template, charsMax: SLACK_FIELD_CHARS_MAX };
		}
	}
	return expandFields(templates, fields, message);
}
