/**
 * Debian's Alertmanager as a peer: a process of its own on loopback, alone (no cluster), on a folder that outlives it, killed at
 * will. Must never run with anything but the configuration it is given.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../src/cli/free-port.ts";

const BINARY = "/usr/bin/prometheus-alertmanager";
const START_TIMEOUT_MS = 20_000;
const running = new Set<ChildProcess>();
let isWatching = false;

export type Alertmanager = {
	/** `http://127.0.0.1:port`. */
	readonly url: string;
	readonly pid: number;
	/** SIGKILL, and waits until it is gone. */
	kill(): Promise<void>;
	/** The end of what it wrote to its standard error. */
	log(): string;
};

/** Whether the package `prometheus-alertmanager` is installed here. */
export function hasAlertmanager(): boolean {
	return existsSync(BINARY);
}

/** Starts it on `folder`, where its state is kept between two lives. */
export async function startAlertmanager(folder: string, config: string, externalUrl: string): Promise<Alertmanager> {
	mkdirSync(join(folder, "data"), { recursive: true });
	writeFileSync(join(folder, "alertmanager.yml"), config);
	const port = await freePort();
	const child = spawn(
		BINARY,
		[
			"--config.file=alertmanager.yml",
			"--storage.path=data",
			`--web.listen-address=127.0.0.1:${port}`,
			`--web.external-url=${externalUrl}`,
			"--web.route-prefix=/",
			"--cluster.listen-address=",
		],
		{ cwd: folder, stdio: ["ignore", "ignore", "pipe"] },
	);
	if (!isWatching) process.once("exit", killAll);
	isWatching = true;
	running.add(child);
	let log = "";
	child.stderr.on("data", (data: Buffer) => {
		log = (log + data.toString()).slice(-20_000);
	});
	const gone = new Promise<void>((done) => child.once("exit", () => done()));
	const url = `http://127.0.0.1:${port}`;
	await untilReady(url, child, () => log);
	return {
		url,
		pid: child.pid ?? 0,
		log: () => log,
		kill: async () => {
			child.kill("SIGKILL");
			await gone;
			running.delete(child);
		},
	};
}

/** Processor time of a process and its threads so far, milliseconds (Linux). */
export function cpuMs(pid: number): number {
	const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
		.replace(/^.*\) /s, "")
		.split(" ");
	// Fields 14 and 15 of proc(5), in ticks of 10 ms.
	return (Number(fields[11]) + Number(fields[12])) * 10;
}

function killAll(): void {
	for (const child of running) child.kill("SIGKILL");
}

async function untilReady(url: string, child: ChildProcess, log: () => string): Promise<void> {
	const deadlineMs = Date.now() + START_TIMEOUT_MS;
	for (;;) {
		if (child.exitCode !== null) throw new Error(`alertmanager ended: ${log()}`);
		if (Date.now() > deadlineMs) throw new Error(`alertmanager does not answer: ${log()}`);
		try {
			if ((await fetch(`${url}/-/ready`)).ok) return;
		} catch {
			// Not listening yet.
		}
		await new Promise((done) => setTimeout(done, 20));
	}
}
