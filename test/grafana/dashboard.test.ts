/** The files of examples/grafana by themselves: what Grafana needs is in them, and no secret is. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { FINE_KEPT_MS, FINE_SLOT_MS, HOUR_KEPT_MS, HOUR_MS, MINUTE_MS } from "../../src/model/limits.ts";
import { validate } from "../../src/promql/check.ts";
import {
	autoInterval,
	type Dashboard,
	loadDashboard,
	milliseconds,
	type Panel,
	provisionedDataSource,
	provisioning,
	requestOf,
	variable,
} from "./grafana.ts";
import { ROOT } from "./world.ts";

const dashboard = loadDashboard();
const source = provisionedDataSource({ PERDURE_URL: "https://perdure.example", PERDURE_TOKEN: "secret" });
const shown = dashboard.panels.filter(({ type }) => type !== "row");
const view = { fromMs: 0, toMs: HOUR_MS, width: 750 };

describe("the dashboard", () => {
	it("is of a schema that Grafana 10 has and later ones migrate", () => {
		expect(dashboard.schemaVersion).toBe(38);
		expect(dashboard.uid).toMatch(/^[a-z-]{1,40}$/);
		expect((dashboard as Dashboard & { id?: unknown }).id, "ids are Grafana's own").toBeUndefined();
	});

	it("has panels that are drawn as plugins that Grafana ships, each once, and none over another", () => {
		expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
		expect([...new Set(dashboard.panels.map(({ type }) => type))].sort()).toEqual([
			"alertlist",
			"gauge",
			"row",
			"stat",
			"state-timeline",
			"timeseries",
		]);
		const taken = new Map<string, string>();
		for (const { title, gridPos } of dashboard.panels) {
			expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
			for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
				for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
					expect(taken.get(`${x} ${y}`), `under ${title}`).toBeUndefined();
					taken.set(`${x} ${y}`, title);
				}
			}
		}
	});

	it("says of each panel what it is and in which unit, and names its lines", () => {
		for (const panel of shown) {
			expect(panel.description ?? "", panel.title).toMatch(/^[A-Z0-9].*\.$/);
			if (panel.type === "alertlist") continue;
			expect(panel.targets?.length, panel.title).toBeGreaterThan(0);
			expect(panel.fieldConfig?.defaults, panel.title).toMatchObject({
				unit: expect.stringMatching(/^(ms|percentunit|reqps|short)$/),
				thresholds: { mode: "absolute", steps: expect.anything() },
			});
			const refs = panel.targets?.map(({ refId }) => refId) ?? [];
			expect(new Set(refs).size, panel.title).toBe(refs.length);
			for (const target of panel.targets ?? []) {
				expect(target.legendFormat, panel.title).not.toBe("");
				expect(target.instant, panel.title).toBe(!target.range);
			}
		}
	});

	it("shows what it is for", () => {
		const of = (name: RegExp): readonly Panel[] => shown.filter(({ title }) => name.test(title));
		expect(of(/^API response time$/)[0]?.targets?.map(({ legendFormat }) => legendFormat)).toEqual([
			"P50",
			"P95",
			"P99",
		]);
		for (const name of [
			/success rate/,
			/Error rate by endpoint/,
			/Queue backlog/,
			/Alerts/,
			/Probes/,
			/Deliveries/,
			/Ticks/,
		])
			expect(of(name).length, String(name)).toBeGreaterThan(0);
	});

	it("has expressions that are PromQL once the variables are text", () => {
		let count = 0;
		for (const panel of shown) {
			for (const target of panel.targets ?? []) {
				const chosen = { endpoint: ["/api/users/:id", "/a.b"], interval: "auto" };
				const { form } = requestOf(target, panel, dashboard, source, view, chosen);
				expect(validate(form["query"] ?? ""), form["query"]).toMatchObject({ ok: true });
				count++;
			}
		}
		expect(count).toBeGreaterThan(30);
	});

	it("asks over a window that has two points or more, however wide the slots are of the time that is shown", () => {
		const interval = variable(dashboard, "interval");
		for (let rangeMs = 5 * MINUTE_MS; rangeMs <= HOUR_KEPT_MS; rangeMs += 5 * MINUTE_MS) {
			const windowMs = milliseconds(autoInterval(rangeMs, interval));
			// The first point of a panel looks back by the window.
			const oldestMs = rangeMs + windowMs;
			const slotMs = oldestMs <= FINE_KEPT_MS ? FINE_SLOT_MS : oldestMs < 24 * HOUR_MS ? MINUTE_MS : HOUR_MS;
			expect(windowMs, `over ${rangeMs / MINUTE_MS} min`).toBeGreaterThanOrEqual(2 * slotMs);
		}
	});
});

describe("the provisioning files", () => {
	it("take address and token from the environment, and have neither in them", () => {
		expect(source).toMatchObject({
			type: "prometheus",
			url: "https://perdure.example",
			jsonData: { httpMethod: "POST", httpHeaderName1: "Authorization" },
			secureJsonData: { httpHeaderValue1: "Bearer secret" },
		});
		const text = readdirSync(join(ROOT, "examples/grafana"), { recursive: true, encoding: "utf8" })
			.filter((name) => /\.(ya?ml|json)$/.test(name))
			.map((name) => readFileSync(join(ROOT, "examples/grafana", name), "utf8"))
			.join("\n");
		expect(text.match(/Bearer (?!\$PERDURE_TOKEN)\S+/g)).toBeNull();
		expect(text).not.toMatch(/password|apiKey/i);
	});

	it("are found from one another: the folder of dashboards, and the data source by its uid and its name", () => {
		const { providers } = parseYaml(provisioning("dashboards")) as {
			providers: [{ type: string; options: { path: string } }];
		};
		expect(providers[0]).toMatchObject({ type: "file", options: { path: "$PERDURE_DASHBOARDS" } });
		expect(variable(dashboard, "datasource").current.value).toBe(source.uid);
		const lists = shown.filter(({ type }) => type === "alertlist");
		expect(lists.map(({ options }) => options?.["datasource"])).toEqual([source.name, source.name]);
		expect(source.jsonData["manageAlerts"]).toBe(true);
	});

	it("name no variable that the README does not explain", () => {
		const readme = readFileSync(join(ROOT, "examples/grafana/README.md"), "utf8");
		const used = [provisioning("datasources"), provisioning("dashboards")].flatMap((text) =>
			[...text.matchAll(/: .*\$([A-Z][A-Z_]+)/g)].map(([, name]) => name as string),
		);
		expect(used.sort()).toEqual(["PERDURE_DASHBOARDS", "PERDURE_TOKEN", "PERDURE_URL"]);
		for (const name of used) expect(readme).toContain(`| \`${name}\``);
	});

	it("make of $__rate_interval a window with data", () => {
		const rate = { refId: "A", expr: "[$__rate_interval]", legendFormat: "", instant: true, range: false };
		const { form } = requestOf(rate, shown[0] as Panel, dashboard, source, view, { endpoint: [], interval: "auto" });
		expect(form["query"]).toBe("[4m0s]");
	});
});
