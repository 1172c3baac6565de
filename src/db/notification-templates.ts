/** Tables notification_templates and template_contents: what applications say, by channel and language. A template is replaced whole. */
import { err, ok, type Result } from "../lib/result.ts";
import type { AppTemplate, TemplateLanguage } from "../model/app-template.ts";
import type { Failure } from "../model/errors.ts";
import { APP_TEMPLATES_MAX, CONTENTS_PER_TEMPLATE_MAX } from "../model/limits.ts";
import { down, isoTime, readRows, runBatch } from "./rows.ts";

type TemplateRow = {
	readonly template_key: string;
	readonly name: string;
	readonly variables: string;
	readonly is_active: number;
	readonly updated_at: string;
};

type ContentRow = {
	readonly channel_type: string;
	readonly language: string;
	readonly subject: string | null;
	readonly content: string;
};

/** Stores a template in place of the one of its key, unless there are too many of other keys. */
export async function saveNotificationTemplate(
	db: D1Database,
	template: AppTemplate,
	nowMs: number,
): Promise<Result<null, Failure>> {
	const { key, name, variables, isActive, contents } = template;
	const now = isoTime(nowMs);
	const count = await readRows<{ others: number }>(
		db.prepare("SELECT COUNT(*) AS others FROM notification_templates WHERE template_key <> ?").bind(key),
	);
	if (!count.ok) return count;
	const others = count.value[0]?.others ?? 0;
	if (others >= APP_TEMPLATES_MAX) {
		return err({ code: "too_large", what: "templates", limit: APP_TEMPLATES_MAX, got: others + 1 });
	}
	const rows = contents.map((one) => ({ ...one, key }));
	const saved = await runBatch(db, [
		db
			.prepare(
				`INSERT INTO notification_templates (template_key, name, variables, is_active, created_at, updated_at)
				VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (template_key) DO UPDATE SET name = excluded.name,
				variables = excluded.variables, is_active = excluded.is_active, updated_at = excluded.updated_at`,
			)
			.bind(key, name, JSON.stringify(variables), isActive ? 1 : 0, now, now),
		db.prepare("DELETE FROM template_contents WHERE template_key = ?").bind(key),
		db
			.prepare(
				`INSERT INTO template_contents (template_key, channel_type, language, subject, content, created_at, updated_at)
				SELECT ?1, value ->> 'channel', value ->> 'language', value ->> 'subject', value ->> 'content', ?2, ?2
				FROM json_each(?3)`,
			)
			.bind(key, now, JSON.stringify(rows)),
	]);
	return saved.ok ? ok(null) : saved;
}

/** One template with its contents; null: there is none of this key. */
export async function loadNotificationTemplate(
	db: D1Database,
	key: string,
): Promise<Result<AppTemplate | null, Failure>> {
	const statements = [
		db.prepare("SELECT * FROM notification_templates WHERE template_key = ?").bind(key),
		db
			.prepare("SELECT * FROM template_contents WHERE template_key = ? ORDER BY channel_type, language LIMIT ?")
			.bind(key, CONTENTS_PER_TEMPLATE_MAX),
	];
	try {
		const [templates, contents] = await db.batch(statements);
		const row = templates?.results[0] as TemplateRow | undefined;
		return ok(row === undefined ? null : templateOf(row, (contents?.results ?? []) as ContentRow[]));
	} catch (error) {
		return err(down(error));
	}
}

/** All templates without their contents, by key. */
export async function listNotificationTemplates(
	db: D1Database,
): Promise<Result<readonly Omit<AppTemplate, "contents">[], Failure>> {
	const rows = await readRows<TemplateRow>(
		db.prepare("SELECT * FROM notification_templates ORDER BY template_key LIMIT ?").bind(APP_TEMPLATES_MAX),
	);
	return rows.ok ? ok(rows.value.map((row) => templateOf(row, []))) : rows;
}

/** Forgets a template; false: there was none. */
export async function deleteNotificationTemplate(db: D1Database, key: string): Promise<Result<boolean, Failure>> {
	const deleted = await runBatch(db, [
		db.prepare("DELETE FROM template_contents WHERE template_key = ?").bind(key),
		db.prepare("DELETE FROM notification_templates WHERE template_key = ?").bind(key),
	]);
	return deleted.ok ? ok(deleted.value > 0) : deleted;
}

function templateOf(row: TemplateRow, contents: readonly ContentRow[]): AppTemplate {
	return {
		key: row.template_key,
		name: row.name,
		variables: JSON.parse(row.variables) as string[],
		isActive: row.is_active === 1,
		contents: contents.map(({ channel_type, language, subject, content }) => {
			return { channel: channel_type, language: language as TemplateLanguage, subject, content };
		}),
		updatedMs: Date.parse(row.updated_at),
	};
}
