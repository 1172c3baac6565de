/** Debian's vmalert, unmodified: it asks Perdure for its expressions and tells it what they say. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { freePort } from "../../src/cli/free-port.ts";
import { missing, openWorld, startProgram, TOKEN, type World } from "./world.ts";

const absent = missing("vmalert", "victoria-metrics");
if (absent !== null) console.info(absent);

const FIRES_AFTER_MS = 2_000;
const FIRES_MS = 4_000;

type Shown = { readonly labels: Record<string, string>; readonly annotations: Record<string, string> };

describe.skipIf(absent !== null)("vmalert", { timeout: 60_000 }, () => {
	let world: World;
	let vmalert: ReturnType<typeof startProgram> | null = null;
	beforeAll(async () => {
		world = await openWorld();
	}, 60_000);
	afterAll(async () => {
		await vmalert?.stop();
		await world?.close();
	});

	const shown = async () => (await (await world.ask("GET", "/api/v2/alerts")).json()) as Shown[];

	it("has its expressions answered, and its alert, which names itself twice, shown as long as it fires", async () => {
		const fromS = (Date.now() + FIRES_AFTER_MS) / 1000;
		const untilS = fromS + FIRES_MS / 1000;
		const rule = {
			alert: "AsVmalertSays",
			expr: `(vector(time()) > ${fromS}) < ${untilS}`,
			labels: { severity: "critical" },
			annotations: { summary: "since {{ $value }}" },
		};
		writeFileSync(
			join(world.folder, "vmalert.yml"),
			JSON.stringify({ groups: [{ name: "g", interval: "1s", rules: [rule] }] }),
		);
		const port = await freePort();
		vmalert = startProgram("vmalert", [
			`-rule=${join(world.folder, "vmalert.yml")}`,
			`-httpListenAddr=127.0.0.1:${port}`,
			`-datasource.url=${world.url}`,
			`-datasource.bearerToken=${TOKEN}`,
			`-notifier.url=${world.url}/alertmanager`,
			"-notifier.basicAuth.username=vmalert",
			`-notifier.basicAuth.password=${TOKEN}`,
			"-evaluationInterval=1s",
		]);
		const fires = await vi.waitFor(
			async () => {
				const [alert] = await shown();
				if (alert === undefined) throw new Error(`nothing fires; vmalert says: ${vmalert?.log()}`);
				return alert;
			},
			{ timeout: 20_000, interval: 200 },
		);
		// What vmalert adds of its own: the group of the rule.
		expect(fires.labels).toEqual({ alertname: "AsVmalertSays", alertgroup: "g", severity: "critical" });
		expect(fires.annotations["summary"]).toMatch(/^since 1\.\d+e\+09$/);
		await vi.waitFor(async () => expect(await shown()).toEqual([]), { timeout: 30_000, interval: 200 });
		expect(Date.now() / 1000).toBeGreaterThan(untilS);
	});
});
