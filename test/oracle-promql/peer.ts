/** Debian's Prometheus over series that were put into its database before it started: a process of its own on loopback. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../src/cli/free-port.ts";
import type { SeriesData } from "../../src/promql/series-data.ts";
import { openMetrics } from "./series.ts";
import type { AskApi } from "./verdict.ts";

const START_TIMEOUT_MS = 30_000;

/** Whether the package `prometheus` is installed here. */
export function hasPrometheus(): boolean {
	return existsSync("/usr/bin/prometheus") && existsSync("/usr/bin/promtool");
}

export type Peer = { readonly ask: AskApi; readonly kill: () => Promise<void> };

/** Starts it on `folder`, which it fills. */
export async function startPrometheus(folder: string, series: readonly SeriesData[]): Promise<Peer> {
	const data = join(folder, "data");
	mkdirSync(data, { recursive: true });
	writeFileSync(join(folder, "series.txt"), openMetrics(series));
	writeFileSync(join(folder, "prometheus.yml"), "global: {}\n");
	execFileSync("promtool", ["tsdb", "create-blocks-from", "openmetrics", join(folder, "series.txt"), data]);
	const url = `http://127.0.0.1:${await freePort()}`;
	const child = spawn(
		"prometheus",
		[
			`--config.file=${join(folder, "prometheus.yml")}`,
			`--storage.tsdb.path=${data}`,
			// The series may be of any year.
			"--storage.tsdb.retention.time=100y",
			`--web.listen-address=${url.slice("http://".length)}`,
			"--log.level=error",
		],
		{ stdio: "ignore" },
	);
	const kill = () => child.kill("SIGKILL");
	process.once("exit", kill);
	const gone = new Promise<void>((done) => child.once("exit", () => done()));
	await untilReady(url, child);
	const ask: AskApi = async (path, form) => {
		const reply = await fetch(`${url}${path}`, { method: "POST", body: form });
		return reply.text();
	};
	return {
		ask,
		kill: async () => {
			kill();
			process.off("exit", kill);
			await gone;
		},
	};
}

async function untilReady(url: string, child: ChildProcess): Promise<void> {
	const deadlineMs = Date.now() + START_TIMEOUT_MS;
	for (;;) {
		if (child.exitCode !== null) throw new Error(`prometheus ended with ${child.exitCode}`);
		if (Date.now() > deadlineMs) throw new Error("prometheus does not answer");
		const ready = await fetch(`${url}/-/ready`).then(
			({ ok }) => ok,
			() => false,
		);
		if (ready) return;
		await new Promise((done) => setTimeout(done, 20));
	}
}
