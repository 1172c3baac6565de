/** Two application Workers, each in its own isolate, record and judge at the same time. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestHarness } from "wrangler";

const ROOT = join(import.meta.dirname, "../..");
const TOKEN = "a-token-of-this-test-alone";
const APPS = ["app-one", "app-two"];
const CALLS_PER_APP = 40;
const MINUTE_MS = 60_000;
const RULES = `groups:
  - name: two workers
    rules:
      - alert: CALLS
        expr: sum(app_calls) >= ${2 * CALLS_PER_APP}
        labels: { severity: critical }
      - alert: ERRORS
        expr: sum by (worker) (app_errors) >= ${2 * CALLS_PER_APP}
        labels: { severity: critical }
`;

const told: string[] = [];
let receiver: Server;
let server: ReturnType<typeof createTestHarness>;

beforeAll(async () => {
	receiver = createServer(async (request, response) => {
		let body = "";
		for await (const chunk of request) body += String(chunk);
		const { alerts } = JSON.parse(body) as { alerts: { status: string; labels: Record<string, string> }[] };
		for (const { status, labels } of alerts)
			told.push(`${labels["alertname"]} ${labels["worker"] ?? "both"} ${status}`);
		response.writeHead(204).end();
	});
	await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", done));
	const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
	server = createTestHarness({
		root: ROOT,
		workers: [
			{ configPath: "test/defects/fixtures/one.toml" },
			{ configPath: "test/defects/fixtures/two.toml" },
			{ configPath: "wrangler.toml", vars: { DEVELOPMENT: "true", ADMIN_TOKEN: TOKEN, RECEIVER_WEBHOOK_URL: url } },
		],
	});
	await server.listen();
}, 90_000);

afterAll(async () => {
	await server.close();
	receiver.closeAllConnections();
	receiver.close();
});

async function perdure<T>(method: string, path: string, body?: string, type = "application/json"): Promise<T> {
	const headers = { authorization: `Bearer ${TOKEN}`, ...(body !== undefined && { "content-type": type }) };
	const init = { method, headers, ...(body !== undefined && { body }) };
	const reply = await server.getWorker("perdure").fetch(`http://perdure${path}`, init);
	return (await reply.json()) as T;
}

/** Each application is called so often, all at once; gives what each isolate believes to have seen. */
async function callBoth(): Promise<number[]> {
	const calls = APPS.map((app) =>
		Promise.all(
			Array.from({ length: CALLS_PER_APP }, async () => {
				const reply = await server.getWorker(app).fetch(`http://${app}/`);
				return ((await reply.json()) as { seenHere: number }).seenHere;
			}),
		),
	);
	return (await Promise.all(calls)).map((seen) => Math.max(...seen));
}

/** Cron and both applications set off ticks beside each other, several times. */
async function judgeAtOnce(): Promise<void> {
	const ticks = Array.from({ length: 3 }, () => [
		...APPS.map(async (app) => {
			await (await server.getWorker(app).fetch(`http://${app}/judge`)).arrayBuffer();
		}),
		server
			.getWorker("perdure")
			.scheduled({ cron: "* * * * *", scheduledTime: new Date() })
			.then(() => undefined),
	]);
	await Promise.all(ticks.flat());
}

async function until<T>(look: () => Promise<T> | T, isThere: (seen: T) => boolean): Promise<T> {
	const deadlineMs = Date.now() + 30_000;
	for (;;) {
		const seen = await look();
		if (isThere(seen) || Date.now() > deadlineMs) return seen;
		await new Promise((done) => setTimeout(done, 100));
	}
}

type Series = { readonly series?: readonly { labels: Record<string, string>; count: number; sum: number }[] };

async function sumsOf(metric: string): Promise<Record<string, number>> {
	const { series } = await perdure<Series>("GET", `/api/metrics/${metric}/series`);
	return Object.fromEntries((series ?? []).map(({ labels, sum }) => [labels["worker"] ?? "both", sum]));
}

async function openDeliveries(): Promise<number> {
	type Deliveries = { readonly deliveries: readonly { readonly state: string }[] };
	const { deliveries } = await perdure<Deliveries>("GET", "/api/v1/deliveries?limit=500");
	return deliveries.filter(({ state }) => state === "pending" || state === "sending").length;
}

describe("defect 1: metrics and cooldown in static Maps are lost with the isolate and doubled across isolates", () => {
	it("counts what two isolates record to the last call, and tells each alert once", async () => {
		await perdure("PUT", "/api/v1/rules/groups", RULES, "application/yaml");

		const seen = (await Promise.all([callBoth(), judgeAtOnce()]))[0];
		expect(seen, "what each isolate saw is half of it").toEqual([CALLS_PER_APP, CALLS_PER_APP]);
		const total = await until(
			() => sumsOf("app.calls"),
			(sums) => sums["both"] === 2 * CALLS_PER_APP,
		);
		expect(total).toEqual({ both: 2 * CALLS_PER_APP });

		// The next minutes: ticks beside each other, while both go on recording.
		for (let minute = 1; minute <= 3; minute++) {
			await perdure("PUT", "/api/v1/dev/clock", JSON.stringify({ offsetMs: minute * MINUTE_MS }));
			await Promise.all([callBoth(), judgeAtOnce()]);
			// A jump of the clock over a delivery on its way would make it look lost.
			expect(await until(openDeliveries, (count) => count === 0)).toBe(0);
		}
		const rounds = 4;
		await until(
			() => sumsOf("app.calls"),
			(sums) => sums["both"] === 2 * CALLS_PER_APP * rounds,
		);
		expect(await sumsOf("app.calls")).toEqual({ both: 2 * CALLS_PER_APP * rounds });
		const errors = 2 * CALLS_PER_APP * rounds;
		await until(
			() => sumsOf("app.errors"),
			(sums) => sums["one"] === errors && sums["two"] === errors,
		);
		expect(await sumsOf("app.errors")).toEqual({ one: errors, two: errors });
		const last = CALLS_PER_APP * rounds;
		const latencies = (last * (last + 1)) / 2;
		expect(await sumsOf("app.latency")).toEqual({ one: latencies, two: latencies });

		// Whatever would come twice has time to come.
		await judgeAtOnce();
		await new Promise((done) => setTimeout(done, 1_500));
		expect(told.toSorted()).toEqual(["CALLS both firing", "ERRORS one firing", "ERRORS two firing"]);
	}, 120_000);
});
