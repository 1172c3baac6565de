/** Templates of applications as they hold: what was stored, or else what ships. And what becomes of one with given variables. */
import {
	listNotificationTemplates,
	loadNotificationTemplate,
	saveNotificationTemplate,
} from "../db/notification-templates.ts";
import { err, ok, type Result } from "../lib/result.ts";
import {
	ANY_CHANNEL,
	type AppTemplate,
	type AppTemplateWish,
	type TemplateContent,
	type TemplateLanguage,
} from "../model/app-template.ts";
import { type Failure, type Issue, invalid } from "../model/errors.ts";
import { MESSAGE_VARIABLES_MAX } from "../model/limits.ts";
import { GRAFANA_ALERT } from "../template/grafana-alert.ts";
import { expandShorthand } from "../template/shorthand.ts";
import { TemplateSet } from "../template/template-set.ts";
import type { TemplateMap, TemplateValue } from "../template/value.ts";
import { variablesOf } from "../template/variables.ts";

const SHIPPED: readonly AppTemplate[] = [GRAFANA_ALERT];

/** What one text of a template and given variables come to. */
export type Preview = {
	readonly subject: string | null;
	readonly body: string;
	/** Variables that the template needs and that were not given; they are empty in the text. */
	readonly missing: readonly string[];
	readonly language: TemplateLanguage;
	/** `*`: the content of every channel without its own. */
	readonly channel: string;
};

/** The template of a key that holds; null: there is none. */
export async function appTemplate(db: D1Database, key: string): Promise<Result<AppTemplate | null, Failure>> {
	const stored = await loadNotificationTemplate(db, key);
	if (!stored.ok || stored.value !== null) return stored;
	return ok(SHIPPED.find((one) => one.key === key) ?? null);
}

/** All that hold, by key, without contents. */
export async function appTemplates(db: D1Database): Promise<Result<readonly Omit<AppTemplate, "contents">[], Failure>> {
	const stored = await listNotificationTemplates(db);
	if (!stored.ok) return stored;
	const keys = new Set(stored.value.map(({ key }) => key));
	const all = [...stored.value, ...SHIPPED.filter(({ key }) => !keys.has(key))];
	return ok(all.sort((a, b) => (a.key < b.key ? -1 : 1)));
}

/** Checks a template as a whole and stores it; every issue has its place. */
export async function putAppTemplate(
	db: D1Database,
	key: string,
	wish: AppTemplateWish,
	nowMs: number,
): Promise<Result<AppTemplate, Failure>> {
	const issues = issuesOf(wish);
	if (issues.length > 0) return err({ code: "invalid", issues });
	const used = new Set(wish.contents.flatMap(usedBy));
	const variables = wish.variables ?? [...used];
	if (variables.length > MESSAGE_VARIABLES_MAX) {
		return err({ code: "too_large", what: "variables", limit: MESSAGE_VARIABLES_MAX, got: variables.length });
	}
	const { name = key, isActive, contents } = wish;
	const template: AppTemplate = { key, name, variables, isActive, contents, updatedMs: nowMs };
	const saved = await saveNotificationTemplate(db, template, nowMs);
	return saved.ok ? ok(template) : saved;
}

/** Renders one text. The failure says where the template is wrong, or which channels and languages there are. */
export function previewTemplate(
	template: AppTemplate,
	channel: string,
	language: TemplateLanguage,
	variables: Readonly<Record<string, unknown>>,
): Result<Preview, Failure> {
	const content = contentFor(template, channel, language);
	if (content === null) {
		const there = template.contents.map((one) => `${one.channel}/${one.language}`).join(", ");
		return err({
			code: "not_found",
			what: `content of '${template.key}' for ${channel}/${language}; there are ${there}`,
		});
	}
	const dot = dotOf(variables);
	const subject = content.subject === null ? null : expand(content.subject, dot, "subject");
	if (subject !== null && !subject.ok) return subject;
	const body = expand(content.content, dot, "content");
	if (!body.ok) return body;
	const needed = new Set([...template.variables, ...usedBy(content)]);
	return ok({
		subject: subject === null ? null : subject.value,
		body: body.value,
		missing: [...needed].filter((name) => !Object.hasOwn(variables, name)),
		language: content.language,
		channel: content.channel,
	});
}

/** The content of a channel in a language: its own, or that of any channel; null: none. */
export function contentFor(
	{ contents }: AppTemplate,
	channel: string,
	language: TemplateLanguage,
): TemplateContent | null {
	const fitting = contents.filter((one) => one.language === language);
	return fitting.find((one) => one.channel === channel) ?? fitting.find((one) => one.channel === ANY_CHANNEL) ?? null;
}

/** The variables that a content uses. */
function usedBy({ subject, content }: Pick<TemplateContent, "subject" | "content">): string[] {
	return [...variablesOf(expandShorthand(subject ?? "")), ...variablesOf(expandShorthand(content))];
}

function issuesOf({ contents }: AppTemplateWish): Issue[] {
	const issues: Issue[] = [];
	const seen = new Set<string>();
	for (const [index, { channel, language, subject, content }] of contents.entries()) {
		const place = `contents.${index}`;
		const name = `${channel}/${language}`;
		if (seen.has(name)) issues.push({ place, reason: `there are two for ${name}` });
		seen.add(name);
		for (const [field, text] of [
			["subject", subject ?? ""],
			["content", content],
		] as const) {
			const wrong = TemplateSet.empty.check(expandShorthand(text));
			if (wrong !== null) issues.push({ place: `${place}.${field}`, reason: wrong });
		}
	}
	return issues;
}

function expand(text: string, dot: TemplateMap, place: string): Result<string, Failure> {
	const expanded = TemplateSet.empty.expand(expandShorthand(text), dot);
	return expanded.ok ? expanded : err(invalid(place, expanded.failure));
}

/** The dot: a variable that was not given is an empty text. */
function dotOf(variables: Readonly<Record<string, unknown>>): TemplateMap {
	const entries = new Map(Object.entries(variables).map(([name, value]) => [name, templateValue(value)]));
	return { kind: "map", entries, zero: "", type: "map[string]any" };
}

/** Whole numbers are Go's ints, for its floats print 1000000 as 1e+06; lists and objects are shown as JSON. */
function templateValue(value: unknown): TemplateValue {
	if (value === null || value === undefined) return "";
	if (Number.isSafeInteger(value)) return BigInt(value as number);
	if (typeof value === "string" || typeof value === "boolean" || typeof value === "number") return value;
	return JSON.stringify(value);
}
