/**
 * How a killed process left its objects: read from copies of their databases, so that the next start finds what the crash left. It
 * says what the kills hit, and which deliveries died with them; what was promised is never judged by it.
 */
import { copyFileSync, existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { newFolder, removeFolder } from "../../bench/processes.ts";

/** What is in the metric objects. */
export type MetricsLeft = {
	/** Commits that no checkpoint had folded in, over all objects. */
	readonly unfolded: number;
	/** By object: the last commit that a checkpoint had folded in. */
	readonly folded: ReadonlyMap<string, number>;
	/** Hours that were closed, over all objects. */
	readonly hours: number;
	/** Ids of alert events that stood in an outbox. */
	readonly outbox: readonly string[];
};

/** What is in the notifier. */
export type NotifierLeft = {
	/** Deliveries in the queue or on their way, by sequence number and hand-out. */
	readonly handedOut: ReadonlySet<string>;
	/** Ids of events that it has taken over. */
	readonly taken: ReadonlySet<string>;
};

/** Reads all metric objects in their `folder`. The process must be dead. */
export async function metricsLeft(folder: string): Promise<MetricsLeft> {
	const folded = new Map<string, number>();
	const outbox: string[] = [];
	const sums = { unfolded: 0, hours: 0 };
	await eachDatabase(folder, "outbox", (file, all) => {
		const one = (sql: string): number => Number(all(sql)[0]?.["n"] ?? 0);
		const checkpoint = one("SELECT max(seq) AS n FROM minutes");
		folded.set(file, checkpoint);
		sums.unfolded += Math.max(0, one("SELECT max(seq) AS n FROM journal") - checkpoint);
		sums.hours += one("SELECT count(*) AS n FROM hours");
		for (const { event } of all("SELECT event FROM outbox")) {
			outbox.push((JSON.parse(String(event)) as { readonly id: string }).id);
		}
	});
	return { ...sums, folded, outbox };
}

/** Reads the notifier in its `folder`. The process must be dead. */
export async function notifierLeft(folder: string): Promise<NotifierLeft> {
	const handedOut = new Set<string>();
	const taken = new Set<string>();
	await eachDatabase(folder, "deliveries", (_file, all) => {
		// 1: on the queue, 2: being sent.
		for (const { seq, attempts } of all("SELECT seq, attempts FROM deliveries WHERE state IN (1, 2)")) {
			handedOut.add(`${seq} ${attempts}`);
		}
		for (const { event_id } of all("SELECT event_id FROM events")) taken.add(String(event_id));
	});
	return { handedOut, taken };
}

type All = (sql: string) => readonly Readonly<Record<string, unknown>>[];

/** Every object's database that has this table, as a copy. */
async function eachDatabase(folder: string, table: string, visit: (file: string, all: All) => void): Promise<void> {
	if (!existsSync(folder)) return;
	const copies = newFolder("perdure-look-");
	try {
		for (const file of readdirSync(folder)) copyFileSync(join(folder, file), join(copies, file));
		for (const file of readdirSync(copies)) {
			if (!/^[0-9a-f]{64}\.sqlite$/.test(file)) continue;
			const database = await openDatabase(join(copies, file));
			const all: All = (sql) => database.prepare(sql).all();
			if (all(`SELECT 1 FROM sqlite_master WHERE name = '${table}'`).length > 0) visit(file, all);
			database.close();
		}
	} finally {
		removeFolder(copies);
	}
}

/**
 * Gives back a wait for the next write of an object in `folder`. The wait holds this whole process up, for `msMax` at the most: a
 * timer would come some milliseconds late, and what it is to hit is shorter than that.
 */
export function nextWrite(folder: string): (msMax: number) => void {
	const before = writtenMs(folder);
	return (msMax) => {
		const endMs = performance.now() + msMax;
		while (writtenMs(folder) === before && performance.now() < endMs);
	};
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
