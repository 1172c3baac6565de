/**
 * `npm run test:oracle-promql [-- --count N --seed N --json]`: the same series into Debian's Prometheus 2.42, into our engine, and
 * by way of the JSON API into a running Perdure; the same expressions, made by chance from a seed, to all of them, at one time
 * and over many. Exit code 1 when they differ and no rule of versions explains it; 2 when Prometheus is not installed.
 */
import { JSON_SAYS, readOptions, wholeOf } from "../../bench/options.ts";
import { newFolder, removeFolder } from "../../bench/processes.ts";
import { type Aim, printReport, progress, type Row } from "../../bench/report.ts";
import { functionNames } from "../../src/promql/signatures.ts";
import { chance, generate } from "../promql/generate.ts";
import { MemoryQuerier } from "../promql/memory-querier.ts";
import type { Verdict } from "../promql/promtool.ts";
import { alike, forVersionTwo, ruleOf } from "../promql/version-two.ts";
import { hasPrometheus, startPrometheus } from "./peer.ts";
import { recordSeries } from "./perdure.ts";
import { drawSeries, SPAN_S, seriesOf } from "./series.ts";
import { type AskApi, askApi, askEngine, type Times } from "./verdict.ts";

const EXPRESSIONS_MIN = 2_000;
/** Of these every tenth goes over HTTP to Perdure. */
const OVER_HTTP = 10;
/** Any time will do: the engine knows no clock. */
const ENGINE_BASE_S = 1_700_000_000;
const AGGREGATES = "sum avg min max count group stddev stdvar topk bottomk quantile count_values".split(" ");
const OPERATORS = "+ - * / % ^ atan2 == != > < >= <= and or unless on ignoring group_left group_right bool".split(" ");
const MODIFIERS = "offset @ by without".split(" ");
/** Differences shown in full. */
const SHOWN_MAX = 20;

const options = readOptions(
	"test:oracle-promql",
	"Asks Debian's Prometheus and Perdure the same expressions over the same series.",
	{ count: { type: "string" }, seed: { type: "string" }, json: { type: "boolean", default: false } } as const,
	{ count: "expressions (default 2400)", seed: "where chance begins (default 42)", json: JSON_SAYS },
);
if (!hasPrometheus()) {
	process.stderr.write("prometheus is not installed (apt-get install prometheus)\n");
	process.exit(2);
}

type Tally = { compared: number; samples: number; errors: number; byRule: Map<string, number>; wrong: string[] };
type Engine = (expression: string, times: Times) => Promise<Verdict>;

const beganMs = performance.now();
const random = chance(wholeOf("seed", options.seed, 42));
const expressions = Array.from({ length: wholeOf("count", options.count, 2_400) }, () => generate(random));
const drawn = drawSeries(random);
const folder = newFolder("perdure-oracle-");
try {
	progress(`oracle: ${expressions.length} expressions, a minute or two`);
	const engine = await compareEngine();
	const overHttp = await comparePerdure();
	report(engine, overHttp);
} finally {
	removeFolder(folder);
}

async function compareEngine(): Promise<Tally> {
	const querier = new MemoryQuerier();
	querier.series.push(...seriesOf(drawn, ENGINE_BASE_S, random));
	const peer = await startPrometheus(`${folder}/engine`, querier.series);
	try {
		return await compare(expressions, ENGINE_BASE_S, (text, times) => askEngine(text, querier, times), peer.ask);
	} finally {
		await peer.kill();
	}
}

async function comparePerdure(): Promise<Tally> {
	// Within the last hour, where slots are ten seconds wide; a whole minute, so that the seed alone decides what is asked.
	const baseS = Math.floor((Date.now() / 1_000 - SPAN_S - 60) / 60) * 60;
	const recorded = await recordSeries(folder, drawn, baseS);
	const peer = await startPrometheus(`${folder}/perdure`, recorded.shown);
	try {
		const some = expressions.filter((_, i) => i % OVER_HTTP === 0);
		return await compare(some, baseS, (text, times) => askApi(text, recorded.ask, times), peer.ask);
	} finally {
		await peer.kill();
		await recorded.stop();
	}
}

/** Asks everything twice: at one time, and over twenty minutes. Times are a second off every whole ten seconds. */
async function compare(texts: readonly string[], baseS: number, ours: Engine, theirs: AskApi): Promise<Tally> {
	const tally: Tally = { compared: 0, samples: 0, errors: 0, byRule: new Map(), wrong: [] };
	const endS = baseS + 3_001;
	const asked: readonly Times[] = [
		{ startS: endS, endS, stepS: null },
		{ startS: endS - 1_200, endS, stepS: 60 },
	];
	for (const text of texts) {
		const expression = text.replaceAll(/@ (\d+)/g, (_, seconds) => `@ ${baseS + Number(seconds)}`);
		for (const times of asked) {
			const [mine, other] = await Promise.all([
				ours(expression, times),
				askApi(forVersionTwo(expression), theirs, times),
			]);
			judge(tally, expression, times, mine, other);
		}
	}
	return tally;
}

function judge(tally: Tally, expression: string, { stepS }: Times, ours: Verdict, theirs: Verdict): void {
	tally.compared++;
	if (theirs.kind === "error") tally.errors++;
	else tally.samples += theirs.samples.length;
	if (alike(ours, theirs)) return;
	const rule = ruleOf(expression, ours, theirs);
	if (rule !== null) tally.byRule.set(rule, (tally.byRule.get(rule) ?? 0) + 1);
	else tally.wrong.push(`${stepS === null ? "at one time" : "over time"}: ${expression}\n${show(ours, theirs)}`);
}

/** The first points that differ. */
function show(ours: Verdict, theirs: Verdict): string {
	const lines = (verdict: Verdict) =>
		verdict.kind === "error"
			? [`error: ${verdict.text.slice(0, 300)}`]
			: verdict.samples.map(({ labels, value, timeMs }) => `${JSON.stringify(labels)} ${value} @${timeMs}`).sort();
	const [mine, other] = [lines(ours), lines(theirs)];
	const only = (some: readonly string[], rest: readonly string[]) =>
		some.filter((line) => !rest.includes(line)).slice(0, 4);
	return `  ours:   ${only(mine, other).join("\n          ")}\n  theirs: ${only(other, mine).join("\n          ")}\n`;
}

/** Words of the language that no expression uses. */
function unused(): readonly string[] {
	const all = expressions.join("\n");
	const called = [...functionNames(), ...AGGREGATES].filter((name) => !new RegExp(`\\b${name}\\b[^\\n]*\\(`).test(all));
	return [...called, ...[...OPERATORS, ...MODIFIERS].filter((word) => !all.includes(` ${word}`))];
}

function report(engine: Tally, overHttp: Tally): void {
	const wrong = [...engine.wrong, ...overHttp.wrong];
	for (const text of wrong.slice(0, SHOWN_MAX)) process.stderr.write(`${text}\n`);
	if (wrong.length > SHOWN_MAX) process.stderr.write(`... and ${wrong.length - SHOWN_MAX} more\n`);
	const missing = unused();
	const bad = (tally: Tally) => ({ want: "0", got: String(tally.wrong.length), ok: tally.wrong.length === 0 });
	const enough = expressions.length >= EXPRESSIONS_MIN || options.count !== undefined;
	const aims: Aim[] = [
		{ aim: "the engine differs, and no rule says why", ...bad(engine) },
		{ aim: "Perdure over HTTP differs, and no rule says why", ...bad(overHttp) },
		{ aim: "expressions", want: `>= ${EXPRESSIONS_MIN}`, got: String(expressions.length), ok: enough },
		{
			aim: "functions, aggregations, operators that no expression uses",
			want: "none",
			got: missing.join(" ") || "none",
			ok: missing.length === 0 || options.count !== undefined,
		},
	];
	const rows = [...rowsOf("the engine", engine), ...rowsOf("Perdure over HTTP", overHttp)];
	rows.push({ what: "run: time", value: Math.round((performance.now() - beganMs) / 1_000), unit: "s", ratio: null });
	printReport({ bench: "oracle-promql", rows, aims }, { json: options.json });
	process.exitCode = aims.every(({ ok }) => ok) ? 0 : 1;
}

function rowsOf(group: string, tally: Tally): Row[] {
	const row = (what: string, value: number): Row => ({ what: `${group}: ${what}`, value, unit: "", ratio: null });
	const ruled = [...tally.byRule.values()].reduce((sum, count) => sum + count, 0);
	return [
		row("verdicts compared", tally.compared),
		row("equal", tally.compared - ruled - tally.wrong.length),
		row("different, as the versions are", ruled),
		row("different, and must not", tally.wrong.length),
		row("errors of Prometheus", tally.errors),
		row("samples of Prometheus", tally.samples),
		...[...tally.byRule].map(([rule, count]) => row(`by rule, ${rule}`, count)),
	];
}
