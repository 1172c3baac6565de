/**
 * What a sketch costs, beside what its peers cost in the same run: `node bench/sketch.ts [--json]`, about a minute. All
 * peers see the same samples; every aim compares with the fastest or smallest of them. A figure is the lower quartile of
 * rounds that take turns, in processor time: what the machine does besides only ever adds to a round.
 */
import { ByteReader, ByteWriter } from "../src/lib/bytes.ts";
import { Sketch } from "../src/sketch/sketch.ts";
import { wantsJson } from "./options.ts";
import { type Aim, figure, lowerQuartile, printReport, progress, type Row, times } from "./report.ts";
import { loadPeers, type Peer } from "./sketch-peers.ts";

const ROUNDS = 21;
const WARM_UP_ROUNDS = 4;
const SAMPLES = 100_000;
const SLOTS = 60;
const NAMED_SET = "log-normal(mu 4, sigma 0.6)";
const QS = [0.5, 0.95, 0.99];
/** Whatever is measured ends here, so that V8 cannot leave it out. */
let sink = 0;

/** Mulberry32 and Box-Muller: the same samples in every run. */
function generator(seed: number): { readonly next: () => number; readonly bell: () => number } {
	let state = seed;
	const next = () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
	return { next, bell: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()) };
}

/** The data sets, `n` samples each. */
function dataSets(n: number, seed: number): Map<string, Float64Array> {
	const { next, bell } = generator(seed);
	const make = (one: () => number) => Float64Array.from({ length: n }, one);
	return new Map([
		[NAMED_SET, make(() => Math.exp(4 + 0.6 * bell()))],
		["whole milliseconds", make(() => Math.max(1, Math.round(Math.exp(3 + bell()))))],
		["two humps", make(() => (next() < 0.8 ? Math.exp(1 + 0.2 * bell()) : Math.exp(6 + 0.3 * bell())))],
		["uniform to 1,000", make(() => 1 + 999 * next())],
		["Pareto 1.2", make(() => 10 / (1 - next()) ** (1 / 1.2))],
	]);
}

/** Something to be timed: one `run` does `count` things of its kind. */
type Runner = { readonly name: string; readonly count: number; readonly run: () => number };

/**
 * Nanoseconds of processor time for each thing, by runner: what other processes take meanwhile does not count, what V8's own
 * threads take does. All take turns, round by round, so that a slow spell of the machine falls on all
 * alike; the first rounds, which warm V8 up, are not counted.
 */
function race(runners: readonly Runner[], rounds = ROUNDS): Map<string, number> {
	const figures = new Map<string, number[]>(runners.map(({ name }) => [name, []]));
	for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
		for (const { name, count, run } of runners) {
			const before = process.cpuUsage();
			sink += run();
			const { user, system } = process.cpuUsage(before);
			const each = ((user + system) * 1000) / count;
			if (round >= 0) figures.get(name)?.push(each);
		}
	}
	return new Map([...figures].map(([name, all]) => [name, lowerQuartile(all)]));
}

/** A runner that repeats something short. */
function repeat(name: string, count: number, once: () => number): Runner {
	const run = () => {
		let sum = 0;
		for (let i = 0; i < count; i++) sum += once();
		return sum;
	};
	return { name, count, run };
}

/** The figures of a race as rows, in `unit` of `scale` nanoseconds, each beside the first runner. */
function rowsOf(
	group: string,
	figures: ReadonlyMap<string, number>,
	unit: string,
	scale: number,
	compare = true,
): Row[] {
	const own = [...figures.values()][0] ?? Number.NaN;
	return [...figures].map(([name, value]) => ({
		what: `${group}: ${name}`,
		value: value / scale,
		unit,
		ratio: compare ? value / own : null,
	}));
}

function addEach(values: Float64Array, each: number): number {
	let seen = 0;
	for (let from = 0; from < values.length; from += each) {
		const sketch = new Sketch();
		const to = Math.min(values.length, from + each);
		for (let i = from; i < to; i++) sketch.add(values[i] as number);
		seen += sketch.count;
	}
	return seen;
}

function batchEach(values: Float64Array, each: number): number {
	let seen = 0;
	for (let from = 0; from < values.length; from += each) {
		const sketch = new Sketch();
		sketch.addBatch(values, from, Math.min(values.length, from + each));
		seen += sketch.count;
	}
	return seen;
}

function sketchOf(values: Float64Array): Sketch {
	const sketch = new Sketch();
	sketch.addBatch(values);
	return sketch;
}

function encoded(sketch: Sketch): Uint8Array {
	const writer = new ByteWriter();
	sketch.encode(writer);
	return writer.finish();
}

/** Rows and aims of one thing that is measured. */
type Part = { readonly rows: readonly Row[]; readonly aims: readonly Aim[] };

const AGES = [
	{ age: "long-lived", each: SAMPLES },
	{ age: "fresh each 1,000", each: 1000 },
];

/** ns an add, by data set and age; one race of all, so that a spell of disturbance does not fall on one data set alone. */
function measureAdd(peers: readonly Peer[]): Part {
	progress("add: all data sets");
	const groups = [...dataSets(SAMPLES, 1)].flatMap(([set, values]) =>
		AGES.map(({ age, each }) => ({ group: `ns an add, ${set}, ${age}`, age, each, values })),
	);
	const runners = groups.flatMap(({ group, each, values }) => [
		{ name: `${group}: Perdure add`, count: SAMPLES, run: () => addEach(values, each) },
		{ name: `${group}: Perdure addBatch`, count: SAMPLES, run: () => batchEach(values, each) },
		...peers.map((peer) => {
			// The slowest see fewer samples: they take a microsecond each.
			const own = peer.prepare(values.subarray(0, peer.name.startsWith("prom-client") ? 5000 : SAMPLES));
			return { name: `${group}: ${peer.name}`, count: own.length, run: () => peer.add(own, each) };
		}),
	]);
	const figures = race(runners);
	const at = (group: string, name: string) => figures.get(`${group}: ${name}`) ?? Number.NaN;
	const rows = groups.flatMap(({ group }) => {
		const own = ["Perdure add", "Perdure addBatch", ...peers.map((peer) => peer.name)];
		return rowsOf(group, new Map(own.map((name) => [name, at(group, name)])), "ns", 1);
	});
	const js = peers.filter((peer) => peer.isJs);
	const worst = (age: string, own: string) =>
		Math.min(
			...groups
				.filter((one) => one.age === age)
				.map(({ group }) => Math.min(...js.map((peer) => at(group, peer.name))) / at(group, own)),
		);
	const aims = AGES.flatMap(({ age }) => [
		atLeast(`add beside the fastest JS peer, ${age}, worst data set`, 2.5, worst(age, "Perdure add")),
		atLeast(`addBatch beside the fastest JS peer, ${age}, worst data set`, 5, worst(age, "Perdure addBatch")),
	]);
	return { rows, aims };
}

/** Other signs than plus: negative, mixed, many zeros. */
function measureSigns(): Part {
	progress("add: signs");
	const { next } = generator(2);
	const positive = dataSets(SAMPLES, 1).get(NAMED_SET) ?? new Float64Array();
	const kinds: [string, Float64Array][] = [
		["positive", positive],
		["negative", positive.map((value) => -value)],
		["both signs at random", positive.map((value) => (next() < 0.5 ? -value : value))],
		["half zeros at random", positive.map((value) => (next() < 0.5 ? 0 : value))],
	];
	const rows: Row[] = [];
	let worst = 0;
	for (const [way, addAll] of [
		["add", addEach],
		["addBatch", batchEach],
	] as const) {
		for (const { age, each } of AGES) {
			const figures = race(kinds.map(([name, values]) => ({ name, count: SAMPLES, run: () => addAll(values, each) })));
			rows.push(...rowsOf(`ns an ${way} by sign, ${age}`, figures, "ns", 1));
			worst = Math.max(worst, (figures.get("negative") ?? Number.NaN) / (figures.get("positive") ?? Number.NaN));
		}
	}
	return { rows, aims: [atMost("negative beside positive samples, add and addBatch", 2, worst, "x")] };
}

function measureMerge(peers: readonly Peer[]): Part {
	progress("merge");
	const values = dataSets(SLOTS * 1000, 3).get(NAMED_SET) ?? new Float64Array();
	const parts = (all: Float64Array) => Array.from({ length: SLOTS }, (_, i) => all.subarray(1000 * i, 1000 * (i + 1)));
	const slots = parts(values).map(sketchOf);
	const own = repeat("Perdure", 20, () => {
		const sketch = new Sketch();
		for (const slot of slots) sketch.merge(slot);
		const [a = 0, b = 0, c = 0] = sketch.quantiles(QS);
		return a + b + c;
	});
	const theirs = peers.flatMap((peer) => {
		const { mergeAndRead } = peer;
		if (mergeAndRead === undefined) return [];
		const made = parts(peer.prepare(values)).map((part) => peer.make(part));
		return [repeat(peer.name, 5, () => mergeAndRead(made))];
	});
	const figures = race([own, ...theirs]);
	const [mine = Number.NaN, ...others] = figures.values();
	return {
		rows: rowsOf(`µs to merge ${SLOTS} slots of 1,000 and read p50, p95, p99`, figures, "µs", 1000),
		aims: [
			atLeast(`${SLOTS} slots merged and read, beside the fastest peer`, 2, Math.min(...others) / mine),
			atLeast(`${SLOTS} slots merged and read, beside the median peer`, 5, medianOf(others) / mine),
		],
	};
}

function measureWindow(): Part {
	progress("quantiles");
	const runners = [...dataSets(SAMPLES, 4)].map(([name, values]) => {
		const window = sketchOf(values);
		return repeat(name, 1000, () => {
			const [a = 0, b = 0, c = 0] = window.quantiles(QS);
			return a + b + c;
		});
	});
	const figures = race(runners);
	const slowest = Math.max(...figures.values()) / 1000;
	return {
		rows: rowsOf("µs for p50, p95, p99 of a kept window", figures, "µs", 1000, false),
		aims: [atMost("p50, p95, p99 of a kept window, slowest data set", 2, slowest, "µs")],
	};
}

function measureStored(peers: readonly Peer[]): Part {
	progress("stored form");
	const rows: Row[] = [];
	let slotBytes = 0;
	for (const n of [1, 60, 1000, 100_000]) {
		const values = dataSets(n, 5).get(NAMED_SET) ?? new Float64Array();
		const bytes = encoded(sketchOf(values)).length;
		if (n === 1000) slotBytes = bytes;
		const group = `bytes stored of ${n.toLocaleString("en-US")} samples, ${NAMED_SET}`;
		rows.push({ what: `${group}: Perdure`, value: bytes, unit: "B", ratio: 1 });
		for (const peer of peers) {
			if (peer.encode === undefined) continue;
			const value = peer.encode(peer.make(peer.prepare(values))).bytes;
			rows.push({ what: `${group}: ${peer.name}`, value, unit: "B", ratio: value / bytes });
		}
	}
	for (const [name, values] of dataSets(1000, 6)) {
		const bytes = encoded(sketchOf(values)).length;
		rows.push({ what: `bytes stored of 1,000 samples, Perdure: ${name}`, value: bytes, unit: "B", ratio: null });
	}
	const decode = measureDecode(peers);
	const aim = atMost(`bytes of a stored slot of 1,000 samples, ${NAMED_SET}, seed 5`, 120, slotBytes, "B");
	return { rows: [...rows, ...decode.rows], aims: [aim, ...decode.aims] };
}

function measureDecode(peers: readonly Peer[]): Part {
	const values = dataSets(1000, 5).get(NAMED_SET) ?? new Float64Array();
	const source = sketchOf(values);
	const bytes = encoded(source);
	const target = new Sketch();
	const own = repeat("Perdure mergeEncoded", 200, () => {
		target.mergeEncoded(new ByteReader(bytes));
		return target.count;
	});
	const theirs = peers.flatMap((peer) => {
		const { encode, decodeAndMerge } = peer;
		if (encode === undefined || decodeAndMerge === undefined) return [];
		const mine = peer.prepare(values);
		const { stored } = encode(peer.make(mine));
		const into = peer.make(mine);
		return [
			repeat(peer.name, 50, () => {
				decodeAndMerge(into, stored);
				return 1;
			}),
		];
	});
	const figures = race([own, ...theirs]);
	const [mine = Number.NaN, ...others] = figures.values();
	const out = new Float64Array(6);
	const writer = new ByteWriter();
	const alone = race([
		repeat("count, sum, min, max of it alone", 500, () => {
			Sketch.readEncodedScalars(new ByteReader(bytes), out);
			return out[0] as number;
		}),
		repeat("encode", 200, () => {
			writer.reset();
			source.encode(writer);
			return writer.length;
		}),
	]);
	return {
		rows: [
			...rowsOf("µs to decode and merge a stored slot of 1,000", figures, "µs", 1000),
			...rowsOf("µs for other things with a stored slot of 1,000, Perdure", alone, "µs", 1000, false),
		],
		aims: [atLeast("a stored slot decoded and merged, beside the fastest peer", 5, Math.min(...others) / mine)],
	};
}

function measureError(peers: readonly Peer[]): Part {
	progress("error");
	const qs = Array.from({ length: 1001 }, (_, i) => i / 1000);
	const worst = new Map<string, number>();
	for (const values of dataSets(SAMPLES, 7).values()) {
		const sorted = values.toSorted();
		const exact = qs.map((q) => sorted[Math.max(0, Math.ceil(q * SAMPLES) - 1)] as number);
		const note = (name: string, read: (q: number) => number) => {
			const errors = qs.slice(1, -1).map((q, i) => Math.abs(read(q) / (exact[i + 1] as number) - 1));
			worst.set(name, Math.max(worst.get(name) ?? 0, ...errors));
		};
		const sketch = sketchOf(values);
		note("Perdure", (q) => sketch.quantile(q));
		for (const peer of peers) {
			const { quantile } = peer;
			if (quantile === undefined) continue;
			const theirs = peer.make(peer.prepare(values));
			note(peer.name, (q) => quantile(theirs, q));
		}
	}
	const own = worst.get("Perdure") ?? 0;
	const rows = [...worst].map(([name, value]) => ({
		what: `worst error at 999 quantiles of all data sets: ${name}`,
		value: 100 * value,
		unit: "%",
		ratio: value / own,
	}));
	return { rows, aims: [atMost("worst error over all data sets", 1, 100 * own, "%")] };
}

function atLeast(aim: string, want: number, got: number): Aim {
	return { aim, want: `>= ${times(want)}`, got: times(got), ok: got >= want };
}

function atMost(aim: string, want: number, got: number, unit: string): Aim {
	return { aim, want: `<= ${want} ${unit}`, got: `${figure(got)} ${unit}`, ok: got <= want };
}

/** The middle, of an even number the mean of both middle ones. */
function medianOf(figures: readonly number[]): number {
	const sorted = [...figures].sort((a, b) => a - b);
	const half = sorted.length / 2;
	return ((sorted[Math.ceil(half) - 1] ?? Number.NaN) + (sorted[Math.floor(half)] ?? Number.NaN)) / 2;
}

async function main(): Promise<void> {
	const json = wantsJson("bench:sketch", "Measures a sketch beside its peers, about a minute.");
	const { peers, absent } = await loadPeers();
	for (const why of absent) progress(`not measured: ${why}`);
	const parts = [
		measureAdd(peers),
		measureSigns(),
		measureMerge(peers),
		measureWindow(),
		measureStored(peers),
		measureError(peers),
	];
	const report = {
		bench: "sketch",
		rows: parts.flatMap((part) => part.rows),
		aims: parts.flatMap((part) => part.aims),
	};
	printReport(report, { json });
	if (sink === 0.5) progress("");
}

await main();
