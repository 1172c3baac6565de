/**
 * A receiver's own templates, made into text for one message. Pure. A template that fails never costs the message: the
 * caller falls back to the built-in form, which says why.
 */
import { err, ok, type Result } from "../../lib/result.ts";
import type { Message } from "../../model/message.ts";
import { notificationData } from "../../template/notification-data.ts";
import type { TemplateSet } from "../../template/template-set.ts";
import { clip } from "./clip.ts";

/**
 * One field: its template, and how many characters it may become. What is longer is cut, unless it is markup, which cannot be
 * cut and counts as failed. In `html`, values are escaped.
 */
export type Field = { readonly template: string; readonly charsMax: number; readonly markup?: "html" | "other" };

/** Texts of all fields by name, each within its bound; or which field failed, and why. */
export function expandFields<K extends string>(
	templates: TemplateSet,
	fields: Readonly<Record<K, Field>>,
	message: Message,
): Result<Readonly<Record<K, string>>, string> {
	const data = notificationData(message);
	const expanded: [string, string][] = [];
	for (const [name, { template, charsMax, markup }] of Object.entries<Field>(fields)) {
		const around = { html: markup === "html", nowMs: message.createdMs, externalUrl: message.externalUrl };
		const options = markup === undefined ? around : { ...around, charsMax };
		const result = templates.expand(template, data, options);
		if (!result.ok) return err(`${name}: ${clip(result.failure, 200)}`);
		expanded.push([name, markup === undefined ? clip(result.value, charsMax) : result.value]);
	}
	return ok(Object.fromEntries(expanded) as Record<K, string>);
}
