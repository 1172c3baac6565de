/**
 * What range queries cost: the engine alone, and Perdure over HTTP on raw workerd beside Debian's Prometheus and VictoriaMetrics on
 * the same points: 20 and 1,000 series of 24 hours at 15 seconds, asked for a day at a step of a minute.
 * `npm run bench:promql [-- --json --short]`; short: six hours.
 */
import { uuid7Hex } from "../src/lib/uuid7.ts";
import { labelsKey } from "../src/model/labels.ts";
import { compileMatchers } from "../src/model/matcher.ts";
import { evaluateRange } from "../src/promql/evaluate.ts";
import type { Querier } from "../src/promql/querier.ts";
import type { SeriesData } from "../src/promql/series-data.ts";
import { AUTHORIZED, call } from "./api.ts";
import { JSON_SAYS, readOptions } from "./options.ts";
import { newFolder, removeFolder } from "./processes.ts";
import { type QueryPeer, startQueryPeers } from "./promql-peers.ts";
import { remoteWrite } from "./remote-write.ts";
import { type Aim, median, printReport, progress, type Row } from "./report.ts";
import { bundle, perdure, type Workerd } from "./workerd.ts";

const options = readOptions(
	"bench:promql",
	"Measures range queries of PromQL beside Prometheus and VictoriaMetrics.",
	{ json: { type: "boolean" }, short: { type: "boolean" } } as const,
	{ json: JSON_SAYS, short: "six hours instead of a day" },
);
const SIZES = [20, 1_000] as const;
const EVERY_S = 15;
const HOURS = options.short === true ? 6 : 24;
const POINTS = (HOURS * 3_600) / EVERY_S;
const STEP_S = 60;
const RUNS = 5;
const TIMES_PER_BATCH = 8;
const BUCKETS = ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "+Inf"];
/** The last point lies a minute before now. */
const END_MS = Math.floor(Date.now() / 60_000) * 60_000 - 60_000;
const START_MS = END_MS - (POINTS - 1) * EVERY_S * 1_000;

type Generated = {
	readonly name: string;
	readonly labels: Readonly<Record<string, string>>;
	at(point: number): number;
};

/** Queries of one size, by what they show. */
const queriesOf = (size: number): Readonly<Record<string, string>> => ({
	"sum by rate": `sum by (path) (rate(reqs_${size}[5m]))`,
	histogram_quantile: `histogram_quantile(0.95, sum by (le) (rate(lat_${size}_bucket[5m])))`,
	topk: `topk(5, rate(reqs_${size}[5m]))`,
	quantile_over_time: `max(quantile_over_time(0.9, reqs_${size}[10m]))`,
	"a join": `sum by (version) (rate(reqs_${size}[5m]) * on (instance) group_left (version) info_${size})`,
});

const rows: Row[] = [];
const aims: Aim[] = [];
const folder = newFolder("perdure-promql-");
let workerd: Workerd | null = null;
let peers: readonly QueryPeer[] = [];
try {
	const spec = { ...perdure({ COMMIT_EVERY_MS: "0" }), entry: "bench/workers/points.ts" };
	workerd = await (await bundle(folder, [spec]))();
	peers = await startQueryPeers(folder);
	await layDown(workerd);
	for (const size of SIZES) {
		for (const [what, query] of Object.entries(queriesOf(size))) await compare(workerd, size, what, query);
	}
} finally {
	await workerd?.kill();
	for (const peer of peers) await peer.kill();
	removeFolder(folder);
}
printReport({ bench: "promql", rows, aims }, { json: options.json ?? false });
process.exitCode = aims.every(({ ok }) => ok) ? 0 : 1;

function metricsOf(size: number): readonly Generated[] {
	const requests = Array.from({ length: size }, (_, i): Generated => {
		const rate = (i % 17) + 1;
		return {
			name: `reqs_${size}`,
			labels: { instance: `i${i}`, path: `/p${i % 20}`, method: i % 3 === 0 ? "POST" : "GET" },
			at: (point) => Math.floor(rate * 15 * point + 3 * rate * (Math.sin(point / 97 + i) + 1)),
		};
	});
	const buckets = Array.from({ length: size }, (_, i): Generated => {
		const [instance, le] = [Math.floor(i / BUCKETS.length), i % BUCKETS.length];
		const per = ((instance % 9) + 1) * (le + 1) ** 2;
		return {
			name: `lat_${size}_bucket`,
			labels: { instance: `i${instance}`, le: BUCKETS[le] as string },
			at: (point) => per * point,
		};
	});
	const info = Array.from({ length: size }, (_, i): Generated => {
		return { name: `info_${size}`, labels: { instance: `i${i}`, version: `v${i % 5}` }, at: () => 1 };
	});
	return [...requests, ...buckets, ...info];
}

/** All of it in order of time: Prometheus takes no point that is much older than its newest. */
async function layDown(started: Workerd): Promise<void> {
	progress(`laying down ${HOURS} hours of ${SIZES.join(" and ")} series, three metrics each`);
	const metrics = [...Map.groupBy(SIZES.flatMap(metricsOf), ({ name }) => name).values()];
	for (let from = 0; from < POINTS; from += TIMES_PER_BATCH) {
		const points = Array.from({ length: Math.min(TIMES_PER_BATCH, POINTS - from) }, (_, i) => from + i);
		const timesMs = points.map((point) => START_MS + point * EVERY_S * 1_000);
		const written = metrics.map((all) =>
			all.map((series) => ({
				labels: { __name__: series.name, ...series.labels },
				timesMs,
				values: points.map((point) => series.at(point)),
			})),
		);
		const toPeers = peers.map(({ url }) => remoteWrite(url, written.flat()));
		await Promise.all([...toPeers, ...metrics.map((all, i) => record(started, all, timesMs, written[i] ?? []))]);
	}
	// VictoriaMetrics shows what was written a moment later.
	await Promise.all(peers.map(({ url }) => fetch(`${url}/internal/force_flush`).catch(() => null)));
}

async function record(
	started: Workerd,
	all: readonly Generated[],
	timesMs: readonly number[],
	written: readonly { readonly values: readonly number[] }[],
): Promise<void> {
	const body = {
		id: uuid7Hex(Date.now(), crypto.getRandomValues(new Uint8Array(10))),
		name: all[0]?.name,
		labels: all.map(({ labels }) => labelsKey(labels)),
		timesMs,
		values: written.flatMap(({ values }) => values),
	};
	const answer = await call(started, "POST", "/bench/points", JSON.stringify(body));
	if (!answer.includes(`"accepted":${body.values.length},`)) throw new Error(answer.slice(0, 500));
}

async function compare(started: Workerd, size: number, what: string, query: string): Promise<void> {
	progress(`${size} series: ${what}`);
	const form = new URLSearchParams({
		query,
		start: String(START_MS / 1_000),
		end: String(END_MS / 1_000),
		step: String(STEP_S),
	});
	const group = `${size} series, ${what}`;
	const own = await timeHttp(started.urls["perdure"] ?? "", form, AUTHORIZED);
	rows.push({ what: `${group}: engine alone`, value: await timeEngine(size, query), unit: "ms", ratio: null });
	rows.push({ what: `${group}: perdure over HTTP`, value: own.ms, unit: "ms", ratio: null });
	for (const peer of peers) {
		const asked = new URLSearchParams([...form, ...Object.entries(peer.extra)]);
		const theirs = await timeHttp(peer.url, asked, {});
		rows.push({ what: `${group}: ${peer.name}`, value: theirs.ms, unit: "ms", ratio: theirs.ms / own.ms });
		if (peer.name !== "prometheus") continue;
		const most = size === 20 ? 1 : 3;
		aims.push({
			aim: `${group}: times of Prometheus`,
			want: `<= ${most}`,
			got: (own.ms / theirs.ms).toFixed(2),
			ok: own.ms <= most * theirs.ms,
		});
		// Prometheus 2.42 closes its windows to the left: where a point lies on the edge it counts one more.
		const alike = own.series === theirs.series;
		aims.push({ aim: `${group}: series`, want: String(theirs.series), got: String(own.series), ok: alike });
	}
}

/** The middle of some runs, and how many series came. */
async function timeHttp(
	url: string,
	form: URLSearchParams,
	headers: Readonly<Record<string, string>>,
): Promise<{ readonly ms: number; readonly series: number }> {
	const took: number[] = [];
	let series = 0;
	for (let run = 0; run <= RUNS; run++) {
		const beganMs = performance.now();
		const reply = await fetch(`${url}/api/v1/query_range`, { method: "POST", body: form, headers });
		const text = await reply.text();
		// The first one warms up.
		if (run > 0) took.push(performance.now() - beganMs);
		if (!reply.ok) throw new Error(`${url}: ${reply.status} ${text.slice(0, 300)}`);
		if (run === RUNS) series = (JSON.parse(text) as { data: { result: unknown[] } }).data.result.length;
	}
	return { ms: median(took), series };
}

async function timeEngine(size: number, query: string): Promise<number> {
	const timestampsMs = Float64Array.from({ length: POINTS }, (_, i) => START_MS + i * EVERY_S * 1_000);
	const series = metricsOf(size).map(({ name, labels, at }): SeriesData => {
		return {
			labels: { __name__: name, ...labels },
			timestampsMs,
			values: Float64Array.from(timestampsMs, (_, i) => at(i)),
		};
	});
	const querier: Querier = {
		select: (matchers) => {
			const test = compileMatchers(matchers);
			return Promise.resolve(test.ok ? series.filter(({ labels }) => test.value(labels)) : []);
		},
	};
	const took: number[] = [];
	for (let run = 0; run <= 3; run++) {
		const beganMs = performance.now();
		const answer = await evaluateRange(query, querier, { startMs: START_MS, endMs: END_MS, stepMs: STEP_S * 1_000 });
		if (!answer.ok) throw new Error(JSON.stringify(answer.failure));
		if (run > 0) took.push(performance.now() - beganMs);
	}
	return median(took);
}
