/** Writing twice changes nothing, bounds hold, and a D1 that is down is a value. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { alertHistoryStatements } from "../../src/db/alert-history.ts";
import { deliveryAttemptStatements, loadDeliveryAttempts } from "../../src/db/delivery-attempts.ts";
import { loadNotificationLog, type NotificationLog, saveNotificationLogs } from "../../src/db/notification-logs.ts";
import { runBatch, writeRows, writeStatements } from "../../src/db/rows.ts";
import { loadUserConfigs, saveUserConfigs } from "../../src/db/user-configs.ts";
import { D1_PARAMS_MAX, D1_ROWS_PER_CALL_MAX, ERROR_CHARS_MAX } from "../../src/model/limits.ts";

const T0 = Date.UTC(2026, 0, 1);

function message(id: string, change: Partial<NotificationLog> = {}): NotificationLog {
	return {
		messageId: id,
		userId: "ops",
		templateKey: null,
		channelType: "webhook",
		status: "pending",
		retryCount: 0,
		error: null,
		latencyMs: null,
		source: "perdure",
		createdMs: T0,
		updatedMs: T0,
		...change,
	};
}

/** Rows of a table that is the operators' own, written as every table is. */
function saveRequests(db: D1Database, ids: readonly number[]) {
	const columns = [
		["timestamp", () => 1],
		["request_id", (id: number) => `r${id}`],
		["method", () => "GET"],
		["endpoint", () => "/"],
		["status", () => 200],
		["response_time", () => 1],
	] as const;
	return writeRows(db, { into: "INSERT OR IGNORE INTO request_logs", columns, onConflict: "" }, ids);
}

/** What D1 does when it is down, since a local one cannot be switched off: every batch and read throws. */
const DOWN = {
	prepare: () => {
		const statement = {
			bind: () => statement,
			all: () => Promise.reject(new Error("D1_ERROR: Network connection lost")),
		};
		return statement;
	},
	batch: () => Promise.reject(new Error("D1_ERROR: Network connection lost")),
} as unknown as D1Database;

async function statusOf(id: string) {
	const row = await env.DB.prepare("SELECT status, retry_count, error FROM notification_logs WHERE message_id = ?")
		.bind(id)
		.first<{ status: string; retry_count: number; error: string | null }>();
	return row;
}

describe("writing rows", () => {
	it("stays within the parameters that one statement may bind", () => {
		const seen: number[] = [];
		const db = { prepare: () => ({ bind: (...cells: unknown[]) => seen.push(cells.length) }) } as unknown as D1Database;
		const columns = Array.from({ length: 7 }, (_, at) => [`c${at}`, () => at] as const);
		writeStatements(db, { into: "INSERT INTO t", columns, onConflict: "" }, new Array(40).fill(0));
		expect(seen.every((cells) => cells <= D1_PARAMS_MAX)).toBe(true);
		expect(seen.reduce((sum, cells) => sum + cells, 0)).toBe(40 * 7);
	});

	it("writes as many rows as one call allows, and the same again changes nothing", async () => {
		const ids = Array.from({ length: D1_ROWS_PER_CALL_MAX }, (_, id) => id);
		expect(await saveRequests(env.DB, ids)).toEqual({ ok: true, value: D1_ROWS_PER_CALL_MAX });
		expect(await saveRequests(env.DB, ids)).toEqual({ ok: true, value: 0 });
	});

	it("refuses one row more before anything is written", async () => {
		const ids = Array.from({ length: D1_ROWS_PER_CALL_MAX + 1 }, (_, id) => 1_000_000 + id);
		expect(await saveRequests(env.DB, ids)).toMatchObject({ ok: false, failure: { code: "too_large" } });
		expect(await env.DB.prepare("SELECT 1 FROM request_logs WHERE request_id = 'r1000000'").first()).toBeNull();
	});

	it("says that D1 is down as a value", async () => {
		const written = await saveRequests(DOWN, [1]);
		expect(written).toMatchObject({ ok: false, failure: { code: "unavailable" } });
		expect(await loadUserConfigs(DOWN, "u")).toMatchObject({ ok: false, failure: { code: "unavailable" } });
	});

	it("bills one row for a request and for an attempt", async () => {
		const one = await env.DB.prepare(
			"INSERT INTO request_logs (timestamp, request_id, method, endpoint, status, response_time) VALUES (1, 'b', 'GET', '/', 200, 1)",
		).run();
		expect(one.meta.rows_written).toBe(1);
	});
});

describe("a message's row", () => {
	it("is brought forward by later attempts and never back by earlier ones", async () => {
		await saveNotificationLogs(env.DB, [message("a", { retryCount: 2, error: "http 503" })]);
		await saveNotificationLogs(env.DB, [message("a", { retryCount: 1, error: "http 429" })]);
		expect(await statusOf("a")).toEqual({ status: "pending", retry_count: 2, error: "http 503" });
		await saveNotificationLogs(env.DB, [message("a", { status: "failed", retryCount: 3, error: "http 400" })]);
		expect(await statusOf("a")).toMatchObject({ status: "failed", retry_count: 3 });
	});

	it("stays a success, whatever comes later", async () => {
		await saveNotificationLogs(env.DB, [message("b", { status: "failed", retryCount: 5 })]);
		await saveNotificationLogs(env.DB, [message("b", { status: "success", retryCount: 4 })]);
		await saveNotificationLogs(env.DB, [message("b", { status: "failed", retryCount: 9 })]);
		expect(await statusOf("b")).toMatchObject({ status: "success", retry_count: 5 });
	});

	it("cuts a long error, and is found by its id", async () => {
		await saveNotificationLogs(env.DB, [message("c", { error: "x".repeat(9_999), variables: ["name"] })]);
		const found = await loadNotificationLog(env.DB, "c");
		expect(found).toMatchObject({ ok: true, value: { message_id: "c", variables: '["name"]' } });
		expect(await loadNotificationLog(env.DB, "of nobody")).toEqual({ ok: true, value: null });
		expect((await statusOf("c"))?.error).toHaveLength(ERROR_CHARS_MAX);
	});

	it("takes two states of one message in one write", async () => {
		await saveNotificationLogs(env.DB, [message("d"), message("d", { status: "success", retryCount: 1 })]);
		expect(await statusOf("d")).toMatchObject({ status: "success", retry_count: 1 });
	});
});

describe("the other tables", () => {
	it("keep one row an attempt, in order", async () => {
		const attempt = (n: number) => ({
			deliveryId: "msg_1",
			attempt: n,
			receiver: "webhook",
			channel: "webhook",
			eventId: "e",
			outcome: { kind: "retry", why: "http 429", httpStatus: 429, retryAfterMs: 2_000 } as const,
			nextTryMs: T0 + 2_000,
			payloadHash: "00",
			startedMs: T0,
			endedMs: T0 + 5,
		});
		const save = (...attempts: number[]) => runBatch(env.DB, deliveryAttemptStatements(env.DB, attempts.map(attempt)));
		expect(await save(2, 1)).toEqual({ ok: true, value: 2 });
		expect(await save(1)).toEqual({ ok: true, value: 0 });
		const rows = await loadDeliveryAttempts(env.DB, "msg_1");
		expect(rows.ok && rows.value.map((row) => [row.attempt, row.retry_after_ms])).toEqual([
			[1, 2_000],
			[2, 2_000],
		]);
	});

	it("keep one row an alert event, with NaN as null", async () => {
		const event = {
			id: "r/1/0",
			kind: "firing" as const,
			ruleId: "g/A",
			group: "g",
			alertname: "A",
			labels: { alertname: "A", severity: "critical" },
			annotations: { summary: "s" },
			value: Number.NaN,
			startsAtMs: T0,
			endsAtMs: null,
			reason: null,
			atMs: T0,
		};
		const written = await runBatch(env.DB, alertHistoryStatements(env.DB, [event, event]));
		expect(written).toEqual({ ok: true, value: 1 });
		const { results } = await env.DB.prepare("SELECT * FROM alert_history WHERE at_ms = ?").bind(T0).all();
		expect(results).toMatchObject([{ event_id: "r/1/0", severity: "critical", value: null }]);
	});

	it("keep a user's channels", async () => {
		const config = { userId: "u", channelType: "lark", active: true, updatedMs: T0 };
		await saveUserConfigs(env.DB, [{ ...config, config: { id: 1 } }]);
		await saveUserConfigs(env.DB, [{ ...config, config: { id: 2 }, updatedMs: T0 + 1_000, active: false }]);
		const rows = await loadUserConfigs(env.DB, "u");
		expect(rows.ok && rows.value).toMatchObject([
			{ config: '{"id":2}', is_active: 0, created_at: new Date(T0).toISOString() },
		]);
	});
});
