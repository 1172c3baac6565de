/** A real Prometheus beside a real Perdure with the same samples: it scrapes Perdure and keeps the names and labels as they are. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { vi } from "vitest";
import { freePort } from "../../src/cli/free-port.ts";
import { missing, openWorld, startProgram, TOKEN, type World } from "../alertmanager/world.ts";

export const absent = missing("prometheus", "prometheus");

export type Pair = {
	readonly perdure: World;
	/** `http://127.0.0.1:port` of Prometheus. */
	readonly prometheusUrl: string;
	close(): Promise<void>;
};

export const RULES = `groups:
  - name: first
    interval: 15s
    rules:
      - alert: Always
        expr: vector(0.5)>0
        labels: {severity: info, team: a}
        annotations: {summary: "it is {{ $value }}"}
  - name: second
    interval: 15s
    rules:
      - alert: Never
        expr: sum(queue_backlog)  by(team)  > 1e9
        for: 5m
        labels: {severity: critical}
`;

/** What both know. Kinds and values are of no weight here, only that they are the same. */
const SERIES = [
	{ name: "queue_backlog", kind: "gauge", labels: { team: "a", path: '/x"y\\z' }, values: [7] },
	{ name: "queue_backlog", kind: "gauge", labels: { team: "b", path: "/é" }, values: [0.0000001] },
	{ name: "jobs_done_total", kind: "counter", labels: { team: "a" }, values: [3] },
];

/** Starts both, records, and waits until Prometheus has scraped what Perdure has and both have judged their rules. */
export async function openPair(): Promise<Pair> {
	const perdure = await openWorld();
	const port = await freePort();
	const rules = join(perdure.folder, "rules.yml");
	const config = {
		global: { scrape_interval: "1s", evaluation_interval: "15s" },
		rule_files: [rules],
		scrape_configs: [
			{
				job_name: "perdure",
				honor_labels: true,
				basic_auth: { username: "prometheus", password: TOKEN },
				static_configs: [{ targets: [new URL(perdure.url).host] }],
			},
		],
	};
	writeFileSync(rules, RULES);
	writeFileSync(join(perdure.folder, "prometheus.yml"), JSON.stringify(config));
	await perdure.ask("POST", "/api/v1/record", { series: SERIES });
	const prometheus = startProgram("prometheus", [
		`--config.file=${join(perdure.folder, "prometheus.yml")}`,
		`--storage.tsdb.path=${join(perdure.folder, "tsdb")}`,
		`--web.listen-address=127.0.0.1:${port}`,
	]);
	const prometheusUrl = `http://127.0.0.1:${port}`;
	await perdure.ask("PUT", "/api/v1/rules/groups", RULES, { "content-type": "application/yaml" });
	await vi.waitFor(
		async () => {
			await perdure.ask("POST", "/api/v1/dev/tick");
			for (const url of [prometheusUrl, perdure.url]) {
				const alerts = await fetch(`${url}/api/v1/alerts`, { headers: { authorization: `Bearer ${TOKEN}` } });
				const found = await fetch(`${url}/api/v1/query?query=count(jobs_done_total)`, {
					headers: { authorization: `Bearer ${TOKEN}` },
				});
				if (!`${await alerts.text()}`.includes("Always")) throw new Error(`${url} does not fire`);
				if (!`${await found.text()}`.includes('"1"')) throw new Error(`${url} has no samples: ${prometheus.log()}`);
			}
		},
		{ timeout: 60_000, interval: 500 },
	);
	return {
		perdure,
		prometheusUrl,
		close: async () => {
			await prometheus.stop();
			await perdure.close();
		},
	};
}
