/** A template of an application's messages: texts by channel and language, and the variables that they need. */
import * as v from "valibot";
import {
	CONTENTS_PER_TEMPLATE_MAX,
	MESSAGE_FIELD_CHARS_MAX,
	MESSAGE_VARIABLES_MAX,
	TEMPLATE_CONTENT_CHARS_MAX,
	VARIABLE_NAME_CHARS_MAX,
} from "./limits.ts";

export const TEMPLATE_LANGUAGES = ["en", "zh"] as const;
export type TemplateLanguage = (typeof TEMPLATE_LANGUAGES)[number];

/** The channel of a content that stands for every channel without one of its own. */
export const ANY_CHANNEL = "*";

const Field = v.pipe(v.string(), v.nonEmpty(), v.maxLength(MESSAGE_FIELD_CHARS_MAX));
const Text = v.pipe(v.string(), v.maxLength(TEMPLATE_CONTENT_CHARS_MAX));

/** A name that a template can use as `.name`. */
export const VariableName = v.pipe(
	v.string(),
	v.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "letters, digits and '_', not a digit first"),
	v.maxLength(VARIABLE_NAME_CHARS_MAX),
);

export const AppTemplateSchema = v.strictObject({
	/** For people; the key if left out. */
	name: v.optional(Field),
	/** The variables that must be given; left out: those that the texts use. */
	variables: v.optional(v.pipe(v.array(VariableName), v.maxLength(MESSAGE_VARIABLES_MAX))),
	isActive: v.optional(v.boolean(), true),
	contents: v.pipe(
		v.array(
			v.strictObject({
				channel: v.optional(Field, ANY_CHANNEL),
				language: v.picklist(TEMPLATE_LANGUAGES),
				subject: v.optional(v.nullable(Text), null),
				content: v.pipe(Text, v.nonEmpty()),
			}),
		),
		v.minLength(1, "there must be at least one content"),
		v.maxLength(CONTENTS_PER_TEMPLATE_MAX),
	),
});

/** What a template is stored from. */
export type AppTemplateWish = v.InferOutput<typeof AppTemplateSchema>;

export type TemplateContent = {
	/** ANY_CHANNEL: every channel without its own. */
	readonly channel: string;
	readonly language: TemplateLanguage;
	readonly subject: string | null;
	readonly content: string;
};

export type AppTemplate = {
	readonly key: string;
	readonly name: string;
	readonly variables: readonly string[];
	readonly isActive: boolean;
	readonly contents: readonly TemplateContent[];
	/** Null: it ships with Perdure, and nobody stored another one. */
	readonly updatedMs: number | null;
};
