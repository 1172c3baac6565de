/** The sketches that Perdure's is compared with, each behind the same few calls. Must never make a peer slower than it is. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { DDSketch } from "@datadog/sketches-js";
import * as hdr from "hdr-histogram-js";
import prom from "prom-client";

/** A peer; `values` are handed over in the form it takes (whole numbers for hdr), made before the clock starts. */
export type Peer = {
	readonly name: string;
	/** Whether it is plain JavaScript: aims compare with these. */
	readonly isJs: boolean;
	readonly prepare: (values: Float64Array) => Float64Array;
	/** Adds all values to a new one, `rounds` times over with a new one each when `isFresh`. */
	readonly add: (values: Float64Array, each: number) => number;
	readonly make: (values: Float64Array) => unknown;
	/** Merges all into a new one and reads p50, p95, p99. */
	readonly mergeAndRead?: (slots: readonly unknown[]) => number;
	/** p50 with the scale of the values undone. */
	readonly quantile?: (sketch: unknown, q: number) => number;
	readonly encode?: (sketch: unknown) => { readonly bytes: number; readonly stored: unknown };
	readonly decodeAndMerge?: (target: unknown, stored: unknown) => void;
};

/** hdr counts whole numbers: thousandths keep three digits below one. */
const HDR_SCALE = 1000;
const same = (values: Float64Array) => values;
const thousandths = (values: Float64Array) => values.map((value) => Math.round(value * HDR_SCALE));

function datadog(): Peer {
	type Store = { bins: number[]; offset: number; minKey: number; maxKey: number; count: number };
	type Inner = { store: Store; negativeStore: Store };
	const make = (values: Float64Array) => {
		const sketch = new DDSketch();
		for (let i = 0; i < values.length; i++) sketch.accept(values[i] as number);
		return sketch;
	};
	const { DenseStore } = createRequire(import.meta.url)("@datadog/sketches-js/dist/ddsketch/store") as {
		DenseStore: { fromProto(proto: unknown): Store & { merge(other: Store): void } };
	};
	return {
		name: "@datadog/sketches-js (log, dense)",
		isJs: true,
		prepare: same,
		make,
		add: (values, each) => {
			let sink = 0;
			for (let from = 0; from < values.length; from += each) {
				const sketch = new DDSketch();
				const to = Math.min(values.length, from + each);
				for (let i = from; i < to; i++) sketch.accept(values[i] as number);
				sink += sketch.count;
			}
			return sink;
		},
		mergeAndRead: (slots) => {
			const sketch = new DDSketch();
			for (const slot of slots as DDSketch[]) sketch.merge(slot);
			return sketch.getValueAtQuantile(0.5) + sketch.getValueAtQuantile(0.95) + sketch.getValueAtQuantile(0.99);
		},
		quantile: (sketch, q) => (sketch as DDSketch).getValueAtQuantile(q),
		// Its toProto needs protobufjs, which is not installed. A double for each bin is the least that its message holds, and
		// reading these from bytes before its own fromProto the least that decoding costs.
		encode: (sketch) => {
			const { store } = sketch as unknown as Inner;
			return {
				bytes: 8 * store.bins.length + 44,
				stored: { bins: Float64Array.from(store.bins), offset: store.offset },
			};
		},
		decodeAndMerge: (target, stored) => {
			const { bins, offset } = stored as { bins: Float64Array; offset: number };
			const proto = { contiguousBinCounts: Array.from(bins), contiguousBinIndexOffset: offset };
			(target as { store: { merge(other: Store): void } }).store.merge(DenseStore.fromProto(proto));
		},
	};
}

function hdrPeer(useWebAssembly: boolean): Peer {
	const build = () => hdr.build({ numberOfSignificantValueDigits: 2, bitBucketSize: 32, useWebAssembly });
	const decoder = (useWebAssembly ? hdr.WasmHistogram : hdr.JsHistogram) as unknown as {
		decode(bytes: Uint8Array, bits: 32, min: number): hdr.Histogram;
	};
	const { decompress } = createRequire(import.meta.url)("hdr-histogram-js/dist/encoding") as {
		decompress(bytes: Uint8Array): Uint8Array;
	};
	const free = (histogram: hdr.Histogram) => {
		if (useWebAssembly) histogram.destroy();
	};
	return {
		name: `hdr-histogram-js 2 digits, ${useWebAssembly ? "WASM" : "JS"}`,
		isJs: !useWebAssembly,
		prepare: thousandths,
		make: (values) => {
			const histogram = build();
			for (let i = 0; i < values.length; i++) histogram.recordValue(values[i] as number);
			return histogram;
		},
		add: (values, each) => {
			let sink = 0;
			for (let from = 0; from < values.length; from += each) {
				const histogram = build();
				const to = Math.min(values.length, from + each);
				for (let i = from; i < to; i++) histogram.recordValue(values[i] as number);
				sink += histogram.totalCount;
				free(histogram);
			}
			return sink;
		},
		mergeAndRead: (slots) => {
			const histogram = build();
			for (const slot of slots as hdr.Histogram[]) histogram.add(slot as hdr.JsHistogram & hdr.WasmHistogram);
			const read = [50, 95, 99].map((p) => histogram.getValueAtPercentile(p));
			free(histogram);
			return (read[0] as number) + (read[1] as number) + (read[2] as number);
		},
		quantile: (sketch, q) => (sketch as hdr.Histogram).getValueAtPercentile(100 * q) / HDR_SCALE,
		encode: (sketch) => {
			const packed = Buffer.from(hdr.encodeIntoCompressedBase64(sketch as hdr.Histogram), "base64");
			return { bytes: packed.length, stored: Uint8Array.from(packed) };
		},
		decodeAndMerge: (target, stored) => {
			const decoded = decoder.decode(decompress(stored as Uint8Array), 32, 0);
			(target as hdr.Histogram).add(decoded as hdr.JsHistogram & hdr.WasmHistogram);
			free(decoded);
		},
	};
}

/** OpenTelemetry's own classes; its package exports them to nobody, so they are loaded by their path. */
async function openTelemetry(): Promise<Peer> {
	type Point = { positive: { offset: number; bucketCounts: number[] }; scale: number; count: number };
	type Accumulation = {
		record(value: number): void;
		merge(other: unknown): void;
		toPointValue(): Point;
		clone(): Accumulation;
	};
	const file = join(
		import.meta.dirname,
		"../node_modules/@opentelemetry/sdk-metrics/dist/aggregator/ExponentialHistogram.mjs",
	);
	const { ExponentialHistogramAccumulation: Kind } = (await import(pathToFileURL(file).href)) as {
		ExponentialHistogramAccumulation: new (start: [number, number], maxSize: number) => Accumulation;
	};
	const build = () => new Kind([0, 0], 160);
	const read = (point: Point, q: number) => {
		const rank = Math.max(1, Math.ceil(q * point.count));
		const base = 2 ** (2 ** -point.scale);
		let seen = 0;
		for (const [i, count] of point.positive.bucketCounts.entries()) {
			seen += count;
			const lower = base ** (point.positive.offset + i);
			if (seen >= rank) return (2 * lower * base) / (1 + base);
		}
		return Number.NaN;
	};
	return {
		name: "OpenTelemetry exponential histogram, 160 bins",
		isJs: true,
		prepare: same,
		make: (values) => {
			const histogram = build();
			for (let i = 0; i < values.length; i++) histogram.record(values[i] as number);
			return histogram;
		},
		add: (values, each) => {
			let sink = 0;
			for (let from = 0; from < values.length; from += each) {
				const histogram = build();
				const to = Math.min(values.length, from + each);
				for (let i = from; i < to; i++) histogram.record(values[i] as number);
				sink += histogram.toPointValue().count;
			}
			return sink;
		},
		mergeAndRead: (slots) => {
			const histogram = build();
			for (const slot of slots) histogram.merge(slot);
			const point = histogram.toPointValue();
			return read(point, 0.5) + read(point, 0.95) + read(point, 0.99);
		},
		quantile: (sketch, q) => read((sketch as Accumulation).toPointValue(), q),
	};
}

function promPeer(kind: "Histogram" | "Summary"): Peer {
	let made = 0;
	const build = () => {
		made++;
		const options = { name: `bench_${made}`, help: "none", registers: [] };
		return kind === "Histogram" ? new prom.Histogram(options) : new prom.Summary(options);
	};
	return {
		name: `prom-client ${kind}`,
		isJs: true,
		prepare: same,
		make: (values) => {
			const metric = build();
			for (let i = 0; i < values.length; i++) metric.observe(values[i] as number);
			return metric;
		},
		add: (values, each) => {
			for (let from = 0; from < values.length; from += each) {
				const metric = build();
				const to = Math.min(values.length, from + each);
				for (let i = from; i < to; i++) metric.observe(values[i] as number);
			}
			return made;
		},
	};
}

/** All peers that run here, and why another does not. */
export async function loadPeers(): Promise<{ readonly peers: readonly Peer[]; readonly absent: readonly string[] }> {
	const absent: string[] = [];
	const peers = [datadog(), hdrPeer(false)];
	try {
		await hdr.initWebAssembly();
		peers.push(hdrPeer(true));
	} catch (error) {
		absent.push(`hdr-histogram-js WASM: ${String(error)}`);
	}
	try {
		peers.push(await openTelemetry());
	} catch (error) {
		absent.push(`OpenTelemetry: ${String(error)}`);
	}
	peers.push(promPeer("Histogram"), promPeer("Summary"));
	return { peers, absent };
}
