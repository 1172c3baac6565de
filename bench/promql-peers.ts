/**
 * Debian's Prometheus and VictoriaMetrics as peers of a query: processes of their own on loopback, empty at first, filled by remote
 * write, without caches of results. Each is there only if its package is installed.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../src/cli/free-port.ts";

const START_TIMEOUT_MS = 30_000;

export type QueryPeer = {
	readonly name: string;
	readonly url: string;
	/** Sent with every query. */
	readonly extra: Readonly<Record<string, string>>;
	kill(): Promise<void>;
};

/** Starts what is installed, each in a folder of its own. */
export async function startQueryPeers(folder: string): Promise<readonly QueryPeer[]> {
	const peers: QueryPeer[] = [];
	if (existsSync("/usr/bin/prometheus")) peers.push(await startPrometheus(join(folder, "prometheus")));
	if (existsSync("/usr/bin/victoria-metrics")) peers.push(await startVictoria(join(folder, "victoria")));
	return peers;
}

async function startPrometheus(folder: string): Promise<QueryPeer> {
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, "prometheus.yml"), "global: {}\n");
	const port = await freePort();
	return start("prometheus", `http://127.0.0.1:${port}`, "/-/ready", {}, [
		"/usr/bin/prometheus",
		`--config.file=${join(folder, "prometheus.yml")}`,
		`--storage.tsdb.path=${join(folder, "data")}`,
		`--web.listen-address=127.0.0.1:${port}`,
		"--web.enable-remote-write-receiver",
		"--log.level=error",
	]);
}

async function startVictoria(folder: string): Promise<QueryPeer> {
	mkdirSync(folder, { recursive: true });
	const port = await freePort();
	return start("victoriametrics", `http://127.0.0.1:${port}`, "/health", { nocache: "1" }, [
		"/usr/bin/victoria-metrics",
		`-storageDataPath=${join(folder, "data")}`,
		`-httpListenAddr=127.0.0.1:${port}`,
		"-retentionPeriod=12",
		"-search.disableCache",
		"-loggerLevel=ERROR",
	]);
}

async function start(
	name: string,
	url: string,
	ready: string,
	extra: QueryPeer["extra"],
	[program = "", ...args]: readonly string[],
): Promise<QueryPeer> {
	const child = spawn(program, args, { stdio: "ignore" });
	const kill = () => child.kill("SIGKILL");
	process.once("exit", kill);
	const gone = new Promise<void>((done) => child.once("exit", () => done()));
	const deadlineMs = Date.now() + START_TIMEOUT_MS;
	const isReady = async () => (await fetch(`${url}${ready}`).catch(() => null))?.ok === true;
	while (!(await isReady())) {
		if (child.exitCode !== null || Date.now() > deadlineMs) throw new Error(`${name} does not answer`);
		await new Promise((done) => setTimeout(done, 50));
	}
	return {
		name,
		url,
		extra,
		kill: async () => {
			process.off("exit", kill);
			kill();
			await gone;
		},
	};
}
