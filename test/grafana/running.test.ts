/** A Grafana with the provisioned data source and dashboard, asked of a running Perdure that the example application recorded into. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../src/model/limits.ts";
import { validate } from "../../src/promql/check.ts";
import {
	type Chosen,
	type DataSource,
	headersOf,
	loadDashboard,
	milliseconds,
	type Panel,
	provisionedDataSource,
	requestOf,
	type Target,
	variable,
} from "./grafana.ts";
import { openWorld, ROOT, TOKEN, type World } from "./world.ts";

type Labels = Readonly<Record<string, string>>;
type Point = readonly [number, string];
type Series = { readonly metric: Labels; readonly values?: readonly Point[]; readonly value?: Point };
type Reply = {
	readonly status: string;
	readonly data: { readonly resultType: string; readonly result: readonly Series[] };
	readonly warnings?: readonly string[];
	readonly infos?: readonly string[];
};

/** The panels of the dashboard that people had before: its data source pointed nowhere, and nothing exposed its series. */
const SEEDS = {
	"API response time": "histogram_quantile(0.95, rate(api_response_time_bucket[5m]))",
	"notification success rate": "sum(rate(notification_success[5m])) / sum(rate(notification_total[5m])) * 100",
	"error rate": "sum(rate(api_errors[5m])) by (endpoint)",
	"queue backlog": "queue_backlog",
} as const;

/** Counted only when something of Perdure's own goes wrong: there is no series before, and the panel says 0. */
const FAULTS = [
	"perdure_deliveries_dead_total",
	"perdure_history_failed_total",
	"perdure_jobs_failed_total",
	"perdure_log_rows_dropped_total",
	"perdure_tail_dropped_total",
	"perdure_ticks_failed_total",
];

const dashboard = loadDashboard();
const targets = dashboard.panels.flatMap((panel) =>
	(panel.targets ?? []).map((target) => ({ title: `${panel.title}, ${target.legendFormat}`, panel, target })),
);
const ALL: Chosen = { endpoint: [], interval: "auto" };

let world: World;
let source: DataSource;
beforeAll(async () => {
	world = await openWorld();
	source = provisionedDataSource({ PERDURE_URL: world.url, PERDURE_TOKEN: TOKEN });
}, 120_000);
afterAll(() => world.close());

/** A request as Grafana's back end sends it: to the data source's address, with its headers, as a form. */
async function send(path: string, form: Readonly<Record<string, string>>): Promise<Reply> {
	const reply = await fetch(`${source.url}/api/v1/${path}`, {
		method: "POST",
		headers: { ...headersOf(source), "content-type": "application/x-www-form-urlencoded" },
		body: new URLSearchParams(form).toString(),
	});
	expect(reply.status, `${JSON.stringify(form)}: ${await reply.clone().text()}`).toBe(200);
	return (await reply.json()) as Reply;
}
async function get(path: string): Promise<unknown> {
	const reply = await fetch(`${source.url}/api/v1/${path}`, { headers: headersOf(source) });
	expect(reply.status).toBe(200);
	return ((await reply.json()) as { data: unknown }).data;
}

/** The last hour, at the width that the panel has on a usual screen. */
function viewOf(panel: Panel, rangeMs: number = HOUR_MS) {
	const toMs = Math.floor(world.nowMs());
	return { fromMs: toMs - rangeMs, toMs, width: Math.round((panel.gridPos.w / 24) * 1_500) };
}
async function draw(panel: Panel, target: Target, chosen = ALL, rangeMs: number = HOUR_MS): Promise<Reply> {
	const { path, form } = requestOf(target, panel, dashboard, source, viewOf(panel, rangeMs), chosen);
	return send(path, form);
}
const range = (query: string, rangeMs: number = HOUR_MS) => {
	const endS = Math.floor(world.nowMs() / 1_000 / 15) * 15;
	return send("query_range", { query, start: String(endS - rangeMs / 1_000), end: String(endS), step: "15" });
};
const numbers = ({ data }: Reply) =>
	data.result.flatMap(({ values = [], value }) =>
		[...values, ...(value === undefined ? [] : [value])].map(([, v]) => +v),
	);
const panelOf = (title: string): Panel => {
	const panel = dashboard.panels.find((one) => one.title === title && one.targets !== undefined);
	if (panel === undefined) throw new Error(`there is no panel '${title}'`);
	return panel;
};

/** All of Perdure. */
function sourceText(): string {
	const folder = join(ROOT, "src");
	const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
	return files.map((name) => readFileSync(join(folder, name), "utf8")).join("\n");
}

/** The names that an expression selects. */
function namesIn(query: string): string[] {
	const names: string[] = [];
	const walk = (node: unknown): void => {
		if (typeof node !== "object" || node === null) return;
		const { kind, matchers } = node as { kind?: string; matchers?: readonly { name: string; value: string }[] };
		if (kind === "selector")
			names.push(...(matchers ?? []).filter(({ name }) => name === "__name__").map(({ value }) => value));
		for (const child of Object.values(node)) walk(child);
	};
	const parsed = validate(query);
	expect(parsed.ok, query).toBe(true);
	walk(parsed);
	return names;
}

describe("the dashboard on what the example application recorded", () => {
	it.each(targets)("draws $title", async ({ panel, target }) => {
		const reply = await draw(panel, target);
		expect(reply.data.resultType).toBe(target.instant ? "vector" : "matrix");
		expect(reply.warnings ?? []).toEqual([]);
		expect(reply.infos ?? []).toEqual([]);
		expect(reply.data.result.length).toBeGreaterThan(0);
		expect(numbers(reply).some(Number.isFinite), "a number that can be drawn").toBe(true);
		const wanted = [...target.legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label as string);
		for (const { metric } of reply.data.result) {
			expect(Object.keys(metric), "every line has its own name").toEqual(wanted);
		}
	});

	it("answers the same expressions over time where a panel asks for one moment, as when its kind is changed", async () => {
		for (const { panel, target } of targets.filter((one) => one.target.instant)) {
			const reply = await draw(panel, { ...target, instant: false, range: true });
			expect(reply.data.resultType).toBe("matrix");
			expect(numbers(reply).some(Number.isFinite), target.expr).toBe(true);
		}
	});

	it("has figures that fit together", async () => {
		const last = async (title: string, at = 0): Promise<Record<string, number>> => {
			const panel = panelOf(title);
			const reply = await draw(panel, panel.targets?.[at] as Target);
			return Object.fromEntries(
				reply.data.result.map(({ metric, values, value }) => [
					Object.values(metric)[0] ?? "",
					Number((value ?? values?.findLast(([, v]) => Number.isFinite(+v)))?.[1]),
				]),
			);
		};
		const [p50, p95, p99] = [0, 1, 2].map(async (at) => (await last("API response time", at))[""] ?? Number.NaN);
		expect(await p50).toBeGreaterThanOrEqual(0);
		expect(await p95).toBeGreaterThanOrEqual((await p50) as number);
		expect(await p99).toBeGreaterThanOrEqual((await p95) as number);
		expect((await last("P95 by endpoint"))["/api/slow"]).toBeGreaterThan(15);
		const errors = await last("Error rate by endpoint");
		expect(errors["/api/fail"]).toBe(1);
		expect(errors["/api/slow"]).toBe(0);
		expect((await last("Notification success rate"))[""]).toBeGreaterThan(0.5);
		expect(await last("Probes")).toEqual({ cache: 1, database: 1 });
		expect(await last("Availability")).toEqual({ cache: 1, database: 1 });
		expect(await last("Own faults")).toEqual({ "": 0 });
	});

	it("fills its variable with the endpoints, and shows those that are chosen", async () => {
		const { query } = variable(dashboard, "endpoint");
		const text = typeof query === "string" ? query : query.query;
		const [, selector = "", label = ""] = /^label_values\((.+), (\w+)\)$/.exec(text) ?? [];
		const { fromMs, toMs } = viewOf(panelOf("Requests by endpoint"));
		const span = `start=${Math.floor(fromMs / 1_000)}&end=${Math.ceil(toMs / 1_000)}`;
		const endpoints = await get(`label/${label}/values?${span}&match[]=${encodeURIComponent(selector)}`);
		expect(endpoints).toEqual([
			"/api/fail",
			"/api/send-notification",
			"/api/slow",
			"/api/users/:id",
			"/demo/behaviour",
			":other",
		]);
		const panel = panelOf("Requests by endpoint");
		for (const endpoint of [["/api/slow"], ["/api/slow", "/api/users/:id"]]) {
			const reply = await draw(panel, panel.targets?.[0] as Target, { endpoint, interval: "5m" });
			expect(reply.data.result.map(({ metric }) => metric["endpoint"])).toEqual(endpoint);
		}
		const none = await draw(panel, panel.targets?.[0] as Target, { endpoint: ["/api.slow"], interval: "5m" });
		expect(none.data.result, "a dot is a dot").toEqual([]);
	});

	it("lists the alert that fires, as its alert lists ask for it", async () => {
		const { groups } = (await get("rules")) as { groups: { rules: Record<string, unknown>[] }[] };
		const rules = groups.flatMap((group) => group.rules);
		expect(rules.find(({ name }) => name === "SHOWN_IN_GRAFANA")).toMatchObject({
			type: "alerting",
			state: "firing",
			alerts: [{ state: "firing", labels: { severity: "warning" }, annotations: { summary: "requests come in" } }],
		});
	});
});

describe("the seeds' dashboard, as it stands", () => {
	it.each(Object.entries(SEEDS))("draws the %s", async (_name, query) => {
		for (const reply of [await range(query), await send("query", { query, time: String(world.nowMs() / 1_000) })]) {
			expect(reply.warnings ?? []).toEqual([]);
			expect(numbers(reply).some(Number.isFinite)).toBe(true);
		}
	});

	it("has the labels and sizes that its panels take for granted", async () => {
		const errors = await range(SEEDS["error rate"]);
		const byEndpoint = errors.data.result.map(({ metric }) => metric);
		expect(byEndpoint).toContainEqual({ endpoint: "/api/fail" });
		expect(byEndpoint.every((metric) => Object.keys(metric).join() === "endpoint")).toBe(true);
		const success = numbers(await range(SEEDS["notification success rate"])).filter(Number.isFinite);
		expect(Math.max(...success)).toBeLessThanOrEqual(100);
		expect(Math.max(...success)).toBeGreaterThan(50);
		expect((await range(SEEDS["queue backlog"])).data.result[0]?.metric).toMatchObject({ queue: "notify-messages" });
		const p95 = await range(SEEDS["API response time"]);
		expect(p95.data.result.map(({ metric }) => metric["endpoint"])).toContain("/api/send-notification");
	});

	it("is answered under the names with dots, too", async () => {
		const dotted: Readonly<Record<string, string>> = {
			api_response_time_bucket: '{"api.response_time_bucket"}',
			notification_success: '{"notification.success"}',
			notification_total: '{"notification.total"}',
			api_errors: '{"api.errors"}',
			queue_backlog: '{"queue.backlog"}',
		};
		for (const query of Object.values(SEEDS)) {
			const withDots = query.replaceAll(/\b(?:api|notification|queue)_\w+/g, (name) => dotted[name] as string);
			expect(withDots).not.toBe(query);
			const nameless = ({ data }: Reply) =>
				data.result.map(({ metric: { __name__, ...rest }, ...values }) => [rest, values]);
			expect(nameless(await range(withDots))).toEqual(nameless(await range(query)));
		}
	});
});

describe("defect 9: the dashboards query series that nothing exposes; the data source points at a port where nothing listens", () => {
	it("has a data source that saves and tests, and whose token is needed", async () => {
		expect(await send("query", { query: "1+1", time: "4" })).toEqual({
			status: "success",
			data: { resultType: "scalar", result: [4, "2"] },
		});
		expect(await get("status/buildinfo")).toMatchObject({ version: source.jsonData["prometheusVersion"] });
		const bare = await fetch(`${source.url}/api/v1/query?query=1`);
		expect(bare.status).toBe(401);
		await bare.arrayBuffer();
	});

	it("asks for no series that is not there, but for counters of faults that did not happen", async () => {
		const exposed = new Set((await get("label/__name__/values")) as string[]);
		const queries = targets.map(({ panel, target }) => requestOf(target, panel, dashboard, source, viewOf(panel), ALL));
		const asked = [...queries.map(({ form }) => form["query"] ?? ""), ...Object.values(SEEDS)].flatMap(namesIn);
		expect(asked.length).toBeGreaterThan(40);
		const code = sourceText();
		for (const name of FAULTS) {
			const counted = `selfCount("${name.replace(/^perdure_(.+)_total$/, "$1")}"`;
			expect(code, "what is not there now is there when it happens").toContain(counted);
		}
		const missing = [...new Set(asked)].filter((name) => !exposed.has(name)).sort();
		expect(missing).toEqual(FAULTS.filter((name) => !exposed.has(name)));
	});
});

describe("a longer time", () => {
	/** Three days of requests every minute, one in four of them an error. */
	const EVERY_MS = MINUTE_MS;
	const COUNT = (3 * DAY_MS) / EVERY_MS;

	beforeAll(async () => {
		const endMs = Math.floor(world.nowMs() / EVERY_MS) * EVERY_MS;
		const timestamps = Array.from({ length: COUNT }, (_, i) => endMs - (COUNT - 1 - i) * EVERY_MS);
		const labels = { endpoint: "/old" };
		const ones = timestamps.map(() => 1);
		const errors = timestamps.filter((_, i) => i % 4 === 0);
		const series = [
			{ name: "old.requests", kind: "counter", labels, values: ones, timestamps },
			{ name: "old.errors", kind: "counter", labels, values: errors.map(() => 1), timestamps: errors },
			{ name: "old.backlog", kind: "gauge", labels: { queue: "old" }, values: ones, timestamps },
			{ name: "old.response_time", labels, values: ones.map((_, i) => 100 + (i % 10)), timestamps },
		];
		const body = JSON.stringify({ series });
		const reply = await world.ask("POST", "/api/v1/record", body, { "content-type": "application/json" });
		expect(await reply.json()).toMatchObject({ dropped: 0 });
		await vi.waitFor(async () => {
			const query =
				"sum(old_requests_total) + sum(old_errors_total) + sum(old_backlog) + histogram_count(sum(old_response_time))";
			expect(numbers(await send("query", { query }))).toHaveLength(1);
		}, 15_000);
	});

	it.each(["15m", "1h", "6h", "12h", "22h", "1d", "2d", "7d"])("of %s has no holes", async (text) => {
		const rangeMs = milliseconds(text);
		for (const title of [
			"API response time",
			"Requests by endpoint",
			"Error rate by endpoint",
			"Queue backlog over time",
		]) {
			const panel = panelOf(title);
			const [first] = panel.targets as [Target];
			const target = { ...first, expr: first.expr.replaceAll(/\b(api|queue)_/g, "old_") };
			const { form } = requestOf(target, panel, dashboard, source, viewOf(panel, rangeMs), ALL);
			const reply = await send("query_range", form);
			const [start, end, step] = [form["start"], form["end"], form["step"]].map(Number) as [number, number, number];
			// The oldest of the three days is left out: there a window begins before the first request.
			const fromS = Math.max(start, end - (2 * DAY_MS) / 1_000);
			const wanted: number[] = [];
			for (let s = start; s <= end; s += step) if (s >= fromS) wanted.push(s);
			const got = new Map(reply.data.result[0]?.values ?? []);
			const holes = wanted.filter((s) => !Number.isFinite(Number(got.get(s) ?? "NaN")));
			expect(holes.length, `${title}: ${form["query"]} at ${holes.map((s) => end - s).join(", ")}`).toBe(0);
		}
	});
});
