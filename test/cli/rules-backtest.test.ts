/** `perdure rules backtest` as it is typed, against a deployment on loopback. */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openWorld, TOKEN, type World } from "../alertmanager/world.ts";

const BIN = resolve(import.meta.dirname, "../../src/cli/perdure-bin.mjs");
const RULES = `
groups:
- name: g
  interval: 10s
  rules:
  - {record: "cli:depth:max", expr: max(cli_depth)}
  - {alert: CliDeep, expr: "cli:depth:max > 10", labels: {severity: page}}
`;

let world: World;
let file = "";
beforeAll(async () => {
	world = await openWorld();
	file = join(world.folder, "rules.yml");
	writeFileSync(file, RULES);
	const recorded = await world.ask("POST", "/api/v1/record", { name: "cli.depth", value: 50, kind: "gauge" });
	expect(recorded.status).toBe(200);
}, 120_000);
afterAll(() => world?.close());

type Run = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

function perdure(...args: readonly string[]): Promise<Run> {
	const env = { ...process.env, PERDURE_URL: world.url, PERDURE_TOKEN: TOKEN };
	const child = spawn(process.execPath, [BIN, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
	let [stdout, stderr] = ["", ""];
	child.stdout.on("data", (data: Buffer) => {
		stdout += data.toString();
	});
	child.stderr.on("data", (data: Buffer) => {
		stderr += data.toString();
	});
	return new Promise((done) => child.once("close", (status) => done({ status, stdout, stderr })));
}

describe("perdure rules backtest", () => {
	it("prints each transition and how fine the history is", async () => {
		// The tick after the sample is not over before it has come.
		const transitions = async () => (await perdure("rules", "backtest", file, "--from", "2m")).stdout;
		await expect
			.poll(transitions, { timeout: 60_000, interval: 1_000 })
			.toMatch(/CliDeep +inactive +firing +firing +50 +severity="page"/);
		expect(await transitions()).toMatch(/ to .*: slots of 10s\n$/);
	});

	it("prints JSON for programs", async () => {
		const { status, stdout } = await perdure("rules", "backtest", file, "--from", "5m", "--step", "1m", "--json");
		expect(status).toBe(0);
		expect(JSON.parse(stdout)).toMatchObject({ ticks: expect.any(Number), transitions: expect.any(Array) });
	});

	it("says what is wrong, and ends with 1 or 2", async () => {
		expect(await perdure("rules", "backtest", file)).toMatchObject({
			status: 2,
			stderr: expect.stringContaining("--from"),
		});
		const future = await perdure("rules", "backtest", file, "--from", "5m", "--to", "2099-01-01T00:00:00Z");
		expect(future).toMatchObject({ status: 1, stderr: expect.stringContaining("future") });
		const nowhere = await perdure("rules", "backtest", "/nowhere.yml", "--from", "5m");
		expect(nowhere).toMatchObject({ status: 1, stderr: expect.stringContaining("/nowhere.yml cannot be read") });
	});
});
