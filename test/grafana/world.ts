/**
 * Perdure and the example application, whole, in real workerd at an address of their own, after some traffic: what a
 * Grafana that is pointed at this address finds is what the example recorded, and nothing that a test put there for it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createTestHarness } from "wrangler";

export const ROOT = join(import.meta.dirname, "../..");
export const TOKEN = "a-token-of-the-grafana-tests-alone";
const MINUTE_MS = 60_000;
const ROUNDS = 3;
/** The name under which `notify-api` is in the world. */
const EXAMPLE = "notify-api";

/** One alert that fires at once, so that there is something to list and to deliver. */
const RULES = `groups:
  - name: grafana
    rules:
      - alert: SHOWN_IN_GRAFANA
        expr: sum(rate(api_requests[5m])) > 0
        labels: {severity: warning}
        annotations: {summary: "requests come in"}
`;

export type World = {
	/** `http://127.0.0.1:port`, of Perdure. */
	readonly url: string;
	/** Perdure's clock, Unix milliseconds: that of the machine and what the rounds moved it. */
	nowMs(): number;
	/** Any request to Perdure, with the token unless told otherwise. */
	ask(method: string, path: string, body?: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
	close(): Promise<void>;
};

export async function openWorld(): Promise<World> {
	const server = createTestHarness({
		root: ROOT,
		workers: [
			{ configPath: "wrangler.toml", vars: { DEVELOPMENT: "true", ADMIN_TOKEN: TOKEN } },
			{ configPath: "examples/notify-api/wrangler.toml" },
		],
	});
	const url = (await server.listen()).url.href.replace(/\/$/, "");
	const migrations = [
		["perdure", "migrations"],
		[EXAMPLE, "examples/notify-api/migrations"],
	] as const;
	for (const [worker, folder] of migrations) {
		const { DB } = await server.getWorker<{ DB: D1Database }>(worker).getEnv();
		await migrate(DB, join(ROOT, folder));
	}
	let offsetMs = 0;
	const world: World = {
		url,
		nowMs: () => Date.now() + offsetMs,
		ask: (method, path, body, headers = {}) =>
			fetch(`${url}${path}`, {
				method,
				headers: { authorization: `Bearer ${TOKEN}`, ...headers },
				...(body !== undefined && { body }),
			}),
		close: () => server.close(),
	};
	const example = server.getWorker(EXAMPLE);
	const call = async (path: string, body?: object): Promise<void> => {
		const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
		await (await example.fetch(`http://${EXAMPLE}${path}`, init)).arrayBuffer();
	};
	await put(world, "/api/v1/rules/groups", RULES, "application/yaml");
	for (let round = 0; round < ROUNDS; round++) {
		await traffic(call);
		await example.scheduled({ cron: "* * * * *", scheduledTime: new Date() });
		await untilCounted(world, round + 1);
		offsetMs += MINUTE_MS;
		await put(world, "/api/v1/dev/clock", JSON.stringify({ offsetMs }), "application/json");
		// Refused, and counted as that.
		await world.ask("POST", "/api/v1/record", '{"name": "", "value": 1}', { "content-type": "application/json" });
		await (await world.ask("POST", "/api/v1/dev/tick")).arrayBuffer();
	}
	return world;
}

/** Every route of the example, and requests that fail. */
async function traffic(call: (path: string, body?: object) => Promise<void>): Promise<void> {
	for (const channel of ["email", "sms", "push"])
		for (let i = 0; i < 4; i++) await call("/api/send-notification", { userId: "1", channel, template: "welcome" });
	await call("/demo/behaviour", { errorRate: 1 });
	await call("/api/send-notification", { userId: "2", channel: "sms" });
	await call("/demo/behaviour", {});
	await call("/api/users/1");
	await call("/api/users/1");
	await call("/api/notifications/none");
	await call("/api/slow?ms=20");
	await call("/api/fail?rate=1");
}

/** Until what this round's rarest event recorded has arrived: the example sends what it has once a second. */
async function untilCounted(world: World, rounds: number): Promise<void> {
	const wanted = { "notification.total": 12 * rounds, "probe.duration": 2 * rounds, "api.errors": 2 * rounds };
	for (const [name, least] of Object.entries(wanted)) {
		for (const deadlineMs = Date.now() + 30_000; ; ) {
			const reply = await world.ask("GET", `/api/metrics/${name}?window=1h`);
			const { count = 0, sum = 0 } = (await reply.json()) as { count?: number; sum?: number };
			if ((name === "probe.duration" ? count : sum) >= least) break;
			if (Date.now() > deadlineMs) throw new Error(`'${name}' stays at ${count} (sum ${sum}), not ${least}`);
			await new Promise((done) => setTimeout(done, 100));
		}
	}
}

async function put(world: World, path: string, body: string, type: string): Promise<void> {
	const reply = await world.ask("PUT", path, body, { "content-type": type });
	if (!reply.ok) throw new Error(`${path}: ${reply.status} ${await reply.text()}`);
	await reply.arrayBuffer();
}

async function migrate(database: D1Database, folder: string): Promise<void> {
	for (const file of readdirSync(folder).sort()) {
		const sql = readFileSync(join(folder, file), "utf8").replace(/--.*$/gm, "");
		for (const statement of sql.split(";")) if (statement.trim() !== "") await database.prepare(statement).run();
	}
}
