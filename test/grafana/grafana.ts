/**
 * What Grafana does between a dashboard and a Prometheus: variables become text, a range and a width become a step, and a form is
 * posted with the headers of the data source. As in grafana-data (rangeutil), grafana-prometheus (escaping of variables) and promlib
 * (models/query.go) of Grafana 10 to 12.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse as parseYaml } from "yaml";
import { ROOT } from "./world.ts";

const EXAMPLE = join(ROOT, "examples/grafana");

export type Target = {
	readonly refId: string;
	readonly expr: string;
	readonly legendFormat: string;
	readonly instant: boolean;
	readonly range: boolean;
};
export type Panel = {
	readonly id: number;
	readonly type: string;
	readonly title: string;
	readonly description?: string;
	readonly interval?: string;
	readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
	readonly targets?: readonly Target[];
	readonly fieldConfig?: { readonly defaults: { readonly unit: string; readonly thresholds: unknown } };
	readonly options?: Readonly<Record<string, unknown>>;
};
export type Variable = {
	readonly type: string;
	readonly name: string;
	readonly query: string | { readonly query: string };
	readonly current: { readonly value: string | readonly string[] };
	readonly allValue?: string;
	readonly auto_count?: number;
	readonly auto_min?: string;
};
export type Dashboard = {
	readonly uid: string;
	readonly schemaVersion: number;
	readonly panels: readonly Panel[];
	readonly templating: { readonly list: readonly Variable[] };
};

export function loadDashboard(): Dashboard {
	return JSON.parse(readFileSync(join(EXAMPLE, "dashboards/perdure.json"), "utf8")) as Dashboard;
}

export type DataSource = {
	readonly name: string;
	readonly uid: string;
	readonly type: string;
	readonly url: string;
	readonly jsonData: Readonly<Record<string, unknown>> & { readonly timeInterval: string };
	readonly secureJsonData: Readonly<Record<string, string>>;
};

/** The data source as Grafana provisions it: `$NAME` in values is what the environment has. */
export function provisionedDataSource(environment: Readonly<Record<string, string>>): DataSource {
	const { datasources } = parseYaml(provisioning("datasources"), (_key, value: unknown) =>
		typeof value === "string" ? value.replaceAll(/\$(\w+)/g, (_, name: string) => environment[name] ?? "") : value,
	) as { datasources: [DataSource] };
	return datasources[0];
}

/** The text of a provisioning file. */
export function provisioning(kind: "datasources" | "dashboards"): string {
	return readFileSync(join(EXAMPLE, "provisioning", kind, "perdure.yaml"), "utf8");
}

/** The headers that go with every request of a data source. */
export function headersOf(source: DataSource): Record<string, string> {
	return { [String(source.jsonData["httpHeaderName1"])]: source.secureJsonData["httpHeaderValue1"] ?? "" };
}

/** A time range on a dashboard, and how many pixels there are to draw it. */
export type View = { readonly fromMs: number; readonly toMs: number; readonly width: number };

export type Chosen = {
	/** The values of the variable `endpoint`; empty: All. */
	readonly endpoint: readonly string[];
	/** The value of the variable `interval`; "auto" as it comes. */
	readonly interval: string;
};

/** The query that Grafana makes of a target, as the fields of the form that it posts, and where it posts it. */
export function requestOf(
	target: Target,
	panel: Panel,
	dashboard: Dashboard,
	source: DataSource,
	view: View,
	chosen: Chosen,
): { readonly path: "query" | "query_range"; readonly form: Readonly<Record<string, string>> } {
	const rangeMs = view.toMs - view.fromMs;
	const minMs = milliseconds(panel.interval ?? source.jsonData.timeInterval);
	const intervalMs = Math.max(roundInterval(rangeMs / view.width), minMs);
	const scrapeMs = milliseconds(source.jsonData.timeInterval);
	const rateMs = Math.max(intervalMs + scrapeMs, 4 * scrapeMs);
	const values: Readonly<Record<string, string>> = {
		endpoint: endpointText(chosen.endpoint, variable(dashboard, "endpoint")),
		interval: chosen.interval === "auto" ? autoInterval(rangeMs, variable(dashboard, "interval")) : chosen.interval,
		__interval: hms(intervalMs),
		__interval_ms: String(intervalMs),
		__rate_interval: goDuration(rateMs),
		__range: `${Math.round(rangeMs / 1_000)}s`,
		__range_s: String(Math.round(rangeMs / 1_000)),
	};
	const query = target.expr.replaceAll(/\$(\w+)|\$\{(\w+)\}/g, (all, plain?: string, braced?: string) => {
		const value = values[plain ?? braced ?? ""];
		if (value === undefined) throw new Error(`Grafana knows no variable ${all}`);
		return value;
	});
	if (target.instant) return { path: "query", form: { query, time: seconds(view.toMs) } };
	const aligned = (ms: number) => seconds(Math.floor(ms / intervalMs) * intervalMs);
	return {
		path: "query_range",
		form: { query, start: aligned(view.fromMs), end: aligned(view.toMs), step: seconds(intervalMs) },
	};
}

export function variable(dashboard: Dashboard, name: string): Variable {
	const found = dashboard.templating.list.find((one) => one.name === name);
	if (found === undefined) throw new Error(`there is no variable ${name}`);
	return found;
}

/** What `auto` of a variable of type interval is over a range. */
export function autoInterval(rangeMs: number, { auto_count = 1, auto_min = "1s" }: Variable): string {
	return hms(Math.max(roundInterval(rangeMs / auto_count), milliseconds(auto_min)));
}

/** `10s`, `5m`, `2h`, `1d` in milliseconds. */
export function milliseconds(text: string): number {
	const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[text.at(-1) ?? ""];
	if (unitMs === undefined) throw new Error(`'${text}' is no interval`);
	return Number.parseInt(text, 10) * unitMs;
}

function endpointText(values: readonly string[], { allValue = "" }: Variable): string {
	if (values.length === 0) return allValue;
	const escaped = values.map((value) => value.replaceAll("\\", "\\\\\\\\").replaceAll(/[$^*{}[\]'+?.()|]/g, "\\\\$&"));
	return escaped.length === 1 ? (escaped[0] as string) : `(${escaped.join("|")})`;
}

/** Upper bounds, and what an interval below them is rounded to. */
const ROUNDED: readonly (readonly [number, number])[] = [
	[12_500, 10_000],
	[17_500, 15_000],
	[25_000, 20_000],
	[45_000, 30_000],
	[90_000, 60_000],
	[210_000, 120_000],
	[450_000, 300_000],
	[750_000, 600_000],
	[1_050_000, 900_000],
	[1_500_000, 1_200_000],
	[2_700_000, 1_800_000],
	[5_400_000, 3_600_000],
	[9_000_000, 7_200_000],
	[16_200_000, 10_800_000],
	[32_400_000, 21_600_000],
	[86_400_000, 43_200_000],
	[604_800_000, 86_400_000],
];

/** From 7.5 s up, which is all that occurs here: the panels ask for 10 s at least. */
function roundInterval(ms: number): number {
	return ROUNDED.find(([below]) => ms < below)?.[1] ?? 604_800_000;
}

/** Only the largest unit, as Grafana's front end writes intervals. */
function hms(ms: number): string {
	const s = Math.floor(ms / 1_000);
	if (s >= 86_400) return `${Math.floor(s / 86_400)}d`;
	if (s >= 3_600) return `${Math.floor(s / 3_600)}h`;
	return s >= 60 ? `${Math.floor(s / 60)}m` : `${s}s`;
}

/** `4m0s`, as Go writes durations, and so Grafana `$__rate_interval`. */
function goDuration(ms: number): string {
	const s = Math.floor(ms / 1_000);
	const [h, m] = [Math.floor(s / 3_600), Math.floor((s % 3_600) / 60)];
	if (h > 0) return `${h}h${m}m${s % 60}s`;
	return m > 0 ? `${m}m${s % 60}s` : `${s}s`;
}

function seconds(ms: number): string {
	return String(ms / 1_000);
}
