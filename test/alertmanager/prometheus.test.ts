/** Debian's Prometheus 2.42, unmodified, sends what fires and what is over: as it does to an Alertmanager. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { freePort } from "../../src/cli/free-port.ts";
import { missing, openWorld, startProgram, TOKEN, type World } from "./world.ts";

const absent = missing("prometheus", "prometheus");
if (absent !== null) console.info(absent);

/** Prometheus knows whom to tell five seconds after it started; what fired before is told a minute later. */
const FIRES_AFTER_MS = 7_000;
const FIRES_MS = 4_000;

type Shown = { readonly labels: Record<string, string>; readonly endsAt: string; readonly generatorURL: string };

describe.skipIf(absent !== null)("Prometheus", { timeout: 60_000 }, () => {
	let world: World;
	let prometheus: ReturnType<typeof startProgram> | null = null;
	beforeAll(async () => {
		world = await openWorld();
	}, 60_000);
	afterAll(async () => {
		await prometheus?.stop();
		await world?.close();
	});

	const shown = async () => (await (await world.ask("GET", "/api/v2/alerts")).json()) as Shown[];

	it("has its alert shown while it fires, and no longer when it says that it is over", async () => {
		const port = await freePort();
		const fromS = (Date.now() + FIRES_AFTER_MS) / 1000;
		const untilS = fromS + FIRES_MS / 1000;
		const rules = {
			groups: [
				{
					name: "g",
					interval: "1s",
					rules: [
						{
							alert: "UntilThen",
							expr: `(vector(time()) > ${fromS}) < ${untilS}`,
							labels: { severity: "critical" },
							annotations: { summary: "{{ $value }} is not yet over" },
						},
					],
				},
			],
		};
		const config = {
			global: { evaluation_interval: "1s" },
			rule_files: [join(world.folder, "rules.yml")],
			alerting: {
				alertmanagers: [
					{
						path_prefix: "/alertmanager",
						basic_auth: { username: "prometheus", password: TOKEN },
						static_configs: [{ targets: [new URL(world.url).host] }],
					},
				],
			},
		};
		// JSON is YAML.
		writeFileSync(join(world.folder, "rules.yml"), JSON.stringify(rules));
		writeFileSync(join(world.folder, "prometheus.yml"), JSON.stringify(config));
		prometheus = startProgram("prometheus", [
			`--config.file=${join(world.folder, "prometheus.yml")}`,
			`--storage.tsdb.path=${join(world.folder, "tsdb")}`,
			`--web.listen-address=127.0.0.1:${port}`,
		]);
		const fires = await vi.waitFor(
			async () => {
				const [alert] = await shown();
				if (alert === undefined) throw new Error(`nothing fires; Prometheus says: ${prometheus?.log()}`);
				return alert;
			},
			{ timeout: 20_000, interval: 200 },
		);
		expect(fires.labels).toEqual({ alertname: "UntilThen", severity: "critical" });
		expect(fires.generatorURL).toContain("/graph?");
		// It would be believed for four minutes if nothing more came: that it ends sooner is because it was said.
		expect(Date.parse(fires.endsAt) - Date.now()).toBeGreaterThan(200_000);
		await vi.waitFor(async () => expect(await shown()).toEqual([]), { timeout: 20_000, interval: 200 });
		expect(Date.now() / 1000).toBeGreaterThan(untilS);
	});
});
