/** The operators' own SQL, copied word for word, runs against the migrations on a real D1. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { type NotificationLog, saveNotificationLogs } from "../../src/db/notification-logs.ts";
import { saveTaskExecutions } from "../../src/db/task-executions.ts";
import { saveUserConfigs } from "../../src/db/user-configs.ts";

const NOW_MS = Date.now();
const HOUR_MS = 3_600_000;
const LAST_24H = new Date(NOW_MS - 24 * HOUR_MS).toISOString();

function message(id: string, change: Partial<NotificationLog>): NotificationLog {
	return {
		messageId: id,
		userId: "u1",
		templateKey: "welcome",
		channelType: "email",
		status: "success",
		retryCount: 0,
		error: null,
		latencyMs: 12,
		source: "application",
		createdMs: NOW_MS - HOUR_MS,
		updatedMs: NOW_MS - HOUR_MS,
		...change,
	};
}

async function all(sql: string, ...cells: unknown[]): Promise<Record<string, unknown>[]> {
	return (
		await env.DB.prepare(sql)
			.bind(...cells)
			.all<Record<string, unknown>>()
	).results;
}

beforeAll(async () => {
	const writes = [
		await saveNotificationLogs(env.DB, [
			message("m1", {}),
			message("m2", { userId: "u2", channelType: "lark" }),
			message("m3", { status: "failed", retryCount: 4, error: "quota exceeded", createdMs: NOW_MS - 2 * HOUR_MS }),
			message("m4", { status: "failed", channelType: "lark", createdMs: NOW_MS - 50 * HOUR_MS }),
			message("old", { createdMs: NOW_MS - 100 * 24 * HOUR_MS }),
		]),
		await saveTaskExecutions(env.DB, [
			{
				scheduledMs: NOW_MS - 40 * 24 * HOUR_MS,
				group: "daily_tasks",
				task: "cleanup",
				status: "success",
				durationMs: 5,
				result: { deleted: 3 },
				error: null,
			},
		]),
		await saveUserConfigs(env.DB, [
			{ userId: "u1", channelType: "email", config: { to: "a@example.com" }, active: true, updatedMs: NOW_MS },
		]),
	];
	for (const write of writes) expect(write.ok).toBe(true);
	await fillRequestTables(Math.floor(NOW_MS / 1_000));
});

/** Perdure has these four tables for applications, which write them with SQL of their own. */
async function fillRequestTables(nowS: number): Promise<void> {
	for (const hours of [0, 1, 2, 30, 60]) {
		await all(
			`INSERT INTO request_logs (timestamp, request_id, method, endpoint, status, response_time, has_error, model,
			total_tokens, key_hash) VALUES (?, ?, 'POST', '/v1/messages', ?, ?, ?, 'gemini-pro', 50, 'k1')`,
			nowS - hours * 3_600,
			`r${hours}`,
			hours === 1 ? 500 : 200,
			100 + hours,
			hours === 1 ? 1 : 0,
		);
	}
	await all(
		`INSERT INTO error_logs (timestamp, error_id, request_id, error_type, message, context)
		VALUES (?, 'e1', 'r1', 'TypeError', 'x', '{"a":1}')`,
		nowS,
	);
	await all(
		`INSERT INTO api_key_metrics (key_hash, total_requests, successful_requests, average_response_time, updated_at)
		VALUES ('k1', 3, 2, 101.239, ?)`,
		nowS,
	);
	await all(
		`INSERT INTO system_stats (date, total_requests, failed_requests, average_response_time, total_tokens, updated_at)
		VALUES (date(?, 'unixepoch'), 3, 1, 101, 150, ?)`,
		nowS,
		nowS,
	);
}

describe("the queries over notification_logs", () => {
	it("count by channel and status over the last 24 hours", async () => {
		const rows = await all(
			`SELECT 
        channel_type,
        status,
        COUNT(*) as count,
        AVG(CASE WHEN status = 'success' THEN 1.0 ELSE 0.0 END) as success_rate
      FROM notification_logs
      WHERE created_at >= ?
      GROUP BY channel_type, status`,
			LAST_24H,
		);
		expect(rows).toEqual([
			{ channel_type: "email", status: "failed", count: 1, success_rate: 0 },
			{ channel_type: "email", status: "success", count: 1, success_rate: 1 },
			{ channel_type: "lark", status: "success", count: 1, success_rate: 1 },
		]);
	});

	it("name the ten most used templates and count the active users", async () => {
		expect(
			await all(
				`SELECT 
        template_key,
        COUNT(*) as usage_count,
        COUNT(DISTINCT user_id) as unique_users
      FROM notification_logs
      WHERE created_at >= ?
      GROUP BY template_key
      ORDER BY usage_count DESC
      LIMIT 10`,
				LAST_24H,
			),
		).toEqual([{ template_key: "welcome", usage_count: 3, unique_users: 2 }]);
		expect(
			await all("SELECT COUNT(DISTINCT user_id) as count FROM notification_logs WHERE created_at >= ?", LAST_24H),
		).toEqual([{ count: 2 }]);
	});

	it("count failures by channel since yesterday", async () => {
		const rows = await all(`SELECT 
       channel_type,
       COUNT(*) as error_count,
       COUNT(DISTINCT user_id) as affected_users
     FROM notification_logs
     WHERE status = 'failed'
       AND created_at > datetime('now', '-1 day')
     GROUP BY channel_type
     ORDER BY error_count DESC`);
		expect(rows[0]).toEqual({ channel_type: "email", error_count: 1, affected_users: 1 });
	});

	it("make the daily report by day and by channel", async () => {
		const days = await all(`SELECT 
         DATE(created_at) as date,
         COUNT(*) as total_requests,
         AVG(CASE WHEN status = 'success' THEN 1 ELSE 0 END) * 100 as success_rate,
         COUNT(CASE WHEN status = 'failed' THEN 1 END) as failed_requests
       FROM notification_logs
       WHERE created_at >= datetime('now', '-1 day')
       GROUP BY DATE(created_at)`);
		expect(days.length).toBeGreaterThan(0);
		expect(days.at(-1)?.["date"]).toMatch(/^\d{4}-\d\d-\d\d$/);
		const channels = await all(`SELECT 
         channel_type,
         COUNT(*) as total,
         AVG(CASE WHEN status = 'success' THEN 1 ELSE 0 END) * 100 as success_rate,
         AVG(retry_count) as avg_retries
       FROM notification_logs
       WHERE created_at >= datetime('now', '-1 day')
       GROUP BY channel_type`);
		expect(channels[0]).toEqual({ channel_type: "email", total: 2, success_rate: 50, avg_retries: 2 });
	});

	it("show growth and each user's habits", async () => {
		const growth = await all(`SELECT 
         DATE(created_at) as date,
         COUNT(*) as daily_count,
         SUM(COUNT(*)) OVER (ORDER BY DATE(created_at)) as cumulative
       FROM notification_logs
       WHERE created_at >= datetime('now', '-30 days')
       GROUP BY DATE(created_at)`);
		expect(growth.at(-1)?.["cumulative"]).toBe(4);
		const weekly = await all(`SELECT 
    DATE(created_at) as date,
    COUNT(*) as daily_count,
    SUM(COUNT(*)) OVER (ORDER BY DATE(created_at)) as cumulative_count
FROM notification_logs
WHERE created_at > datetime('now', '-30 days')
GROUP BY DATE(created_at)`);
		expect(weekly.at(-1)?.["cumulative_count"]).toBe(4);
		const users = await all(`SELECT 
         user_id,
         COUNT(*) as request_count,
         COUNT(DISTINCT DATE(created_at)) as active_days,
         COUNT(DISTINCT channel_type) as channels_used,
         MAX(created_at) as last_activity
       FROM notification_logs
       WHERE created_at >= datetime('now', '-7 days')
       GROUP BY user_id
       ORDER BY request_count DESC`);
		expect(users[0]).toMatchObject({ user_id: "u1", request_count: 3, channels_used: 2 });
	});

	it("size the tables", async () => {
		const rows = await all(`SELECT 
         'notification_logs' as table_name,
         COUNT(*) as row_count,
         ROUND(COUNT(*) * 0.5 / 1024.0, 2) as estimated_size_mb,
         ROUND(COUNT(*) * 100.0 / 10000000, 2) as usage_percent
       FROM notification_logs
       UNION ALL
       SELECT 
         'user_configs',
         COUNT(*),
         ROUND(COUNT(*) * 0.2 / 1024.0, 2),
         ROUND(COUNT(*) * 100.0 / 1000000, 2)
       FROM user_configs`);
		expect(rows.map((row) => [row["table_name"], row["row_count"]])).toEqual([
			["notification_logs", 5],
			["user_configs", 1],
		]);
		expect(await all("SELECT COUNT(*) as count FROM notification_logs")).toEqual([{ count: 5 }]);
	});

	it("find one message, what may be archived, and what failed for good", async () => {
		const found = await all("SELECT * FROM notification_logs WHERE message_id = ? LIMIT 1", "m3");
		expect(found[0]).toMatchObject({ user_id: "u1", channel_type: "email", status: "failed", error: "quota exceeded" });
		const archive = await all(
			`SELECT * FROM notification_logs
         WHERE created_at < ?
         AND status IN ('success', 'failed')
         LIMIT 10000`,
			new Date(NOW_MS - 90 * 24 * HOUR_MS).toISOString(),
		);
		expect(archive.map((row) => row["message_id"])).toEqual(["old"]);
		const deleted = await all(
			`DELETE FROM notification_logs WHERE created_at <= ? AND status IN ('success', 'failed') RETURNING id`,
			new Date(NOW_MS - 90 * 24 * HOUR_MS).toISOString(),
		);
		expect(deleted).toHaveLength(1);
		expect(
			await all(
				"DELETE FROM notification_logs WHERE status = ? AND retry_count >= ? AND created_at <= ? RETURNING *",
				"failed",
				3,
				new Date(NOW_MS - 30 * 24 * HOUR_MS).toISOString(),
			),
		).toEqual([]);
	});

	it("ask by time without reading the whole table", async () => {
		const plan = await all("EXPLAIN QUERY PLAN SELECT COUNT(*) FROM notification_logs WHERE created_at >= ?", LAST_24H);
		expect(String(plan[0]?.["detail"])).toContain("notification_logs_created_at");
	});
});

describe("the queries over tasks and keys", () => {
	it("delete old task records", async () => {
		const deleted = await all(
			"DELETE FROM task_execution_records WHERE created_at <= ? RETURNING *",
			new Date(NOW_MS - 30 * 24 * HOUR_MS).toISOString(),
		);
		expect(deleted[0]).toMatchObject({ task_name: "cleanup", result: '{"deleted":3}' });
	});

	it("delete expired idempotency keys, both ways", async () => {
		const insert = `INSERT INTO idempotency_keys (scope, idempotency_key, request_hash, created_at, expires_at)
			VALUES ('s', ?, 'h', ?, ?)`;
		const past = new Date(NOW_MS - HOUR_MS).toISOString();
		const future = new Date(NOW_MS + HOUR_MS).toISOString();
		await all(insert, "a", past, past);
		await all(insert, "c", past, future);
		await all("DELETE FROM idempotency_keys WHERE datetime(expires_at) < datetime('now')");
		expect((await all("SELECT idempotency_key FROM idempotency_keys")).map((row) => row["idempotency_key"])).toEqual([
			"c",
		]);
		await all(insert, "b", past, past);
		expect(
			await all("DELETE FROM idempotency_keys WHERE expires_at <= ? RETURNING *", new Date(NOW_MS).toISOString()),
		).toHaveLength(1);
	});
});

describe("the queries over requests", () => {
	it("look at each table", async () => {
		expect(await all("SELECT * FROM request_logs LIMIT 10")).toHaveLength(5);
		expect(await all("SELECT * FROM api_key_metrics LIMIT 10")).toHaveLength(1);
		expect(await all("SELECT * FROM system_stats ORDER BY date DESC LIMIT 7")).toHaveLength(1);
		expect(await all("SELECT * FROM error_logs ORDER BY timestamp DESC LIMIT 10")).toHaveLength(1);
	});

	it("count all four tables at once", async () => {
		const rows = await all(
			"SELECT 'request_logs' as table_name, COUNT(*) as count FROM request_logs UNION ALL SELECT 'api_key_metrics', COUNT(*) FROM api_key_metrics UNION ALL SELECT 'system_stats', COUNT(*) FROM system_stats UNION ALL SELECT 'error_logs', COUNT(*) FROM error_logs",
		);
		expect(rows.map((row) => row["count"])).toEqual([5, 1, 1, 1]);
	});

	it("say when each table was last written", async () => {
		const rows = await all(`
SELECT 
    'request_logs' as table_name, 
    COUNT(*) as count,
    MAX(timestamp) as latest_record
FROM request_logs 
UNION ALL 
SELECT 
    'api_key_metrics', 
    COUNT(*), 
    MAX(updated_at)
FROM api_key_metrics 
UNION ALL 
SELECT 
    'system_stats', 
    COUNT(*), 
    MAX(updated_at)
FROM system_stats 
UNION ALL 
SELECT 
    'error_logs', 
    COUNT(*), 
    MAX(timestamp)
FROM error_logs
ORDER BY table_name;`);
		const nowS = Math.floor(NOW_MS / 1_000);
		expect(rows.map((row) => [row["table_name"], row["latest_record"]])).toEqual([
			["api_key_metrics", nowS],
			["error_logs", nowS],
			["request_logs", nowS],
			["system_stats", nowS],
		]);
	});

	it("rank the API keys", async () => {
		const rows = await all(`
SELECT 
    key_hash,
    total_requests,
    successful_requests,
    ROUND(average_response_time, 2) as avg_response_ms,
    ROUND(CAST(successful_requests AS FLOAT) / total_requests * 100, 2) as success_rate
FROM api_key_metrics 
WHERE total_requests > 0
ORDER BY total_requests DESC 
LIMIT 10;`);
		expect(rows).toEqual([
			{ key_hash: "k1", total_requests: 3, successful_requests: 2, avg_response_ms: 101.24, success_rate: 66.67 },
		]);
	});

	it("count the last 24 hours by hour, though strftime gives text and the column holds numbers", async () => {
		const rows = await all(`
SELECT 
    strftime('%H:00', datetime(timestamp, 'unixepoch')) as hour,
    COUNT(*) as requests,
    ROUND(AVG(response_time), 2) as avg_response_ms,
    SUM(CASE WHEN has_error = 1 THEN 1 ELSE 0 END) as errors,
    ROUND(SUM(CASE WHEN has_error = 1 THEN 1 ELSE 0 END) * 100.0 / COUNT(*), 2) as error_rate
FROM request_logs 
WHERE timestamp >= strftime('%s', 'now', '-1 day')
GROUP BY strftime('%H:00', datetime(timestamp, 'unixepoch'))
ORDER BY hour;`);
		expect(rows).toHaveLength(3);
		expect(rows.filter((row) => row["error_rate"] === 100)).toHaveLength(1);
	});

	it("count by model", async () => {
		const rows = await all(`
SELECT 
    model,
    COUNT(*) as requests,
    ROUND(AVG(response_time), 2) as avg_response_ms,
    SUM(total_tokens) as total_tokens,
    ROUND(AVG(total_tokens), 2) as avg_tokens_per_request
FROM request_logs 
WHERE timestamp >= strftime('%s', 'now', '-1 day')
GROUP BY model
ORDER BY requests DESC;`);
		expect(rows).toEqual([
			{ model: "gemini-pro", requests: 3, avg_response_ms: 101, total_tokens: 150, avg_tokens_per_request: 50 },
		]);
	});

	it("show three days by hour", async () => {
		const rows = await all(`
   SELECT 
       strftime('%Y-%m-%d %H:00', datetime(timestamp, 'unixepoch')) as time,
       AVG(response_time) as avg_response_ms,
       COUNT(*) as requests
   FROM request_logs 
   WHERE timestamp >= strftime('%s', 'now', '-3 days')
   GROUP BY strftime('%Y-%m-%d %H:00', datetime(timestamp, 'unixepoch'))
   ORDER BY time DESC;`);
		expect(rows).toHaveLength(5);
	});
});
