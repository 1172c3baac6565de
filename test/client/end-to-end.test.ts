/** The example and the whole of Perdure in real workerd: what the client recorded is there, exact, and messages are rows. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createTestHarness } from "wrangler";

const ROOT = join(import.meta.dirname, "../..");
const SENT = 7;
const server = createTestHarness({
	root: ROOT,
	workers: [
		{ configPath: "examples/notify-api/wrangler.toml" },
		{ configPath: "wrangler.toml", vars: { DEVELOPMENT: "true", PUBLIC_METRICS: "true" } },
	],
});

beforeAll(async () => {
	await server.listen();
	await applyMigrations("notify-api", "examples/notify-api/migrations");
	await applyMigrations("perdure", "migrations");
}, 90_000);
afterAll(() => server.close());

async function applyMigrations(worker: string, folder: string): Promise<void> {
	const { DB } = await server.getWorker<{ DB: D1Database }>(worker).getEnv();
	for (const file of readdirSync(join(ROOT, folder)).sort()) {
		const sql = readFileSync(join(ROOT, folder, file), "utf8").replace(/--.*$/gm, "");
		for (const statement of sql.split(";")) if (statement.trim() !== "") await DB.prepare(statement).run();
	}
}

/** What `look` answers, as soon as `check` likes it. */
async function until<T>(look: () => Promise<T>, check: (seen: T) => boolean): Promise<T> {
	for (const deadlineMs = Date.now() + 25_000; Date.now() < deadlineMs; ) {
		const seen = await look();
		if (check(seen)) return seen;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	throw new Error(`it did not come to that: ${JSON.stringify(await look())}`);
}

it("counts every request once, under its route, and keeps every message", async () => {
	const body = JSON.stringify({ userId: "1", channel: "email" });
	for (let i = 0; i < SENT; i++) {
		expect((await server.fetch("/api/send-notification", { method: "POST", body })).status).toBe(202);
	}
	const { DB } = await server.getWorker<{ DB: D1Database }>("perdure").getEnv();
	const rows = await until(
		async () => (await DB.prepare("SELECT status, source, template_key FROM notification_logs").all()).results,
		(seen) => seen.length === SENT,
	);
	expect(rows[0]).toEqual({ status: "success", source: "application", template_key: "welcome" });
	const series = await until(
		async () => {
			const answer = await server.getWorker("perdure").fetch("http://perdure/api/metrics/api.response_time/series");
			return ((await answer.json()) as { series?: { labels: Record<string, string>; count: number }[] }).series ?? [];
		},
		(seen) => seen.reduce((sum, one) => sum + one.count, 0) === SENT,
	);
	expect(series.map((one) => one.labels)).toEqual([
		{ endpoint: "/api/send-notification", environment: "development", method: "POST", status: "202" },
	]);
}, 120_000);
