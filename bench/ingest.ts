/**
 * Recording over HTTP and RPC on raw workerd, beside a Worker and an object that do no work in the same process and with
 * the same bodies: `npm run bench:ingest [-- --json]`. Billed rows are those that SQLite reports (`rowsWritten`).
 */
import { type LoadResult, load, requestBytes } from "./load.ts";
import { wantsJson } from "./options.ts";
import { newFolder, removeFolder } from "./processes.ts";
import { type Aim, median, printReport, progress, type Row } from "./report.ts";
import { bundle, perdure, TOKEN, type Workerd, type WorkerSpec } from "./workerd.ts";

const json = wantsJson(
	"bench:ingest",
	"Measures recording over HTTP and RPC beside a Worker and an object that do no work.",
);
const ROUNDS = 3;
const ROUND_MS = 2_500;
const CLIENTS = 64;
/** Public prices in dollars a million: a Worker's request, an object's request, a row written. */
const WORKER_REQUEST = 0.3;
const OBJECT_REQUEST = 0.15;
const ROW_WRITTEN = 1;

const NO_WORK: WorkerSpec = { name: "nowork", entry: "bench/workers/no-work.ts", objects: { NOWORK: "NoWorkObject" } };
const CALLER: WorkerSpec = {
	name: "caller",
	entry: "bench/workers/caller.ts",
	services: { PERDURE: { name: "perdure", entrypoint: "Recorder" }, NOWORK: { name: "nowork", entrypoint: "NoWork" } },
	foreignObjects: { METRIC: { className: "MetricObject", service: "perdure" } },
};

const rows: Row[] = [];
const aims: Aim[] = [];

const folder = newFolder();
try {
	await withWorkerd("0", measureSpeed);
	await withWorkerd("100", measureDefault);
} finally {
	removeFolder(folder);
}
printReport({ bench: "ingest", rows, aims }, { json });

async function withWorkerd(commitEveryMs: string, measure: (workerd: Workerd) => Promise<void>): Promise<void> {
	const start = await bundle(`${folder}/${commitEveryMs}`, [
		perdure({ COMMIT_EVERY_MS: commitEveryMs }),
		NO_WORK,
		CALLER,
	]);
	const workerd = await start();
	try {
		await measure(workerd);
	} finally {
		await workerd.kill();
	}
}

async function measureSpeed(workerd: Workerd): Promise<void> {
	progress("one sample a request, 64 clients");
	const one = JSON.stringify({ name: "bench.one", value: 45.2, labels: { endpoint: "/api/send", method: "POST" } });
	const single = await pairs(workerd, CLIENTS, one);
	report("one sample a request, durable ack, 64 clients", single, 1);
	aim("one-sample requests / no work", 0.7, single.ratio);
	const batches: readonly [string, string, number][] = [
		["1,000 samples, JSON objects, 20 series", objectsBody(1000, 20), 0.25],
		["1,000 samples, JSON columns, 20 series", columnsBody(1000, 20), 0.4],
	];
	for (const [what, body, wanted] of batches) {
		progress(what);
		const batch = await pairs(workerd, 16, body);
		report(`${what}, 16 clients`, batch, 1000);
		aim(`${what} / no work`, wanted, batch.ratio);
	}
	await measureRpc(workerd);
}

async function measureRpc({ urls }: Workerd): Promise<void> {
	progress("1,000 samples by RPC, Float64Array");
	const calls = 1600;
	const run = async (more: string): Promise<number> => {
		const startMs = performance.now();
		const reply = await fetch(`${urls["caller"]}/record?samples=1000&calls=${calls}${more}`);
		const { last } = (await reply.json()) as { last: string };
		if (more === "" && !last.includes('"accepted":1000')) throw new Error(`not recorded: ${last}`);
		return (calls * 1000) / ((performance.now() - startMs) / 1000);
	};
	await run("&nowork=1");
	await run("");
	const ratios: number[] = [];
	const rates: number[] = [];
	const bases: number[] = [];
	for (let round = 0; round < ROUNDS; round++) {
		bases.push(await run("&nowork=1"));
		rates.push(await run(""));
		ratios.push((rates.at(-1) as number) / (bases.at(-1) as number));
	}
	const what = "1,000 samples by RPC, Float64Array, 16 in flight";
	rows.push({ what: `${what}: Perdure`, value: median(rates), unit: "samples/s", ratio: null });
	rows.push({ what: `${what}: no work`, value: median(bases), unit: "samples/s", ratio: median(ratios) });
	aim("1,000 samples by RPC / no work", 0.5, median(ratios));
}

/** What the default interval of 100 ms costs in latency and saves in rows. */
async function measureDefault(workerd: Workerd): Promise<void> {
	progress("the default commit interval");
	const body = JSON.stringify({ name: "bench.default", value: 45.2 });
	const result = await hit(workerd.urls["perdure"] as string, CLIENTS, body);
	const before = await describe(workerd, "bench.default");
	const what = "one sample a request, commit every 100 ms, 64 clients";
	rows.push({ what: `${what}: requests/s`, value: result.rate, unit: "requests/s", ratio: null });
	rows.push({ what: `${what}: p50`, value: result.p50Ms, unit: "ms", ratio: null });
	rows.push({ what: `${what}: p99`, value: result.p99Ms, unit: "ms", ratio: null });
	rows.push({
		what: `${what}: billed rows a batch`,
		value: before.rowsWritten / before.batches,
		unit: "rows",
		ratio: null,
	});
	let worst = 0;
	for (const samples of [1, 10, 100, 1000]) {
		for (const series of [1, 20, 200]) {
			const dollars = await measurePrice(workerd, samples, series);
			if (samples === 100) worst = Math.max(worst, dollars);
		}
	}
	aims.push({
		aim: "price of a million samples at 100 a batch",
		want: "<= $0.02",
		got: `$${worst.toFixed(4)}`,
		ok: worst <= 0.02,
	});
}

/**
 * Few clients, one call after the other: nothing is grouped but by the interval, as in a small installation. Counted from
 * when the series exist: each costs one row once in its life, which is printed apart.
 */
async function measurePrice(workerd: Workerd, samples: number, series: number): Promise<number> {
	progress(`price at ${samples} samples a batch, ${series} series`);
	const name = `bench.price_${samples}_${series}`;
	const bodies = priceBodies(name, samples, series);
	await hit(workerd.urls["perdure"] as string, 4, bodies, 800);
	const born = await describe(workerd, name);
	await hit(workerd.urls["perdure"] as string, 4, bodies, 1_200);
	const after = await describe(workerd, name);
	const rowsABatch = (after.rowsWritten - born.rowsWritten) / (after.batches - born.batches);
	const dollars = (WORKER_REQUEST + OBJECT_REQUEST + rowsABatch * ROW_WRITTEN) / samples;
	const what = `price of a million samples, ${samples} a batch, ${series} series`;
	rows.push({ what: `${what}: rows a batch`, value: rowsABatch, unit: "rows", ratio: null });
	rows.push({ what: `${what}: dollars`, value: dollars, unit: "$", ratio: null });
	return dollars;
}

/** Batches that go round all series, whatever fits into one. */
function priceBodies(name: string, samples: number, series: number): string[] {
	const batches = Math.max(1, Math.ceil(series / samples));
	return Array.from({ length: batches }, (_, batch) => {
		const list = Array.from({ length: samples }, (_unused, i) => {
			return { name, value: valueAt(i), labels: labelsAt((batch * samples + i) % series) };
		});
		return JSON.stringify({ samples: list });
	});
}

type Pair = { readonly perdure: LoadResult[]; readonly noWork: LoadResult[]; readonly ratio: number };

/** Both by turns, so that a slow moment of the machine meets both. */
async function pairs({ urls }: Workerd, clients: number, body: string): Promise<Pair> {
	const perdureResults: LoadResult[] = [];
	const noWork: LoadResult[] = [];
	await hit(urls["perdure"] as string, clients, body, 1_000);
	await hit(urls["nowork"] as string, clients, body, 500);
	for (let round = 0; round < ROUNDS; round++) {
		noWork.push(await hit(urls["nowork"] as string, clients, body));
		perdureResults.push(await hit(urls["perdure"] as string, clients, body));
	}
	const ratio = median(perdureResults.map((result, i) => result.rate / (noWork[i] as LoadResult).rate));
	return { perdure: perdureResults, noWork, ratio };
}

async function hit(
	url: string,
	connections: number,
	body: string | readonly string[],
	durationMs = ROUND_MS,
): Promise<LoadResult> {
	const headers = { "content-type": "application/json", authorization: `Bearer ${TOKEN}` };
	const bodies = typeof body === "string" ? [body] : body;
	const requests = bodies.map((one) => requestBytes(`${url}/api/v1/record`, "POST", headers, Buffer.from(one)));
	const result = await load({ url, connections, durationMs, request: (n) => requests[n % requests.length] as Buffer });
	if (result.failures > 0) throw new Error(`${result.failures} requests failed: ${result.firstFailure}`);
	return result;
}

function report(what: string, pair: Pair, samples: number): void {
	const rate = (results: readonly LoadResult[]) => median(results.map((result) => result.rate)) * samples;
	rows.push({ what: `${what}: Perdure`, value: rate(pair.perdure), unit: "samples/s", ratio: null });
	rows.push({ what: `${what}: no work`, value: rate(pair.noWork), unit: "samples/s", ratio: pair.ratio });
	rows.push({ what: `${what}: Perdure p50`, value: median(pair.perdure.map((r) => r.p50Ms)), unit: "ms", ratio: null });
	rows.push({ what: `${what}: Perdure p99`, value: median(pair.perdure.map((r) => r.p99Ms)), unit: "ms", ratio: null });
}

function aim(what: string, wanted: number, got: number): void {
	aims.push({ aim: what, want: `>= ${wanted}`, got: got.toFixed(2), ok: got >= wanted });
}

function objectsBody(samples: number, series: number, name = "bench.objects"): string {
	return JSON.stringify({
		samples: Array.from({ length: samples }, (_, i) => ({ name, value: valueAt(i), labels: labelsAt(i % series) })),
	});
}

function columnsBody(samples: number, series: number, name = "bench.columns"): string {
	const columns = Array.from({ length: series }, (_, s) => ({
		name,
		labels: labelsAt(s),
		values: Array.from({ length: samples / series }, (_unused, i) => valueAt(i * series + s)),
	}));
	return JSON.stringify({ series: columns });
}

function labelsAt(series: number): Record<string, string> {
	return { endpoint: `/api/resource-${series}`, method: "POST" };
}

function valueAt(i: number): number {
	return 20 + ((i * 7919) % 10_000) / 10;
}

async function describe({ urls }: Workerd, metric: string): Promise<{ rowsWritten: number; batches: number }> {
	const reply = await fetch(`${urls["caller"]}/describe?metric=${metric}`);
	return (await reply.json()) as { rowsWritten: number; batches: number };
}
