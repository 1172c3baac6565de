/**
 * What a run starts and must not leave behind, however it ends (SIGKILL excepted): workerd children, by process id, and
 * temporary folders. Nothing is ever ended that this process did not start.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folders = new Set<string>();

/** A new folder, which goes at the latest when this process ends, and its workerd children with it. */
export function newFolder(prefix = "perdure-"): string {
	if (folders.size === 0) cleanUpAtExit();
	const folder = mkdtempSync(join(tmpdir(), prefix));
	folders.add(folder);
	return folder;
}

export function removeFolder(folder: string): void {
	rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
	folders.delete(folder);
}

/** The workerd processes whose parent is this one (Linux: read from /proc). */
export function workerdChildren(): number[] {
	return readdirSync("/proc")
		.filter((name) => /^\d+$/.test(name))
		.filter((name) => {
			const stat = statOf(name);
			// pid (comm) state ppid ...; the name may hold blanks.
			const match = /^\d+ \((.*)\) (\S) (\d+) /s.exec(stat);
			return match?.[1] === "workerd" && match[2] !== "Z" && Number(match[3]) === process.pid;
		})
		.map(Number);
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
let isWatching = false;

function cleanUpAtExit(): void {
	if (isWatching) return;
	isWatching = true;
	process.once("exit", () => {
		for (const pid of workerdChildren()) process.kill(pid, "SIGKILL");
		for (const folder of folders) removeFolder(folder);
	});
	for (const signal of SIGNALS) process.once(signal, () => process.exit(130));
}

function statOf(pid: string): string {
	try {
		return readFileSync(`/proc/${pid}/stat`, "utf8");
	} catch {
		// It ended since the folder was listed.
		return "";
	}
}
