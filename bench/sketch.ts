/**
 * What a sketch costs, beside what its peers cost in the same run: `node bench/sketch.ts [--json]`, about a minute. All
 * peers see the same samples; every aim compares with the fastest or smallest of them. Figures are medians of rounds.
 */
import { ByteReader, ByteWriter } from "../src/lib/bytes.ts";
import { Sketch } from "../src/sketch/sketch.ts";
import { type Aim, figure, median, printReport, progress, type Row, times, wantsJson } from "./report.ts";
import { loadPeers, type Peer } from "./sketch-peers.ts";

const ROUNDS = 9;
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

/** Nanoseconds for each of `count` things that one call of `run` does; the runs before the clock warm V8 up. */
function nanoseconds(count: number, run: () => number, rounds = ROUNDS): number {
	for (let i = 0; i < 3; i++) sink += run();
	const figures: number[] = [];
	for (let i = 0; i < rounds; i++) {
		const start = performance.now();
		sink += run();
		figures.push(((performance.now() - start) * 1e6) / count);
	}
	return median(figures);
}

/** Repeats something short until a round takes a while: microseconds each. */
function microseconds(run: () => number, repeats: number): number {
	const round = () => {
		let sum = 0;
		for (let i = 0; i < repeats; i++) sum += run();
		return sum;
	};
	return nanoseconds(repeats, round) / 1000;
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

const AGES = [
	{ age: "long-lived", each: SAMPLES },
	{ age: "fresh each 1,000", each: 1000 },
];

/** ns an add, by data set and age. */
function measureAdd(peers: readonly Peer[]): { readonly rows: Row[]; readonly aims: Aim[] } {
	const rows: Row[] = [];
	const worst = new Map(
		AGES.map(({ age }) => [age, { add: Number.POSITIVE_INFINITY, batch: Number.POSITIVE_INFINITY }]),
	);
	for (const [name, values] of dataSets(SAMPLES, 1)) {
		progress(`add: ${name}`);
		for (const { age, each } of AGES) {
			const group = `ns an add, ${name}, ${age}`;
			const add = nanoseconds(SAMPLES, () => addEach(values, each));
			const batch = nanoseconds(SAMPLES, () => batchEach(values, each));
			rows.push({
				what: `${group}: Perdure addBatch`,
				value: batch,
				unit: "ns",
				ratio: add / batch === 0 ? null : batch / add,
			});
			rows.push({ what: `${group}: Perdure add`, value: add, unit: "ns", ratio: 1 });
			let fastest = Number.POSITIVE_INFINITY;
			for (const peer of peers) {
				const own = peer.prepare(name === NAMED_SET || peer.isJs ? values : values);
				// The slowest see fewer samples: they take microseconds each.
				const some = peer.name.startsWith("prom-client") ? own.subarray(0, SAMPLES / 10) : own;
				const value = nanoseconds(some.length, () => peer.add(some, each), 5);
				rows.push({ what: `${group}: ${peer.name}`, value, unit: "ns", ratio: value / add });
				if (peer.isJs) fastest = Math.min(fastest, value);
			}
			const least = worst.get(age);
			if (least !== undefined) {
				least.add = Math.min(least.add, fastest / add);
				least.batch = Math.min(least.batch, fastest / batch);
			}
		}
	}
	const aims = [...worst].flatMap(([age, least]) => [
		atLeast(`add beside the fastest JS peer, ${age}, worst data set`, 2.5, least.add),
		atLeast(`addBatch beside the fastest JS peer, ${age}, worst data set`, 5, least.batch),
	]);
	return { rows, aims };
}

/** Other signs than plus: negative, mixed, many zeros. */
function measureSigns(): { readonly rows: Row[]; readonly aims: Aim[] } {
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
	let base = 0;
	let negative = 0;
	for (const [name, values] of kinds) {
		for (const { age, each } of AGES) {
			const value = nanoseconds(SAMPLES, () => addEach(values, each));
			if (name === "positive") base = value;
			if (name === "negative") negative = Math.max(negative, value / base);
			rows.push({ what: `ns an add by sign: ${name}, ${age}`, value, unit: "ns", ratio: null });
			const batch = nanoseconds(SAMPLES, () => batchEach(values, each));
			rows.push({ what: `ns an add by sign: ${name}, ${age}, addBatch`, value: batch, unit: "ns", ratio: null });
		}
	}
	const bases = rows.filter((row) => row.what.includes(": positive"));
	const others = rows.filter((row) => row.what.includes(": negative"));
	negative = Math.max(...others.map((row, i) => row.value / (bases[i]?.value ?? 0)));
	return { rows, aims: [atMost("negative beside positive samples", 2, negative, "x")] };
}

function measureMerge(peers: readonly Peer[]): { readonly rows: Row[]; readonly aims: Aim[] } {
	progress("merge");
	const values = dataSets(SLOTS * 1000, 3).get(NAMED_SET) ?? new Float64Array();
	const parts = (all: Float64Array) => Array.from({ length: SLOTS }, (_, i) => all.subarray(1000 * i, 1000 * (i + 1)));
	const slots = parts(values).map(sketchOf);
	const own = microseconds(() => {
		const sketch = new Sketch();
		for (const slot of slots) sketch.merge(slot);
		const [a = 0, b = 0, c = 0] = sketch.quantiles(QS);
		return a + b + c;
	}, 200);
	const group = `µs to merge ${SLOTS} slots of 1,000 and read p50, p95, p99`;
	const rows: Row[] = [{ what: `${group}: Perdure`, value: own, unit: "µs", ratio: 1 }];
	const others: number[] = [];
	for (const peer of peers) {
		const { mergeAndRead } = peer;
		if (mergeAndRead === undefined) continue;
		const theirs = parts(peer.prepare(values)).map((part) => peer.make(part));
		const value = microseconds(() => mergeAndRead(theirs), 20);
		others.push(value);
		rows.push({ what: `${group}: ${peer.name}`, value, unit: "µs", ratio: value / own });
	}
	return {
		rows,
		aims: [
			atLeast(`${SLOTS} slots merged and read, beside the fastest peer`, 2, Math.min(...others) / own),
			atLeast(`${SLOTS} slots merged and read, beside the median peer`, 5, medianOf(others) / own),
		],
	};
}

function measureWindow(): { readonly rows: Row[]; readonly aims: Aim[] } {
	progress("quantiles");
	const rows: Row[] = [];
	let slowest = 0;
	for (const [name, values] of dataSets(SAMPLES, 4)) {
		const window = sketchOf(values);
		const value = microseconds(() => {
			const [a = 0, b = 0, c = 0] = window.quantiles(QS);
			return a + b + c;
		}, 10_000);
		slowest = Math.max(slowest, value);
		rows.push({ what: `µs for p50, p95, p99 of a kept window: ${name}`, value, unit: "µs", ratio: null });
	}
	return { rows, aims: [atMost("p50, p95, p99 of a kept window, slowest data set", 2, slowest, "µs")] };
}

function measureStored(peers: readonly Peer[]): { readonly rows: Row[]; readonly aims: Aim[] } {
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

function measureDecode(peers: readonly Peer[]): { readonly rows: Row[]; readonly aims: Aim[] } {
	const values = dataSets(1000, 5).get(NAMED_SET) ?? new Float64Array();
	const bytes = encoded(sketchOf(values));
	const target = new Sketch();
	const group = "µs to decode and merge a stored slot of 1,000";
	const own = microseconds(() => {
		target.mergeEncoded(new ByteReader(bytes));
		return target.count;
	}, 2000);
	const out = new Float64Array(6);
	const scalars = microseconds(() => {
		Sketch.readEncodedScalars(new ByteReader(bytes), out);
		return out[0] as number;
	}, 2000);
	const source = sketchOf(values);
	const writer = new ByteWriter();
	const encoding = microseconds(() => {
		writer.reset();
		source.encode(writer);
		return writer.length;
	}, 2000);
	const rows: Row[] = [
		{ what: `${group}: Perdure mergeEncoded`, value: own, unit: "µs", ratio: 1 },
		{ what: `${group}: Perdure, count, sum, min, max alone`, value: scalars, unit: "µs", ratio: null },
		{ what: `${group}: Perdure, the way back (encode)`, value: encoding, unit: "µs", ratio: null },
	];
	let fastest = Number.POSITIVE_INFINITY;
	for (const peer of peers) {
		const { encode, decodeAndMerge } = peer;
		if (encode === undefined || decodeAndMerge === undefined) continue;
		const mine = peer.prepare(values);
		const { stored } = encode(peer.make(mine));
		const into = peer.make(mine);
		const value = microseconds(() => {
			decodeAndMerge(into, stored);
			return 1;
		}, 200);
		fastest = Math.min(fastest, value);
		rows.push({ what: `${group}: ${peer.name}`, value, unit: "µs", ratio: value / own });
	}
	return { rows, aims: [atLeast("a stored slot decoded and merged, beside the fastest peer", 5, fastest / own)] };
}

function measureError(peers: readonly Peer[]): { readonly rows: Row[]; readonly aims: Aim[] } {
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
	printReport(report, { json: wantsJson(process.argv) });
	if (sink === 0.5) progress("");
}

await main();
