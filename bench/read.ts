/**
 * What an answer about a window costs over HTTP on raw workerd: 5m, 1h and 24h of 1, 20 and 1,000 series, warm and after an
 * eviction, beside the answer about a metric with one sample: `npm run bench:read [-- --json]`.
 *
 * The data: 24 hours are laid down with the clock moved on step by step, as if they were lived through: ten minutes a step,
 * one minute in the last hour. The measured metrics have one log-normal sample in two minutes and series, and one in ten seconds
 * in the last hour; the nineteen neighbours that share the isolate one an hour, and one in ten minutes in the last hour.
 * Evicted means: a sample of each series is recorded, the process is killed with that in its journal and started again on its state,
 * the isolate is warmed on other metrics, and the first answer of an object that was not awake is timed.
 */
import { AUTHORIZED, type Column, call, logNormal, recordColumns, residentBytes, seeded, setClock } from "./api.ts";
import { type LoadResult, load, requestBytes } from "./load.ts";
import { wantsJson } from "./options.ts";
import { newFolder, removeFolder } from "./processes.ts";
import { type Aim, median, printReport, progress, type Row } from "./report.ts";
import { bundle, perdure, type Workerd } from "./workerd.ts";

const json = wantsJson("bench:read", "Measures what questions about recorded metrics cost.");
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const WINDOWS = ["5m", "1h", "24h"];
const SERIES = 1_000;
const NEIGHBOURS = 19;
const COLUMNS_A_BATCH = 7_000;
const MEASURE_MS = 350;
const ROUNDS = 3;
const RESTARTS = 3;
const MIB = 2 ** 20;

type Metric = { readonly name: string; readonly series: number; readonly slowMs: number; readonly fastMs: number };

const MEASURED: readonly Metric[] = [1, 20, SERIES].map((series) => {
	return { name: `bench.series_${series}`, series, slowMs: 2 * MINUTE_MS, fastMs: 10_000 };
});
const BIG = MEASURED[2] as Metric;
const OTHERS: readonly Metric[] = Array.from({ length: NEIGHBOURS }, (_, i) => {
	return { name: `bench.neighbour_${i}`, series: SERIES, slowMs: HOUR_MS, fastMs: 10 * MINUTE_MS };
});
const EMPTY = "bench.one_sample";
/** True of all series, but the object has to look at each. */
const MATCH = "&match=method=POST";
const AIMED = "evicted, merged: 1,000 series, 24h (the aim)";
const COLD_FORMS: readonly (readonly [string, string])[] = [
	["evicted, merged", ""],
	["evicted, by series", "&by=*"],
	["evicted, merged of those that match", MATCH],
];

const rows: Row[] = [];
const aims: Aim[] = [];

const folder = newFolder();
try {
	const start = await bundle(folder, [perdure({ COMMIT_EVERY_MS: "0" })]);
	await using(start, layDown);
	await using(start, measureWarm);
	await using(start, foldAll);
	await using(start, measureMemory);
	await measureEvicted(start);
} finally {
	removeFolder(folder);
}
printReport({ bench: "read", rows, aims }, { json });

async function using(start: () => Promise<Workerd>, measure: (workerd: Workerd) => Promise<void>): Promise<void> {
	const workerd = await start();
	try {
		await measure(workerd);
	} finally {
		await workerd.kill();
	}
}

/** 24 hours that end now. */
async function layDown(workerd: Workerd): Promise<void> {
	progress("laying down 24 hours of samples");
	const beganMs = performance.now();
	const value = logNormal(seeded(7));
	const lastHourMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - HOUR_MS;
	let fromMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 24 * HOUR_MS;
	await setClock(workerd, fromMs);
	await recordColumns(workerd, [{ name: EMPTY, labels: labelsAt(0), values: [50] }]);
	let samples = 0;
	while (fromMs < Date.now()) {
		const isLast = fromMs >= lastHourMs;
		// Steps end on the edges of hours, so that an hour is closed after its last sample.
		const step = isLast ? MINUTE_MS : 10 * MINUTE_MS;
		const toMs = Math.min(Math.floor(fromMs / step) * step + step, isLast ? Date.now() : lastHourMs);
		if (toMs <= fromMs) break;
		await setClock(workerd, toMs - 1);
		for (const batch of batchesOf(fromMs, toMs, isLast, value)) {
			samples += batch.reduce((sum, column) => sum + column.values.length, 0);
			await recordColumns(workerd, batch);
		}
		fromMs = toMs;
	}
	await call(workerd, "PUT", "/api/v1/dev/clock", '{"offsetMs":0}');
	const seconds = (performance.now() - beganMs) / 1000;
	progress(`${samples} samples in ${seconds.toFixed(1)} s`);
	rows.push({ what: "data: samples laid down", value: samples, unit: "samples", ratio: null });
	rows.push({ what: "data: time it took", value: seconds, unit: "s", ratio: null });
}

/** What all metrics have from `fromMs` up to, not including, `toMs`. */
function batchesOf(fromMs: number, toMs: number, isLast: boolean, value: () => number): Column[][] {
	const batches: Column[][] = [[]];
	for (const metric of [...MEASURED, ...OTHERS]) {
		const everyMs = isLast ? metric.fastMs : metric.slowMs;
		const timestamps: number[] = [];
		for (let at = Math.ceil(fromMs / everyMs) * everyMs; at < toMs; at += everyMs) timestamps.push(at);
		if (timestamps.length === 0) continue;
		if ((batches.at(-1) as Column[]).length + metric.series > COLUMNS_A_BATCH) batches.push([]);
		for (let series = 0; series < metric.series; series++) {
			const values = timestamps.map(value);
			(batches.at(-1) as Column[]).push({ name: metric.name, labels: labelsAt(series), values, timestamps });
		}
	}
	return batches.filter((batch) => batch.length > 0);
}

async function measureWarm(workerd: Workerd): Promise<void> {
	progress("reading, warm");
	const one = pathOf(EMPTY, "24h");
	const livez: LoadResult[] = [];
	const empty: LoadResult[] = [];
	const aimed: LoadResult[] = [];
	await hit(workerd, one, 1_500);
	await hit(workerd, pathOf(BIG.name, "24h"));
	// By turns, so that a slow moment of the machine meets all.
	for (let round = 0; round < ROUNDS; round++) {
		livez.push(await hit(workerd, "/livez"));
		empty.push(await hit(workerd, one));
		aimed.push(await hit(workerd, pathOf(BIG.name, "24h")));
	}
	const base = median(empty.map((result) => result.p50Ms));
	report("warm: GET /livez", livez, base);
	report("warm: one sample, 24h (the empty answer)", empty, base);
	report(`warm: ${SERIES} series, 24h, merged (the aim)`, aimed, base);
	const ratio = median(aimed.map((result, i) => result.p50Ms / (empty[i] as LoadResult).p50Ms));
	aims.push(atMost("1,000 series, 24h, merged, warm / the empty answer", 20, ratio));
	for (const { name, series } of MEASURED) {
		for (const window of WINDOWS) {
			report(`warm, merged: ${series} series, ${window}`, [await hit(workerd, pathOf(name, window))], base);
		}
	}
	for (const { name, series } of MEASURED) {
		for (const window of WINDOWS) {
			const path = pathOf(name, window);
			report(`warm, by series: ${series} series, ${window}`, [await hit(workerd, `${path}&by=*`)], base);
			report(
				`warm, merged of those that match: ${series} series, ${window}`,
				[await hit(workerd, `${path}${MATCH}`)],
				base,
			);
		}
	}
}

async function measureEvicted(start: () => Promise<Workerd>): Promise<void> {
	progress("reading after an eviction");
	const first: number[] = [];
	const base: number[] = [];
	const cold = new Map<string, number[]>();
	const time = async (workerd: Workerd, what: string, path: string): Promise<void> => {
		const took = await timed(workerd, path);
		cold.set(what, [...(cold.get(what) ?? []), took]);
	};
	await using(start, touchAll);
	for (let restart = 0; restart < RESTARTS; restart++) {
		await using(start, async (workerd) => {
			first.push(await timed(workerd, pathOf(EMPTY, "24h")));
			for (const { name } of MEASURED.slice(0, 2)) {
				for (const more of ["", "&by=*", MATCH]) await hit(workerd, pathOf(name, "24h") + more, 150);
			}
			for (let i = 0; i < 100; i++) await touch(workerd, MEASURED[1] as Metric);
			base.push((await hit(workerd, pathOf(EMPTY, "24h"))).p50Ms);
			await time(workerd, AIMED, pathOf(BIG.name, "24h"));
			for (const [i, window] of WINDOWS.entries()) {
				for (const [j, [what, more]] of COLD_FORMS.entries()) {
					const { name } = OTHERS[3 * i + j] as Metric;
					await time(workerd, `${what}: a neighbour of 1,000 series, ${window}`, pathOf(name, window) + more);
				}
			}
			base.push((await hit(workerd, pathOf(EMPTY, "24h"))).p50Ms);
			await touchAll(workerd);
		});
	}
	const empty = median(base);
	rows.push({ what: "evicted: the empty answer, warm", value: empty, unit: "ms", ratio: null });
	rows.push({ what: "evicted: first answer of a new process", value: median(first), unit: "ms", ratio: null });
	for (const [what, took] of [...cold].sort(([a], [b]) => (a < b ? -1 : 1))) {
		rows.push({ what, value: median(took), unit: "ms", ratio: median(took) / empty });
	}
	aims.push(atMost("1,000 series, 24h, merged, evicted / the empty answer", 60, median(cold.get(AIMED) ?? []) / empty));
}

/** So that what is killed next has a journal that no checkpoint holds: the slowest way to wake. */
async function touchAll(workerd: Workerd): Promise<void> {
	for (const metric of [BIG, ...OTHERS]) await touch(workerd, metric);
}

/** One sample more of each series. */
async function touch(workerd: Workerd, { name, series }: Metric): Promise<void> {
	await recordColumns(
		workerd,
		Array.from({ length: series }, (_, i) => ({ name, labels: labelsAt(i), values: [50] })),
	);
}

/** A minute later every journal is folded by the first read, so that what is measured next is reading alone. */
async function foldAll(workerd: Workerd): Promise<void> {
	await setClock(workerd, Date.now() + MINUTE_MS);
	for (const { name } of [...MEASURED, ...OTHERS]) await call(workerd, "GET", pathOf(name, "5m"));
}

/** Windows are kept by series when a matcher asks for them; the answer is small, so what stays is the windows. */
async function measureMemory(workerd: Workerd): Promise<void> {
	progress("memory");
	// V8's heap grows by some 40 MiB with any traffic; that is over before the first window is built.
	for (const more of ["&by=*", MATCH, ""]) await hit(workerd, pathOf("bench.series_20", "24h") + more, 500);
	await hit(workerd, pathOf(EMPTY, "24h"), 4_000);
	const base = residentBytes(workerd);
	const names = [BIG, ...OTHERS].map(({ name }) => name);
	rows.push({ what: "resident memory of workerd: before", value: base / MIB, unit: "MiB", ratio: null });
	const grown = new Map<number, number>();
	for (const [i, name] of names.entries()) {
		for (const window of WINDOWS) await call(workerd, "GET", pathOf(name, window) + MATCH);
		const count = i + 1;
		if (![1, 5, 20].includes(count)) continue;
		grown.set(count, (residentBytes(workerd) - base) / MIB);
		const what = `resident memory of workerd: growth with ${count} x 1,000 series, 5m + 1h + 24h`;
		rows.push({ what, value: grown.get(count) ?? 0, unit: "MiB", ratio: null });
	}
	const settled: number[] = [];
	for (let round = 1; round <= 6; round++) {
		for (const name of names) for (const window of WINDOWS) await call(workerd, "GET", pathOf(name, window) + MATCH);
		if (round % 3 !== 0) continue;
		settled.push(residentBytes(workerd) / MIB);
		const what = `resident memory of workerd: growth after all 20 were read ${round} more times`;
		rows.push({ what, value: (settled.at(-1) ?? 0) - base / MIB, unit: "MiB", ratio: null });
	}
	const [third, sixth] = settled as [number, number];
	aims.push(atMost("growth of resident memory, 1,000 series, 5m + 1h + 24h", 16, grown.get(1) ?? Number.NaN, " MiB"));
	aims.push(
		atMost("20 such metrics are bounded: memory after six rounds of reading / after three", 1.1, sixth / third),
	);
}

function pathOf(name: string, window: string): string {
	return `/api/metrics/${name}?window=${window}&quantiles=0.5,0.95,0.99`;
}

async function hit(workerd: Workerd, path: string, durationMs = MEASURE_MS): Promise<LoadResult> {
	const url = workerd.urls["perdure"] as string;
	const bytes = requestBytes(`${url}${path}`, "GET", AUTHORIZED, Buffer.alloc(0));
	const result = await load({ url, connections: 1, durationMs, request: () => bytes });
	if (result.failures > 0) throw new Error(`${result.failures} requests failed: ${result.firstFailure}`);
	return result;
}

async function timed(workerd: Workerd, path: string): Promise<number> {
	const beganMs = performance.now();
	await call(workerd, "GET", path);
	return performance.now() - beganMs;
}

function report(what: string, results: readonly LoadResult[], baseMs: number): void {
	const p50 = median(results.map((result) => result.p50Ms));
	rows.push({ what: `${what}, p50`, value: p50, unit: "ms", ratio: p50 / baseMs });
	rows.push({ what: `${what}, p99`, value: median(results.map((result) => result.p99Ms)), unit: "ms", ratio: null });
}

function atMost(aim: string, wanted: number, got: number, unit = "x"): Aim {
	return { aim, want: `<= ${wanted}${unit}`, got: `${got.toFixed(2)}${unit}`, ok: got <= wanted };
}

function labelsAt(series: number): Record<string, string> {
	return { endpoint: `/api/resource-${series}`, method: "POST" };
}
