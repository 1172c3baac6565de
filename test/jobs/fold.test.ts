/** The job that folds hours: in its minute, quiet, and again until all is folded. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { saveNotificationLogs } from "../../src/db/notification-logs.ts";
import { fold } from "../../src/jobs/fold.ts";
import { FOLD_HOURS_PER_RUN_MAX, HOUR_MS, MINUTE_MS } from "../../src/model/limits.ts";

const OPEN = Date.UTC(2026, 6, 1, 9);
const folded = () => env.DB.prepare("SELECT COUNT(*) AS n FROM notification_hours WHERE state = 'folded'").first("n");

describe("the job that folds hours", () => {
	it("runs every five minutes, and says nothing of it", async () => {
		expect(await fold(env, OPEN)).toEqual({ kind: "quiet", result: null });
		expect(await folded()).toBe(0);
		expect(await fold(env, OPEN + 2 * MINUTE_MS)).toMatchObject({ kind: "quiet", result: { disturbed: 0 } });
		expect(await folded()).toBe(FOLD_HOURS_PER_RUN_MAX);
		expect(await fold(env, OPEN + 7 * MINUTE_MS)).toMatchObject({ result: { folded: FOLD_HOURS_PER_RUN_MAX } });
	});

	it("takes an hour again to which a row came late, before those that are older", async () => {
		const at = OPEN - HOUR_MS;
		const row = {
			messageId: "late",
			userId: "u",
			templateKey: null,
			channelType: "sms",
			status: "success",
			retryCount: 0,
			error: null,
			latencyMs: 1,
			source: "application" as const,
			createdMs: at,
			updatedMs: at,
		};
		await saveNotificationLogs(env.DB, [row]);
		await fold(env, OPEN + 12 * MINUTE_MS);
		const { results } = await env.DB.prepare("SELECT statuses FROM notification_channel_hours").all();
		expect(results).toEqual([{ statuses: '{"success":1}' }]);
	});

	it("fails by value when D1 does not answer", async () => {
		const db = {
			prepare: () => ({ bind: () => ({ all: () => Promise.reject(new Error("away")) }) }),
		} as unknown as D1Database;
		const answer = await fold({ ...env, DB: db }, OPEN + 2 * MINUTE_MS);
		expect(answer).toMatchObject({ kind: "failed", error: "D1 did not answer" });
	});
});
