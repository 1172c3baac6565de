/**
 * How a killed process left its metric objects: read from copies of their databases, so that the next start finds what the crash
 * left. It says whether the kills hit what they were meant to hit; nothing is judged by it.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";

export type LeftBehind = {
	/** Commits that no checkpoint had folded in, over all objects. */
	readonly unfolded: number;
	/** By object: the last commit that a checkpoint had folded in. */
	readonly folded: ReadonlyMap<string, number>;
	/** Hours that were closed, over all objects. */
	readonly hours: number;
	/** Alert events that the notifier had not taken, or that nobody said it had. */
	readonly outbox: number;
};

/** Reads all objects of one class in their `folder`. The process must be dead. */
export async function leftBehind(folder: string): Promise<LeftBehind> {
	const folded = new Map<string, number>();
	const sums = { unfolded: 0, hours: 0, outbox: 0 };
	if (!existsSync(folder)) return { ...sums, folded };
	const copies = mkdtempSync(join(tmpdir(), "perdure-look-"));
	try {
		mkdirSync(copies, { recursive: true });
		for (const file of readdirSync(folder)) copyFileSync(join(folder, file), join(copies, file));
		for (const file of readdirSync(copies)) {
			if (!/^[0-9a-f]{64}\.sqlite$/.test(file)) continue;
			const database = await openDatabase(join(copies, file));
			try {
				const one = (sql: string): number => Number(database.prepare(sql).get()?.["n"] ?? 0);
				if (one("SELECT count(*) AS n FROM sqlite_master WHERE name = 'outbox'") === 0) continue;
				const checkpoint = one("SELECT max(seq) AS n FROM minutes");
				folded.set(file, checkpoint);
				sums.unfolded += Math.max(0, one("SELECT max(seq) AS n FROM journal") - checkpoint);
				sums.hours += one("SELECT count(*) AS n FROM hours");
				sums.outbox += one("SELECT count(*) AS n FROM outbox");
			} finally {
				database.close();
			}
		}
	} finally {
		rmSync(copies, { recursive: true, force: true });
	}
	return { ...sums, folded };
}

/** Resolves when an object in `folder` has written, or `stop` says so. Looks every millisecond. */
export async function untilWritten(folder: string, stop: () => boolean): Promise<void> {
	const before = writtenMs(folder);
	while (!stop() && writtenMs(folder) === before) await new Promise((done) => setTimeout(done, 1));
}

function writtenMs(folder: string): number {
	if (!existsSync(folder)) return 0;
	const logs = readdirSync(folder).filter((file) => /^[0-9a-f]{64}\.sqlite-wal$/.test(file));
	return Math.max(0, ...logs.map((file) => statSync(join(folder, file), { throwIfNoEntry: false })?.mtimeMs ?? 0));
}

/** Node 22 says at the first import that this module is experimental: that is not what this run has to say. */
async function openDatabase(file: string): Promise<DatabaseSync> {
	const emitWarning = process.emitWarning;
	process.emitWarning = () => undefined;
	try {
		const sqlite = await import("node:sqlite");
		return new sqlite.DatabaseSync(file);
	} finally {
		process.emitWarning = emitWarning;
	}
}
