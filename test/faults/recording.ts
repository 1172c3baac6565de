/**
 * Part A: clients load a raw workerd, a kill comes at a drawn moment, the process starts again on the same folder, and every batch
 * whose answer was lost is sent again under its id. Then what was acknowledged is compared with what is there, series by series.
 */
import { join } from "node:path";
import { call } from "../../bench/api.ts";
import { newFolder, removeFolder } from "../../bench/processes.ts";
import { progress } from "../../bench/report.ts";
import { bundle, perdure, TOKEN, type Workerd } from "../../bench/workerd.ts";
import { DEDUPE_WINDOW_MS, HOUR_MS, MINUTE_MS } from "../../src/model/limits.ts";
import type { Receipt } from "../../src/model/receipt.ts";
import { type Batch, metricNames, newBatch } from "./batches.ts";
import { Book, type StoredSeries } from "./book.ts";
import { Chance } from "./chance.ts";
import { metricsLeft } from "./left-behind.ts";
import { checkWindows } from "./windows.ts";

/** Where bench/workerd.ts has the metric objects. */
const OBJECTS = "state/perdure-MetricObject";
const CLIENTS = 12;
const ROUNDS_PER_GENERATION = 5;
/** Group commit off, and its default: they change with every round, on the same state. */
const COMMIT_EVERY_MS = ["0", "100"];
/** A batch that is sent again must be known for sure: this far inside the window. */
const AGAIN_MS = DEDUPE_WINDOW_MS - 2 * MINUTE_MS;
const AGAIN_PER_ROUND = 40;
/** Load counts from here on, or from then on if the machine is that slow. */
const ANSWERS_BEFORE = 3 * CLIENTS;
const ANSWERS_WITHIN_MS = 5_000;

/** Figures of all rounds. What must be zero: lost, surplus, wrongSums, wrongReceipts, wrongWindows. */
export type Recorded = {
	rounds: number;
	batches: number;
	samples: number;
	/** Batches that were sent again because their answer was lost, and how many of them had been counted. */
	retried: number;
	retriedKnown: number;
	/** Batches that were sent again although they had been acknowledged. */
	repeated: number;
	lost: number;
	surplus: number;
	wrongSums: number;
	wrongReceipts: number;
	wrongWindows: number;
	/** Metrics with acknowledged samples that the catalog did not know after a kill. */
	unlisted: number;
	killsWithJournal: number;
	replayedCommits: number;
	checkpoints: number;
	hoursClosed: number;
};

/** What lives through the rounds: the virtual clock, and what was sent. */
type Run = {
	readonly chance: Chance;
	readonly figures: Recorded;
	readonly book: Book;
	offsetMs: number;
	/** Acknowledged not long ago, with their receipts. */
	recent: { readonly batch: Batch; readonly receipt: Receipt }[];
	/** Sent, and never answered. */
	open: Batch[];
	complaints: number;
	answers: number;
};

/** Runs the rounds on one folder. Complaints go to stderr with the round in which they arose. */
export async function recordUnderKills(rounds: number, seed: number): Promise<Recorded> {
	const run: Run = {
		chance: new Chance(seed),
		figures: noFigures(),
		book: new Book(),
		offsetMs: 0,
		recent: [],
		open: [],
		complaints: 0,
		answers: 0,
	};
	const folder = newFolder();
	try {
		const starts: (() => Promise<Workerd>)[] = [];
		for (const every of COMMIT_EVERY_MS) starts.push(await bundle(folder, [perdure({ COMMIT_EVERY_MS: every })]));
		const startOf = (round: number) => starts[round % starts.length] as (typeof starts)[number];
		let workerd = await startOf(0)();
		let folded: ReadonlyMap<string, number> = new Map();
		for (let round = 0; round < rounds; round++) {
			await loadAndKill(run, workerd, round);
			const look = await metricsLeft(join(folder, OBJECTS));
			run.figures.killsWithJournal += look.unfolded > 0 ? 1 : 0;
			run.figures.replayedCommits += look.unfolded;
			for (const [object, seq] of look.folded) run.figures.checkpoints += seq > (folded.get(object) ?? 0) ? 1 : 0;
			run.figures.hoursClosed = look.hours;
			folded = look.folded;
			workerd = await startOf(round + 1)();
			await moveClock(run, workerd, 0);
			await settle(run, workerd, round, rounds);
			run.figures.rounds++;
			if ((round + 1) % 5 === 0) progress(`recording: ${round + 1} of ${rounds} kills`);
		}
		await workerd.kill();
	} finally {
		removeFolder(folder);
	}
	return run.figures;
}

/** Load until a drawn moment; in every second round that moment lies just behind a checkpoint, an hour's close in every third. */
async function loadAndKill(run: Run, workerd: Workerd, round: number): Promise<void> {
	const { chance } = run;
	const generation = Math.floor(round / ROUNDS_PER_GENERATION);
	const closesHour = round % 3 === 2;
	if (closesHour) {
		const now = Date.now() + run.offsetMs;
		await moveClock(run, workerd, HOUR_MS - (now % HOUR_MS) - chance.whole(20, 200));
	}
	let over = false;
	const clients = Array.from({ length: CLIENTS }, async () => {
		while (!over) {
			const batch = newBatch(chance, generation, Math.floor(Date.now() + run.offsetMs));
			run.figures.batches++;
			run.figures.samples += batch.accepted;
			if ((await send(run, workerd, batch)) === null) {
				run.open.push(batch);
				return;
			}
		}
	});
	await whenAnswered(run, ANSWERS_BEFORE);
	await pause(chance.whole(0, 300));
	if (closesHour || round % 2 === 1) {
		await moveClock(run, workerd, MINUTE_MS + 1_000);
		await pause(chance.whole(0, round % COMMIT_EVERY_MS.length === 0 ? 25 : 150));
	}
	await workerd.kill();
	over = true;
	await Promise.all(clients);
}

/** After a restart: what is there may be more than what was acknowledged, never less. Then all is sent again, and is equal. */
async function settle(run: Run, workerd: Workerd, round: number, rounds: number): Promise<void> {
	const newest = Math.floor(round / ROUNDS_PER_GENERATION);
	await compare(run, workerd, round, metricNames(newest), run.open);
	const receipts = await Promise.all(run.open.map((batch) => send(run, workerd, batch)));
	for (const [i, receipt] of receipts.entries()) {
		run.figures.retried++;
		if (receipt === null) complain(run, round, `batch ${run.open[i]?.id} was refused the second time`, "wrongReceipts");
		else if (receipt.duplicate) run.figures.retriedKnown++;
	}
	run.open = [];
	await repeatSome(run, workerd, round);
	const isLast = round === rounds - 1;
	const generations = isLast ? Array.from({ length: newest + 1 }, (_, i) => i) : [newest];
	const names = generations.flatMap(metricNames);
	await compare(run, workerd, round, names, []);
	const wrong = await checkWindows(workerd, run.book, names);
	for (const what of wrong) complain(run, round, what, "wrongWindows");
}

/** Batches that were acknowledged are sent once more: the first receipt comes again, and nothing is counted. */
async function repeatSome(run: Run, workerd: Workerd, round: number): Promise<void> {
	const now = Date.now() + run.offsetMs;
	run.recent = run.recent.filter(({ batch }) => now - batch.createdMs < AGAIN_MS).slice(-2_000);
	if (run.recent.length === 0) return;
	const repeats = Array.from({ length: AGAIN_PER_ROUND }, async () => {
		const { batch, receipt } = run.chance.pick(run.recent);
		const again = await post(workerd, batch);
		run.figures.repeated++;
		const isSame =
			again?.duplicate === true && again.accepted === receipt.accepted && again.dropped === receipt.dropped;
		if (!isSame) complain(run, round, `batch ${batch.id} came twice: ${JSON.stringify(again)}`, "wrongReceipts");
	});
	await Promise.all(repeats);
}

/** Sends a batch until the book may count it; null: its answer was lost, or it was refused. */
async function send(run: Run, workerd: Workerd, batch: Batch): Promise<Receipt | null> {
	const receipt = await post(workerd, batch);
	if (receipt === null) return null;
	run.answers++;
	run.book.add(batch);
	run.recent.push({ batch, receipt });
	if (receipt.accepted !== batch.accepted || receipt.dropped !== batch.dropped) {
		complain(run, run.figures.rounds, `a receipt is wrong: ${JSON.stringify(receipt)}`, "wrongReceipts");
	}
	return receipt;
}

async function post(workerd: Workerd, batch: Batch): Promise<Receipt | null> {
	try {
		const reply = await fetch(`${workerd.urls["perdure"]}/api/v1/record`, {
			method: "POST",
			headers: {
				authorization: `Bearer ${TOKEN}`,
				"content-type": "application/json",
				"idempotency-key": batch.id,
			},
			body: batch.body,
		});
		const answer = (await reply.json()) as Receipt | { readonly receipt?: Receipt };
		if ("batchId" in answer) return answer;
		return answer.receipt ?? null;
	} catch {
		return null;
	}
}

async function compare(
	run: Run,
	workerd: Workerd,
	round: number,
	names: readonly string[],
	open: readonly Batch[],
): Promise<void> {
	const all = await Promise.all(names.map((name) => storedSeries(workerd, name)));
	for (const [i, name] of names.entries()) {
		const stored = all[i] ?? null;
		if (stored === null && run.book.of(name).length > 0 && open.length > 0) {
			// Not an answer yet: the object has the samples, and tells the catalog with its next write.
			run.figures.unlisted++;
			continue;
		}
		const difference = run.book.compare(name, stored ?? [], open);
		for (const what of ["lost", "surplus", "wrongSums"] as const) {
			if (difference[what] > 0) complain(run, round, `${name}: ${what} ${difference[what]}`, what, difference[what]);
		}
	}
}

/** Null: the catalog does not know the metric. */
async function storedSeries(workerd: Workerd, name: string): Promise<readonly StoredSeries[] | null> {
	const reply = await fetch(`${workerd.urls["perdure"]}/api/metrics/${name}/series`, {
		headers: { authorization: `Bearer ${TOKEN}` },
	});
	const answer = (await reply.json()) as { readonly series?: readonly StoredSeries[] };
	if (reply.status === 404) return null;
	if (answer.series === undefined) throw new Error(`${name}: ${reply.status} ${JSON.stringify(answer)}`);
	return answer.series;
}

/** Moves the virtual clock on by `byMs`; after a restart it must be told anew. */
async function moveClock(run: Run, workerd: Workerd, byMs: number): Promise<void> {
	const offsetMs = Math.round(run.offsetMs + byMs);
	await call(workerd, "PUT", "/api/v1/dev/clock", JSON.stringify({ offsetMs }));
	run.offsetMs = offsetMs;
}

type Fault = "lost" | "surplus" | "wrongSums" | "wrongReceipts" | "wrongWindows";

function complain(run: Run, round: number, what: string, kind: Fault, amount = 1): void {
	run.figures[kind] += amount;
	if (run.complaints++ < 20) progress(`recording, round ${round}: ${what}`);
}

/** Waits until so many more batches were answered: a process that has just started answers nothing for a while. */
async function whenAnswered(run: Run, count: number): Promise<void> {
	const from = run.answers;
	const deadlineMs = Date.now() + ANSWERS_WITHIN_MS;
	while (run.answers < from + count && Date.now() < deadlineMs) await pause(2);
}

function pause(ms: number): Promise<void> {
	return new Promise((done) => setTimeout(done, ms));
}

function noFigures(): Recorded {
	return {
		rounds: 0,
		batches: 0,
		samples: 0,
		retried: 0,
		retriedKnown: 0,
		repeated: 0,
		lost: 0,
		surplus: 0,
		wrongSums: 0,
		wrongReceipts: 0,
		wrongWindows: 0,
		unlisted: 0,
		killsWithJournal: 0,
		replayedCommits: 0,
		checkpoints: 0,
		hoursClosed: 0,
	};
}
