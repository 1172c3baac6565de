/** Pages of the log: every row once, by an index, and never more rows looked at than the bound. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { type NotificationLog, saveNotificationLogs } from "../../src/db/notification-logs.ts";
import {
	channelOutcomes,
	type LogFilter,
	type LogPlace,
	matches,
	searchNotificationLogs,
} from "../../src/db/notification-search.ts";
import { DIAGNOSE_ROWS_MAX, HOUR_MS } from "../../src/model/limits.ts";

const T0 = Date.UTC(2026, 4, 1);
const ANY: LogFilter = {
	user: null,
	status: null,
	channel: null,
	template: null,
	source: null,
	error: null,
	fromMs: null,
	toMs: null,
};
const COUNT = 200;

/** Four rows of each millisecond, so that a page may end within one. */
function row(i: number): NotificationLog {
	return {
		messageId: `m${i}`,
		userId: `u${i % 7}`,
		templateKey: i % 3 === 0 ? null : `t${i % 3}`,
		channelType: i % 2 === 0 ? "email" : "sms",
		status: i % 50 === 0 ? "failed" : "success",
		retryCount: 0,
		error: i % 50 === 0 ? `Quota 100%_used (${i})` : null,
		latencyMs: 1,
		source: i % 5 === 0 ? "perdure" : "application",
		createdMs: T0 + Math.floor(i / 4),
		updatedMs: T0,
	};
}

beforeAll(async () => {
	const saved = await saveNotificationLogs(
		env.DB,
		Array.from({ length: COUNT }, (_, i) => row(i)),
	);
	expect(saved.ok).toBe(true);
});

/** All pages of a filter, one after the other. */
async function walk(filter: LogFilter, limit: number, scanned?: number): Promise<{ ids: string[]; pages: number }> {
	const ids: string[] = [];
	let after: LogPlace | null = null;
	for (let pages = 1; ; pages++) {
		const page = await searchNotificationLogs(env.DB, filter, after, limit, scanned);
		if (!page.ok) throw new Error(JSON.stringify(page.failure));
		expect(page.value.rows.length).toBeLessThanOrEqual(limit);
		ids.push(...page.value.rows.map(({ message_id }) => message_id));
		after = page.value.next;
		if (after === null) return { ids, pages };
		expect(pages).toBeLessThan(COUNT + 2);
	}
}

const newestFirst = Array.from({ length: COUNT }, (_, i) => `m${COUNT - 1 - i}`);

describe("a page of the log", () => {
	it.each([1, 3, 7, 199, 200, 201])("of %i leads to all rows, each once, the newest first", async (limit) => {
		const { ids } = await walk(ANY, limit);
		expect(ids).toEqual(newestFirst);
	});

	it.each<[string, Partial<LogFilter>, (i: number) => boolean]>([
		["user", { user: "u3" }, (i) => i % 7 === 3],
		["status", { status: "failed" }, (i) => i % 50 === 0],
		["channel", { channel: "sms" }, (i) => i % 2 === 1],
		["template", { template: "t2" }, (i) => i % 3 === 2],
		["source", { source: "perdure" }, (i) => i % 5 === 0],
		["text of the error", { error: "quota 100%_U" }, (i) => i % 50 === 0],
		["a sign that LIKE would take for any", { error: "q%a" }, () => false],
		["a text longer than a pattern of D1", { error: "x".repeat(300) }, () => false],
		["time", { fromMs: T0 + 10, toMs: T0 + 20 }, (i) => i >= 40 && i < 80],
		["several at once", { user: "u1", channel: "email", fromMs: T0 + 5 }, (i) => i % 14 === 8 && i >= 20],
	])("is filtered by %s, however few rows are looked at for it", async (_, change, has) => {
		const wanted = newestFirst.filter((id) => has(Number(id.slice(1))));
		for (const scanned of [undefined, 13]) expect((await walk({ ...ANY, ...change }, 4, scanned)).ids).toEqual(wanted);
	});

	it("looks at so many rows and no more: what lies behind is for the next one", async () => {
		const { ids, pages } = await walk({ ...ANY, status: "failed" }, 50, 10);
		expect(ids).toEqual(["m150", "m100", "m50", "m0"]);
		expect(pages).toBe(COUNT / 10 + 1);
	});

	it("is a failure as a value when D1 is down", async () => {
		const db = {
			prepare: () => ({ bind: () => null }),
			batch: () => Promise.reject(new Error("D1_ERROR: away")),
		} as unknown as D1Database;
		expect(await searchNotificationLogs(db, ANY, null, 1)).toMatchObject({ failure: { code: "unavailable" } });
	});
});

describe("the plan of a page", () => {
	const plan = async (filter: LogFilter, after: LogPlace | null): Promise<string> => {
		const { text, cells } = matches(filter, after, 50, 1_000);
		const rows = await env.DB.prepare(`EXPLAIN QUERY PLAN ${text}`)
			.bind(...cells)
			.all<{ detail: string }>();
		return rows.results.map(({ detail }) => detail).join("; ");
	};
	const AFTER = { createdAt: new Date(T0).toISOString(), id: 5 };

	it.each<[string, Partial<LogFilter>, LogPlace | null, string]>([
		["by time alone", {}, null, "SCAN notification_logs USING INDEX notification_logs_created_at"],
		[
			"by time and place",
			{ fromMs: T0, status: "failed" },
			AFTER,
			"SEARCH notification_logs USING INDEX notification_logs_created_at (created_at>? AND created_at<?)",
		],
		[
			"by user",
			{ user: "u1", error: "quota" },
			AFTER,
			"SEARCH notification_logs USING INDEX notification_logs_user (user_id=? AND created_at<?)",
		],
	])("%s reads rows by an index, in order", async (_, change, after, wanted) => {
		const text = await plan({ ...ANY, ...change }, after);
		expect(text).toContain(wanted);
		// The outer sort is of the rows that were looked at; inside there must be none.
		expect(text.split(wanted)[0]).not.toContain("TEMP B-TREE");
	});
});

describe("how a channel fares", () => {
	it("is told by its newest messages, of a bounded number of rows", async () => {
		const found = await channelOutcomes(env.DB, "email", T0);
		expect(found).toEqual({
			ok: true,
			value: [
				{ status: "failed", messages: 4 },
				{ status: "success", messages: 96 },
			],
		});
		expect(await channelOutcomes(env.DB, "email", T0 + HOUR_MS)).toEqual({ ok: true, value: [] });
		expect(DIAGNOSE_ROWS_MAX).toBeGreaterThan(COUNT);
	});
});
