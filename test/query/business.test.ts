/**
 * Business metrics against an exact account of the rows themselves: over random histories in which rows come late, come to
 * another end, and hours are folded once, twice, by two at once, or not at all.
 */
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { deliveryAttemptStatements } from "../../src/db/delivery-attempts.ts";
import { beginFold, endFold, hourKey } from "../../src/db/notification-hours.ts";
import {
	type NotificationLog,
	notificationLogStatements,
	saveNotificationLogs,
} from "../../src/db/notification-logs.ts";
import { runBatch } from "../../src/db/rows.ts";
import { ByteReader } from "../../src/lib/bytes.ts";
import {
	CHANNELS_PER_HOUR_MAX,
	DAY_MS,
	DISTINCT_EXACT_MAX,
	FOLD_HOURS_PER_RUN_MAX,
	HOUR_MS,
	MINUTE_MS,
	TEMPLATES_PER_HOUR_MAX,
} from "../../src/model/limits.ts";
import { businessAccount } from "../../src/query/business.ts";
import { businessBody } from "../../src/query/business-body.ts";
import { countRows, foldHour, foldHours } from "../../src/query/fold-hours.ts";
import { MessageAccount, OTHERS } from "../../src/query/message-account.ts";
import { Sketch } from "../../src/sketch/sketch.ts";

/** The middle of an hour. */
const NOW = Date.UTC(2026, 5, 15, 12, 34, 56);
const OPEN = Math.floor(NOW / HOUR_MS) * HOUR_MS;
const WAITING = { backlog: 3, pending: 4 };

beforeEach(async () => {
	for (const table of [
		"notification_logs",
		"delivery_attempts",
		"notification_hours",
		"notification_channel_hours",
		"notification_template_hours",
	]) {
		await env.DB.exec(`DELETE FROM ${table}`);
	}
});

function message(id: string, change: Partial<NotificationLog> = {}): NotificationLog {
	return {
		messageId: id,
		userId: "u1",
		templateKey: "welcome",
		channelType: "email",
		status: "success",
		retryCount: 0,
		error: null,
		latencyMs: 100,
		source: "application",
		createdMs: NOW - 2 * HOUR_MS,
		updatedMs: NOW,
		...change,
	};
}

async function save(...rows: readonly NotificationLog[]): Promise<void> {
	expect((await saveNotificationLogs(env.DB, rows)).ok).toBe(true);
}

async function attempt(deliveryId: string, number: number, durationMs: number, row: NotificationLog): Promise<void> {
	const outcome = { kind: "delivered", httpStatus: 200 } as const;
	const rest = { receiver: "r/0", channel: "log", eventId: "e", nextTryMs: null, payloadHash: "" };
	const one = { deliveryId, attempt: number, outcome, startedMs: NOW, endedMs: NOW + durationMs, ...rest };
	const statements = [...notificationLogStatements(env.DB, [row]), ...deliveryAttemptStatements(env.DB, [one])];
	expect((await runBatch(env.DB, statements)).ok).toBe(true);
}

async function answer(windowMs: number, nowMs = NOW, rowsMax?: number) {
	const account = await businessAccount(env.DB, windowMs, nowMs, rowsMax);
	if (!account.ok) throw new Error(JSON.stringify(account.failure));
	return businessBody(account.value, windowMs, WAITING, nowMs);
}

/** The same figures, straight from the rows and by an exact sort. */
async function exact(windowMs: number, nowMs = NOW) {
	const fromMs = Math.floor((nowMs - windowMs) / HOUR_MS) * HOUR_MS;
	const { results } = await env.DB.prepare(
		`SELECT l.*, (SELECT ended_ms - started_ms FROM delivery_attempts WHERE delivery_id = message_id
			AND outcome = 'delivered' ORDER BY attempt LIMIT 1) AS delivery_ms FROM notification_logs l`,
	).all<Record<string, string> & { latency_ms: number | null; delivery_ms: number | null }>();
	const rows = results.filter((row) => Date.parse(row["created_at"] as string) >= fromMs);
	const told = rows.filter((row) => row["status"] !== "muted");
	const byStatus: Record<string, number> = {};
	const byChannel: Record<string, Record<string, number>> = {};
	const templates = new Map<string, { uses: number; users: Set<string> }>();
	for (const row of told) {
		const status = row["status"] as string;
		const channel = row["channel_type"] as string;
		byStatus[status] = (byStatus[status] ?? 0) + 1;
		byChannel[channel] ??= {};
		(byChannel[channel] as Record<string, number>)[status] = (byChannel[channel]?.[status] ?? 0) + 1;
		const key = row["template_key"] as string | null;
		if (key === null) continue;
		const template = templates.get(key) ?? { uses: 0, users: new Set() };
		template.uses++;
		template.users.add(row["user_id"] as string);
		templates.set(key, template);
	}
	const numbers = (values: readonly (number | null)[]) => values.filter((one) => one !== null).sort((a, b) => a - b);
	return {
		total: told.length,
		muted: rows.length - told.length,
		byStatus,
		byChannel,
		users: new Set(told.map((row) => row["user_id"])).size,
		templateUses: [...templates.values()].reduce((sum, { uses }) => sum + uses, 0),
		mostUsed: [...templates]
			.sort(([a, x], [b, y]) => y.uses - x.uses || (a < b ? -1 : 1))
			.slice(0, 10)
			.map(([template_key, { uses, users }]) => {
				return { template_key, usage_count: uses, unique_users: users.size, unique_users_error: 0 };
			}),
		endToEnd: numbers(told.filter((row) => row["status"] === "success").map((row) => row.latency_ms)),
		delivery: numbers(told.map((row) => row.delivery_ms)),
	};
}

function expectPercentiles(
	shown: { count: number; p50: number | undefined; p99: number | undefined } | null,
	sorted: readonly number[],
) {
	if (sorted.length === 0) return expect(shown).toBeNull();
	expect(shown?.count).toBe(sorted.length);
	for (const [q, value] of [
		[0.5, shown?.p50],
		[0.99, shown?.p99],
	] as const) {
		const wanted = sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] as number;
		expect(Math.abs((value as number) - wanted)).toBeLessThanOrEqual(0.01 * wanted + 1e-9);
	}
}

async function expectExact(windowMs: number, nowMs = NOW): Promise<void> {
	const shown = await answer(windowMs, nowMs);
	const wanted = await exact(windowMs, nowMs);
	expect(shown.complete).toBe(true);
	expect(shown.notifications).toMatchObject({ total: wanted.total, muted: wanted.muted, byStatus: wanted.byStatus });
	const channels = Object.entries(shown.notifications.byChannel as Record<string, { byStatus: unknown }>);
	expect(Object.fromEntries(channels.map(([name, { byStatus }]) => [name, byStatus]))).toEqual(wanted.byChannel);
	expect(shown.templates).toEqual({ mostUsed: wanted.mostUsed, totalUsage: wanted.templateUses });
	expect(shown.users).toMatchObject({ activeCount: wanted.users, activeCountError: 0 });
	expectPercentiles(shown.latency.endToEnd, wanted.endToEnd);
	expectPercentiles(shown.latency.delivery, wanted.delivery);
}

type Step =
	| { kind: "save"; rows: readonly { id: number; hour: number; status: string; retry: number; latency: number }[] }
	| { kind: "attempt"; id: number; number: number; duration: number }
	| { kind: "fold" }
	| { kind: "fold one"; hour: number }
	| { kind: "begin"; hour: number; fold: number }
	| { kind: "end"; hour: number; fold: number }
	| { kind: "ask"; hours: number };

const hour = fc.integer({ min: 0, max: 5 });
const rowOf = fc.record({
	id: fc.integer({ min: 0, max: 25 }),
	hour,
	status: fc.constantFrom("pending", "success", "failed", "muted"),
	retry: fc.integer({ min: 0, max: 3 }),
	latency: fc.integer({ min: 0, max: 100_000 }),
});
const stepOf: fc.Arbitrary<Step> = fc.oneof(
	{
		weight: 5,
		arbitrary: fc.record({ kind: fc.constant("save" as const), rows: fc.array(rowOf, { minLength: 1, maxLength: 8 }) }),
	},
	{
		weight: 2,
		arbitrary: fc.record({
			kind: fc.constant("attempt" as const),
			id: fc.integer({ min: 0, max: 25 }),
			number: fc.integer({ min: 1, max: 3 }),
			duration: fc.integer({ min: 1, max: 9_000 }),
		}),
	},
	{ weight: 2, arbitrary: fc.record({ kind: fc.constant("fold" as const) }) },
	{ weight: 2, arbitrary: fc.record({ kind: fc.constant("fold one" as const), hour }) },
	{
		weight: 3,
		arbitrary: fc.record({ kind: fc.constant("begin" as const), hour, fold: fc.integer({ min: 0, max: 1 }) }),
	},
	{
		weight: 3,
		arbitrary: fc.record({ kind: fc.constant("end" as const), hour, fold: fc.integer({ min: 0, max: 1 }) }),
	},
	{ weight: 2, arbitrary: fc.record({ kind: fc.constant("ask" as const), hours: fc.integer({ min: 1, max: 5 }) }) },
);

/** What never changes of a message: its row is written by whoever comes first. */
function rowFor(id: number, hoursAgo: number, change: Partial<NotificationLog>): NotificationLog {
	return message(`m${id}`, {
		userId: `u${id % 4}`,
		templateKey: id % 5 === 0 ? null : `t${id % 13}`,
		channelType: ["email", "sms", "lark"][id % 3] as string,
		source: id % 2 === 0 ? "application" : "perdure",
		createdMs: OPEN - hoursAgo * HOUR_MS + 60_000 * (id + 1),
		...change,
	});
}

describe("the business metrics", () => {
	it("agree with an exact account of the rows after any history", { timeout: 120_000 }, async () => {
		let runs = 0;
		await fc.assert(
			fc
				.asyncProperty(fc.array(stepOf, { minLength: 5, maxLength: 30 }), async (steps) => {
					runs++;
					// Folds that have begun and read, and not ended.
					const begun = new Map<string, MessageAccount>();
					for (const step of steps) {
						switch (step.kind) {
							case "save": {
								const rows = new Map(step.rows.map((row) => [row.id, row]));
								await save(
									...[...rows.values()].map(({ id, hour: ago, status, retry, latency }) =>
										rowFor(id, ago, { status, retryCount: retry, latencyMs: status === "success" ? latency : null }),
									),
								);
								break;
							}
							case "attempt":
								await attempt(`m${step.id}`, step.number, step.duration, rowFor(step.id, 1, { status: "success" }));
								break;
							case "fold":
								expect((await foldHours(env.DB, `run-${Math.random()}`, NOW)).ok).toBe(true);
								break;
							case "fold one":
								await foldHour(env.DB, OPEN - step.hour * HOUR_MS, `one-${Math.random()}`, NOW);
								break;
							case "begin": {
								const account = new MessageAccount();
								const at = OPEN - step.hour * HOUR_MS;
								await beginFold(env.DB, hourKey(at), `${step.fold}`);
								await countRows(env.DB, { fromMs: at, toMs: at + HOUR_MS }, (row) => account.add(row));
								begun.set(`${step.hour} ${step.fold}`, account);
								break;
							}
							case "end": {
								const account = begun.get(`${step.hour} ${step.fold}`);
								begun.delete(`${step.hour} ${step.fold}`);
								const key = hourKey(OPEN - step.hour * HOUR_MS);
								if (account !== undefined) await endFold(env.DB, key, `${step.fold}`, account.encode(), NOW);
								break;
							}
							case "ask":
								await expectExact(step.hours * HOUR_MS);
						}
					}
					await expectExact(5 * HOUR_MS);
					await foldHours(env.DB, "last", NOW);
					await expectExact(5 * HOUR_MS);
				})
				.beforeEach(async () => {
					await env.DB.batch(
						["logs", "hours", "channel_hours", "template_hours"]
							.map((name) => env.DB.prepare(`DELETE FROM notification_${name}`))
							.concat(env.DB.prepare("DELETE FROM delivery_attempts")),
					);
				}),
			{ numRuns: 40 },
		);
		expect(runs).toBeGreaterThanOrEqual(40);
	});
});

describe("an answer", () => {
	it("has the seed's shape, and says from when to when", async () => {
		await save(
			message("a", { createdMs: OPEN - 3 * HOUR_MS, latencyMs: 200 }),
			message("b", { createdMs: OPEN - 30 * MINUTE_MS, status: "failed", userId: "u2", error: "no" }),
			message("c", { createdMs: OPEN + MINUTE_MS, status: "pending", channelType: "sms", templateKey: null }),
			message("d", { createdMs: OPEN + MINUTE_MS, status: "muted", channelType: "none", templateKey: null }),
			message("old", { createdMs: OPEN - 30 * HOUR_MS }),
		);
		await foldHours(env.DB, "f", NOW);
		expect(await answer(24 * HOUR_MS)).toMatchObject({
			timestamp: new Date(NOW).toISOString(),
			window: "24h",
			from: new Date(OPEN - 24 * HOUR_MS).toISOString(),
			to: new Date(NOW).toISOString(),
			complete: true,
			notifications: {
				total: 3,
				byStatus: { success: 1, failed: 1, pending: 1 },
				byChannel: {
					email: { total: 2, byStatus: { success: 1, failed: 1 }, successRate: 0.5 },
					sms: { total: 1, byStatus: { pending: 1 }, successRate: null },
				},
				successRate: 0.5,
				muted: 1,
			},
			templates: {
				mostUsed: [{ template_key: "welcome", usage_count: 2, unique_users: 2, unique_users_error: 0 }],
				totalUsage: 2,
			},
			users: { activeCount: 2, activeCountError: 0, period: "24h" },
			queue: { backlog: 3, pending: 4, processingRate: 0.01 },
			latency: {
				endToEnd: { count: 1, average: 200, min: 200, max: 200, p50: 200, p95: 200, p99: 200 },
				delivery: null,
			},
		});
	});

	it("of nothing is nothing, without a rate", async () => {
		const shown = await answer(HOUR_MS);
		expect(shown.notifications).toEqual({ total: 0, byStatus: {}, byChannel: {}, successRate: null, muted: 0 });
		expect(shown).toMatchObject({ templates: { mostUsed: [], totalUsage: 0 }, latency: { endToEnd: null } });
	});

	it("reads rows only of hours that are not folded, and says when they were too many", async () => {
		await save(...Array.from({ length: 30 }, (_, i) => message(`p${i}`, { createdMs: OPEN - HOUR_MS + i })));
		await save(...Array.from({ length: 10 }, (_, i) => message(`q${i}`, { createdMs: OPEN + i })));
		// The newest rows have the place: those of the hour that runs.
		expect(await answer(DAY_MS, NOW, 15)).toMatchObject({ complete: false, notifications: { total: 15 } });
		await foldHours(env.DB, "f", NOW);
		expect(await answer(DAY_MS, NOW, 15)).toMatchObject({ complete: true, notifications: { total: 40 } });
		// What is folded is not counted again: rows that somebody deletes since stay in the account.
		await env.DB.exec("DELETE FROM notification_logs");
		expect(await answer(DAY_MS, NOW, 15)).toMatchObject({ notifications: { total: 30 } });
	});

	it("over 30 days joins what was read in pieces", async () => {
		for (let day = 0; day < 30; day++) {
			await save(
				message(`d${day}`, {
					createdMs: OPEN - day * DAY_MS - HOUR_MS,
					userId: `u${day}`,
					templateKey: `t${day % 12}`,
				}),
			);
			await foldHour(env.DB, OPEN - day * DAY_MS - HOUR_MS, "f", NOW);
		}
		await expectExact(30 * DAY_MS);
		expect((await answer(30 * DAY_MS)).window).toBe("30d");
	});

	it("asks D1 a few times only, however many hours are not folded", async () => {
		let asked = 0;
		const db = {
			prepare: (sql: string) => {
				asked++;
				return env.DB.prepare(sql);
			},
			batch: (statements: D1PreparedStatement[]) => env.DB.batch(statements),
		} as unknown as D1Database;
		await businessAccount(db, DAY_MS, NOW);
		expect(asked).toBeLessThanOrEqual(8);
	});

	it("is a failure as a value when D1 is down", async () => {
		const db = {
			prepare: () => ({ bind: () => ({ all: () => Promise.reject(new Error("away")) }) }),
			batch: () => Promise.reject(new Error("away")),
		} as unknown as D1Database;
		expect(await businessAccount(db, HOUR_MS, NOW)).toMatchObject({ failure: { code: "unavailable" } });
		expect(await foldHours(db, "f", NOW)).toMatchObject({ failure: { code: "unavailable" } });
	});
});

describe("folding", () => {
	it("takes a few hours a run, the newest first, never the one that runs, and comes to an end", async () => {
		const first = await foldHours(env.DB, "f1", NOW);
		expect(first).toMatchObject({ value: { folded: FOLD_HOURS_PER_RUN_MAX, disturbed: 0 } });
		const hours = await env.DB.prepare("SELECT hour FROM notification_hours ORDER BY hour DESC").all<{
			hour: string;
		}>();
		expect(hours.results).toHaveLength(FOLD_HOURS_PER_RUN_MAX);
		expect(hours.results[0]?.hour).toBe(hourKey(OPEN - HOUR_MS));
		// All but two runs' worth: the rest of thirty days would take a while.
		const older = Array.from({ length: 800 }, (_, i) => hourKey(OPEN - (i + 3 * FOLD_HOURS_PER_RUN_MAX) * HOUR_MS));
		await env.DB.prepare("INSERT INTO notification_hours (hour, state) SELECT value, 'folded' FROM json_each(?)")
			.bind(JSON.stringify(older))
			.run();
		for (let run = 2; ; run++) {
			const report = await foldHours(env.DB, `f${run}`, NOW);
			if (report.ok && report.value.waiting === 0) break;
			expect(run).toBeLessThan(4);
		}
		expect(await foldHours(env.DB, "again", NOW)).toMatchObject({ value: { folded: 0, disturbed: 0, waiting: 0 } });
	});

	it("reads an hour in pieces, and leaves out what is beyond its bound, which the answer says", async () => {
		const at = OPEN - HOUR_MS;
		// Three rows of each millisecond: pieces end within one.
		await save(...Array.from({ length: 50 }, (_, i) => message(`m${i}`, { createdMs: at + Math.floor(i / 3) })));
		const whole = new MessageAccount();
		const range = { fromMs: at, toMs: at + HOUR_MS };
		for (const [rows, counted] of [
			[50, { rows: 50, isAll: true }],
			[49, { rows: 49, isAll: false }],
			[0, { rows: 0, isAll: false }],
		] as const) {
			const read = await countRows(env.DB, range, (row) => whole.add(row), { perRead: 7, rows });
			expect(read).toEqual({ ok: true, value: counted });
		}
		expect(whole.templateUses).toBe(99);
		await foldHour(env.DB, at, "f", NOW, { perRead: 7, rows: 40 });
		expect(await answer(HOUR_MS)).toMatchObject({ complete: false, notifications: { total: 40 } });
	});

	it("is not believed when a row came while it read, or when another one began", async () => {
		const at = OPEN - HOUR_MS;
		await save(message("a", { createdMs: at }));
		await beginFold(env.DB, hourKey(at), "one");
		const account = new MessageAccount();
		await countRows(env.DB, { fromMs: at, toMs: at + HOUR_MS }, (row) => account.add(row));
		await save(message("b", { createdMs: at }));
		expect(await endFold(env.DB, hourKey(at), "one", account.encode(), NOW)).toEqual({ ok: true, value: false });
		await beginFold(env.DB, hourKey(at), "two");
		expect(await endFold(env.DB, hourKey(at), "one", account.encode(), NOW)).toEqual({ ok: true, value: false });
		await expectExact(HOUR_MS);
	});

	it("costs a message nothing while its hour is not folded", async () => {
		const statements = notificationLogStatements(env.DB, [message("a", { createdMs: OPEN - HOUR_MS })]);
		const mark = (await env.DB.batch([...statements])).at(-1);
		expect(mark?.meta.rows_written).toBe(0);
		await foldHour(env.DB, OPEN - HOUR_MS, "f", NOW);
		const late = [...notificationLogStatements(env.DB, [message("b", { createdMs: OPEN - HOUR_MS })])];
		expect((await env.DB.batch(late)).at(-1)?.meta.rows_written).toBe(1);
	});
});

describe("an account of one hour", () => {
	const row = (change: object) => ({
		id: 1,
		user_id: "u",
		template_key: "t",
		channel_type: "c",
		status: "success",
		latency_ms: 1,
		delivery_ms: null,
		created_at: "",
		...change,
	});

	it("tells so many channels, statuses and templates apart; what is beyond is counted all the same", () => {
		const account = new MessageAccount();
		for (let i = 0; i < CHANNELS_PER_HOUR_MAX + 20; i++) account.add(row({ channel_type: `c${i}` }));
		for (let i = 0; i < 40; i++) account.add(row({ channel_type: "c0", status: `s${i}` }));
		for (let i = 0; i < TEMPLATES_PER_HOUR_MAX + 20; i++) account.add(row({ template_key: `t${i}` }));
		expect(account.channels.size).toBe(CHANNELS_PER_HOUR_MAX + 1);
		expect(account.channels.get(OTHERS)?.statuses.get("success")).toBeGreaterThanOrEqual(20);
		let sum = 0;
		for (const { statuses } of account.channels.values()) for (const messages of statuses.values()) sum += messages;
		expect(sum).toBe(account.templateUses);
		expect(account.templates.size).toBe(TEMPLATES_PER_HOUR_MAX);
	});

	it("counts different users within its error, and never stores more than its bound", () => {
		const account = new MessageAccount();
		for (let i = 0; i < 20_000; i++) account.add(row({ user_id: `user-${i}`, latency_ms: i }));
		expect(Math.abs(account.users.count() / 20_000 - 1)).toBeLessThan(3 * account.users.error);
		const stored = account.encode();
		expect(stored.users.length).toBeLessThanOrEqual(8 * (DISTINCT_EXACT_MAX + 1));
		const bytes = Uint8Array.from(atob(stored.channels[0]?.endToEnd ?? ""), (char) => char.charCodeAt(0));
		expect(bytes.length).toBeLessThan(3_000);
		expect(Sketch.decode(new ByteReader(bytes))).toMatchObject({ ok: true, value: { count: 20_000 } });
	});
});
