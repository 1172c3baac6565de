/**
 * A tick over 10, 100 and 1,000 metrics with a rule each, on raw workerd: microseconds a rule, warm and as the first one of a new
 * process, beside calls to the same objects with nothing to evaluate, and the billed rows of a tick in which nothing happens:
 * `npm run bench:evaluate [-- --json]`.
 *
 * Each metric has four series and is recorded once a minute of the moved clock, for six minutes before the first tick and before
 * each tick that is timed. By turns a rule is a quantile over `_bucket`, a quantile of the distribution itself, and the rate of
 * a counter, all over 5m and summed over the series; none ever fires.
 */
import { type Column, call, logNormal, recordColumns, seeded, setClock } from "./api.ts";
import { wantsJson } from "./options.ts";
import { newFolder, removeFolder } from "./processes.ts";
import { type Aim, median, printReport, progress, type Row } from "./report.ts";
import { bundle, perdure, type Workerd, type WorkerSpec } from "./workerd.ts";

const json = wantsJson("bench:evaluate", "Measures a tick over 10, 100 and 1,000 metrics with a rule each.");
const MINUTE_MS = 60_000;
const SIZES = [10, 100, 1_000];
const SERIES = 4;
const SAMPLES = 6;
const TICKS = 5;
/** At the largest size the first tick is timed once: a thousand objects make their own average. */
const RESTARTS = 3;
const QUIET_TICKS = 3;
/** Minutes of samples before the first tick: rates look back five. */
const MINUTES = 6;
/** Metrics of one batch, whose bound is 500. */
const METRICS_A_BATCH = 250;
const PREFIX = "bench.rule_";

const HOP: WorkerSpec = {
	name: "hop",
	entry: "bench/workers/hop.ts",
	foreignObjects: { METRIC: { className: "MetricObject", service: "perdure" } },
};

const rows: Row[] = [];
const aims: Aim[] = [];
const value = logNormal(seeded(11));
/** The virtual minute, which every step moves on. */
let minuteMs = Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS;

const warmByRule: number[] = [];
const folder = newFolder();
try {
	for (const size of SIZES) await measure(size);
	await measureRows();
} finally {
	removeFolder(folder);
}
const [ten, hundred, thousand] = warmByRule as [number, number, number];
aims.push(atMost("a rule at 100 / a rule at 10 rules (1: linear)", 1.1, hundred / ten));
aims.push(atMost("a rule at 1,000 / a rule at 10 rules", 1.1, thousand / ten));
printReport({ bench: "evaluate", rows, aims }, { json });

async function measure(size: number): Promise<void> {
	progress(`${size} metrics, ${size} rules`);
	const start = await bundle(`${folder}/${size}`, [perdure({ COMMIT_EVERY_MS: "0" }), HOP]);
	let workerd = await start();
	const warm: number[] = [];
	const hops: number[] = [];
	const first: number[] = [];
	try {
		await prepare(workerd, size);
		await tick(workerd, size);
		for (let i = 0; i < TICKS; i++) {
			hops.push(await hop(workerd, size));
			await record(workerd, size);
			warm.push(await tick(workerd, size));
		}
		for (let i = 0; i < (size === SIZES.at(-1) ? 1 : RESTARTS); i++) {
			await workerd.kill();
			workerd = await start();
			minuteMs += MINUTE_MS;
			await setClock(workerd, minuteMs + 1_000);
			first.push(await tick(workerd, size));
		}
	} finally {
		await workerd.kill();
	}
	const us = (took: readonly number[]) => (median(took) / size) * 1_000;
	const what = `tick over ${size} metrics, ${size} rules`;
	warmByRule.push(us(warm));
	rows.push({ what: `${what}: warm, whole`, value: median(warm), unit: "ms", ratio: null });
	rows.push({ what: `${what}: warm, a rule`, value: us(warm), unit: "µs", ratio: us(warm) / us(hops) });
	rows.push({ what: `${what}: the same objects, nothing to evaluate`, value: us(hops), unit: "µs", ratio: 1 });
	rows.push({ what: `${what}: first of a new process, whole`, value: median(first), unit: "ms", ratio: null });
	rows.push({ what: `${what}: first of a new process, a rule`, value: us(first), unit: "µs", ratio: null });
}

/** What a tick is billed in which no metric was recorded and no state changed. */
async function measureRows(): Promise<void> {
	progress("billed rows of quiet ticks");
	const size = SIZES.at(-1) as number;
	const metered = { ...perdure({ COMMIT_EVERY_MS: "0" }), entry: "bench/workers/metered.ts" };
	const start = await bundle(`${folder}/metered`, [metered]);
	const workerd = await start();
	try {
		await prepare(workerd, size, 1);
		// What was recorded is folded with the first ticks.
		for (let i = 0; i < 2; i++) await quietTick(workerd, size);
		await call(workerd, "GET", "/bench/rows");
		for (let i = 0; i < QUIET_TICKS; i++) await quietTick(workerd, size);
		const counted = JSON.parse(await call(workerd, "GET", "/bench/rows")) as Record<string, number>;
		const aTick = (who: string) => (counted[who] ?? 0) / QUIET_TICKS;
		const what = `billed rows of a quiet tick, ${size} rules`;
		for (const who of Object.keys(counted)) {
			rows.push({ what: `${what}: ${who}`, value: aTick(who), unit: "rows", ratio: null });
		}
		const own = aTick("metrics") + aTick("catalog") + aTick("notifier");
		aims.push(atMost("billed rows of a quiet tick, without perdure.* (its own metrics)", 4, own, " rows"));
	} finally {
		await workerd.kill();
	}
}

async function quietTick(workerd: Workerd, size: number): Promise<void> {
	minuteMs += MINUTE_MS;
	await setClock(workerd, minuteMs + 1_000);
	await tick(workerd, size);
}

/** Some minutes of samples, and a rule for each metric. */
async function prepare(workerd: Workerd, size: number, minutes = MINUTES): Promise<void> {
	for (let i = 0; i < minutes; i++) await record(workerd, size);
	const rules = Array.from({ length: size }, (_, i) => `      - alert: BENCH_${i}\n        expr: ${ruleOf(i)}\n`);
	const file = `groups:\n  - name: bench\n    interval: 1m\n    rules:\n${rules.join("")}`;
	await call(workerd, "PUT", "/api/v1/rules/groups/bench", file, "application/yaml");
}

/** A minute passes, and every metric is told what happened in it. */
async function record(workerd: Workerd, size: number): Promise<void> {
	minuteMs += MINUTE_MS;
	await setClock(workerd, minuteMs + 1_000);
	for (let from = 0; from < size; from += METRICS_A_BATCH) {
		const columns: Column[] = [];
		for (let i = from; i < Math.min(size, from + METRICS_A_BATCH); i++) {
			for (let series = 0; series < SERIES; series++) {
				const kind = i % 3 === 2 ? "counter" : "distribution";
				const values = Array.from({ length: SAMPLES }, value);
				columns.push({ name: PREFIX + i, kind, labels: { endpoint: `/api/resource-${series}` }, values });
			}
		}
		await recordColumns(workerd, columns);
	}
}

function ruleOf(i: number): string {
	const name = `${PREFIX}${i}`.replaceAll(".", "_");
	if (i % 3 === 0) return `histogram_quantile(0.95, sum by (le) (rate(${name}_bucket[5m]))) > 1e9`;
	return i % 3 === 1 ? `histogram_quantile(0.95, sum(rate(${name}[5m]))) > 1e9` : `sum(rate(${name}[5m])) > 1e9`;
}

/** One tick at the minute that it is; milliseconds. */
async function tick(workerd: Workerd, size: number): Promise<number> {
	const beganMs = performance.now();
	const answer = await call(workerd, "POST", `/api/v1/dev/tick?time=${minuteMs}`);
	const tookMs = performance.now() - beganMs;
	const { ticks } = JSON.parse(answer) as { ticks: { rules: number; failed: number; events: number }[] };
	const [one] = ticks;
	if (ticks.length !== 1 || one?.rules !== size || one.failed !== 0) throw new Error(`not a whole tick: ${answer}`);
	return tookMs;
}

async function hop({ urls }: Workerd, size: number): Promise<number> {
	const beganMs = performance.now();
	const reply = await fetch(`${urls["hop"]}/?prefix=${PREFIX}&count=${size}`);
	const answer = await reply.text();
	if (!answer.includes(`"answers":${size}`)) throw new Error(`hop: ${answer}`);
	return performance.now() - beganMs;
}

function atMost(aim: string, wanted: number, got: number, unit = "x"): Aim {
	return { aim, want: `<= ${wanted}${unit}`, got: `${got.toFixed(2)}${unit}`, ok: got <= wanted };
}
