/** A mail for one message: subject, both forms of its body, headers. Pure. The receiver's templates, or our own form. */
import {
	EMAIL_HEADER_BYTES_MAX,
	EMAIL_PART_BYTES_MAX,
	EMAIL_SUBJECT_CHARS_MAX,
	EMAIL_TEMPLATE_CHARS_MAX,
} from "../../model/limits.ts";
import type { Message } from "../../model/message.ts";
import type { TemplateSet } from "../../template/template-set.ts";
import { clipBytes, oneLine } from "./clip.ts";
import { emailHtml } from "./email-html.ts";
import { emailText } from "./email-text.ts";
import { expandFields, type Field } from "./expand.ts";
import type { Language } from "./integration.ts";
import { tellStory } from "./story.ts";

/** What a mail is made of; a template that is not given is null, an empty one leaves that form of the body out. */
export type MailTemplates = {
	readonly subject: string | null;
	readonly html: string | null;
	readonly text: string | null;
	readonly headers: Readonly<Record<string, string>>;
};

export type Mail = {
	readonly subject: string;
	readonly html?: string;
	readonly text?: string;
	readonly headers: Readonly<Record<string, string>>;
};

/** The mail of a message; the thread's headers are added when it is sent. */
export function makeMail(own: MailTemplates, templates: TemplateSet, language: Language, message: Message): Mail {
	const made = expandFields(templates, fieldsOf(own), message);
	const story = tellStory(message, language, made.ok ? null : made.failure);
	const texts: Readonly<Record<string, string>> = made.ok ? made.value : {};
	const html = texts["html"] ?? emailHtml(story);
	const text = texts["text"] ?? emailText(story);
	const headers = Object.keys(own.headers).flatMap((name) => {
		const value = clipBytes((texts[`headers.${name}`] ?? "").replace(/\s+/g, " ").trim(), EMAIL_HEADER_BYTES_MAX);
		return value === "" ? [] : [[name, value]];
	});
	const both = html.trim() === "" && text.trim() === "";
	return {
		subject: oneLine(texts["subject"] ?? "", EMAIL_SUBJECT_CHARS_MAX) || story.title,
		...(html.trim() === "" ? {} : { html }),
		...(text.trim() === "" && !both ? {} : { text: both ? story.title : text }),
		headers: {
			"Auto-Submitted": "auto-generated",
			...(story.urgency === "critical" ? { Importance: "high" } : {}),
			...Object.fromEntries(headers),
		},
	};
}

/** Every template of the settings by its place. */
export function fieldsOf({ subject, html, text, headers }: MailTemplates): Record<string, Field> {
	const fields: Record<string, Field> = {};
	if (subject !== null) fields["subject"] = { template: subject, charsMax: EMAIL_SUBJECT_CHARS_MAX };
	if (html !== null) fields["html"] = { template: html, charsMax: EMAIL_TEMPLATE_CHARS_MAX, markup: "html" };
	if (text !== null) fields["text"] = { template: text, charsMax: EMAIL_PART_BYTES_MAX };
	for (const [name, template] of Object.entries(headers)) {
		fields[`headers.${name}`] = { template, charsMax: EMAIL_HEADER_BYTES_MAX };
	}
	return fields;
}
