/**
 * What a fault run starts and must not leave behind: workerd children, by process id, and temporary folders. Nothing is ever ended
 * that this process did not start.
 */
import { readdirSync, readFileSync, rmSync } from "node:fs";

const folders = new Set<string>();

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

/** A folder that is removed at the latest when this process ends. */
export function ownFolder(folder: string): string {
	folders.add(folder);
	return folder;
}

export function dropFolder(folder: string): void {
	rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
	folders.delete(folder);
}

/** Ends what is left when this process ends, however it ends (SIGKILL excepted). */
export function cleanUpAtExit(): void {
	process.once("exit", () => {
		for (const pid of workerdChildren()) process.kill(pid, "SIGKILL");
		for (const folder of folders) dropFolder(folder);
	});
	for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));
}

function statOf(pid: string): string {
	try {
		return readFileSync(`/proc/${pid}/stat`, "utf8");
	} catch {
		// It ended since the folder was listed.
		return "";
	}
}
