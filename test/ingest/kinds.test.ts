/** Samples of one batch that contradict their metric's kind: they are dropped alone, and nothing is ever counted twice. */

import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BatchIdentity, identify } from "../../src/ingest/batch.ts";
import { parseRecord, parseRecordSlowly } from "../../src/ingest/json.ts";
import { contradicting, firstView, viewOf } from "../../src/ingest/kinds.ts";
import { record } from "../../src/ingest/record.ts";
import { scanRecord } from "../../src/ingest/scan.ts";
import { readParts } from "../../src/ingest/wire.ts";
import type { Result } from "../../src/lib/result.ts";
import { uuid7 } from "../../src/lib/uuid7.ts";
import type { MetricPart } from "../../src/model/batch.ts";
import { KIND_ATTEMPTS_MAX, RECEIPT_DROPS_MAX } from "../../src/model/limits.ts";
import type { MetricKind } from "../../src/model/metric.ts";
import type { Receipt } from "../../src/model/receipt.ts";
import { packRequest } from "../../src/model/record-wire.ts";
import { takeParts } from "../../src/peers/self-meter.ts";
import { metricStub, type ObjectEnv } from "../../src/peers/stubs.ts";
import { holdSelf } from "../http/golden.ts";
import { faulty } from "../peers/world.ts";

type Sample = {
	readonly name: string;
	readonly value: number;
	readonly kind?: MetricKind | undefined;
	readonly labels?: Record<string, string>;
};

const bytes = (document: unknown) => new TextEncoder().encode(JSON.stringify(document));
const gauge = (name: string, value: number): Sample => ({ name, value, kind: "gauge" });
const counter = (name: string, value: number): Sample => ({ name, value, kind: "counter" });
const bare = (name: string, value: number): Sample => ({ name, value });

function value<T>(result: Result<T, unknown>): T {
	if (!result.ok) throw new Error(JSON.stringify(result.failure));
	return result.value;
}

async function identity(): Promise<BatchIdentity> {
	const random = crypto.getRandomValues(new Uint8Array(10));
	return value(await identify(uuid7(Date.now(), random), Date.now(), random));
}

/** The three forms of a document, and both ways through each. */
const asSeries = (samples: readonly Sample[]) => ({
	series: samples.map(({ value, ...rest }) => ({ ...rest, values: [value] })),
});
const WAYS = [
	{ name: "JSON samples, read fast", read: (samples: readonly Sample[]) => scanRecord(bytes({ samples })) },
	{ name: "JSON series, read fast", read: (samples: readonly Sample[]) => scanRecord(bytes(asSeries(samples))) },
	{ name: "JSON samples, read slowly", read: (samples: readonly Sample[]) => slowly({ samples }) },
	{ name: "JSON series, read slowly", read: (samples: readonly Sample[]) => slowly(asSeries(samples)) },
] as const;

function slowly(document: unknown) {
	return value(parseRecordSlowly(bytes(document)));
}

async function send(samples: readonly Sample[], id?: BatchIdentity, to: ObjectEnv = env): Promise<Receipt> {
	return value(await record(to, id ?? (await identity()), value(parseRecord(bytes({ samples }))), Date.now()));
}

/** What an object holds, oldest first. */
async function valuesOf(name: string): Promise<number[]> {
	return (await metricStub(env, name).recent(1_000)).map((sample) => sample.value).reverse();
}

const indexOf = (place: string) => Number(/\d+/.exec(place)?.[0]);

describe.each(WAYS)("a contradiction in $name", ({ name: way, read }) => {
	const prefix = `kinds.${way.replace(/\W+/g, "_")}`;

	async function sendBy(samples: readonly Sample[], id?: BatchIdentity): Promise<Receipt> {
		const intake = read(samples);
		if (intake === null) throw new Error("the fast way takes it");
		return value(await record(env, id ?? (await identity()), intake, Date.now()));
	}

	it("is dropped with its place and reason, and what says nothing of the kind is counted", async () => {
		const name = `${prefix}.old`;
		await sendBy([bare(name, 1)]);
		const receipt = await sendBy([bare(name, 2), gauge(name, 3), bare(name, 4)]);
		expect(receipt).toMatchObject({ accepted: 2, dropped: 1, duplicate: false });
		const detail = `'${name}' is a distribution; a gauge of the same name needs another name`;
		expect(receipt.drops).toEqual([{ place: expect.stringMatching(/\[1\]/), reason: "kind", detail }]);
		expect(await valuesOf(name)).toEqual([1, 2, 4]);
	});

	it("does not cost what says the right kind, whichever comes first", async () => {
		const name = `${prefix}.right`;
		await sendBy([gauge(name, 1)]);
		const receipt = await sendBy([counter(name, 2), gauge(name, 3), bare(name, 4), gauge(name, 5)]);
		expect(receipt).toMatchObject({ accepted: 3, dropped: 1 });
		expect(receipt.drops.map(({ place, reason }) => [indexOf(place), reason])).toEqual([[0, "kind"]]);
		expect(await valuesOf(name)).toEqual([1, 3, 4, 5]);
	});

	it("within the batch that begins a metric is decided by the first kind that is said", async () => {
		const name = `${prefix}.new`;
		const receipt = await sendBy([bare(name, 1), gauge(name, 2), counter(name, 3), bare(name, 4)]);
		expect(receipt).toMatchObject({ accepted: 3, dropped: 1 });
		expect(indexOf(receipt.drops[0]?.place ?? "")).toBe(2);
		expect((await metricStub(env, name).describe()).kind).toBe("gauge");
		expect(await valuesOf(name)).toEqual([1, 2, 4]);
	});

	it("is dropped again when the batch comes again, and nothing is counted twice", async () => {
		const name = `${prefix}.again`;
		await sendBy([gauge(name, 1)]);
		const id = await identity();
		const samples = [counter(name, 2), bare(name, 4), gauge(name, 3)];
		const first = await sendBy(samples, id);
		expect(await sendBy(samples, id)).toEqual({ ...first, duplicate: true });
		expect(await sendBy(samples, id)).toEqual({ ...first, duplicate: true });
		expect(await valuesOf(name)).toEqual([1, 4, 3]);
	});
});

describe("a batch with contradictions", () => {
	it("loses every contradicting sample when none is of the right kind, each by its place", async () => {
		await send([bare("kinds.none", 1)]);
		const samples = [counter("kinds.none", 2), gauge("kinds.none", 3), bare("kinds.beside", 4)];
		const receipt = await send(samples);
		expect(receipt).toMatchObject({ accepted: 1, dropped: 2 });
		expect(receipt.drops.map(({ place }) => place)).toEqual(["samples[0]", "samples[1]"]);
		expect(await valuesOf("kinds.none")).toEqual([1]);
		expect(await valuesOf("kinds.beside")).toEqual([4]);
	});

	it("names what else is wrong by the caller's places, not by those of what was sent", async () => {
		await send([counter("kinds.falls", 1)]);
		const receipt = await send([gauge("kinds.falls", 2), bare("kinds.falls", -3), bare("kinds.falls", 4)]);
		expect(receipt.drops.map(({ place, reason }) => [place, reason])).toEqual([
			["samples[0]", "kind"],
			["samples[1]", "negative_count"],
		]);
		expect(await valuesOf("kinds.falls")).toEqual([1, 4]);
	});

	it("counts its drops once among ours, and names only up to a bound", async () => {
		await send([bare("kinds.many", 1)]);
		const many = Array.from({ length: RECEIPT_DROPS_MAX + 5 }, (_, i) => gauge("kinds.many", i));
		const id = await identity();
		holdSelf();
		const receipt = await send([...many, bare("kinds.many", 2)], id);
		expect(receipt).toMatchObject({ accepted: 1, dropped: RECEIPT_DROPS_MAX + 5 });
		expect(receipt.drops).toHaveLength(RECEIPT_DROPS_MAX);
		await send([...many, bare("kinds.many", 2)], id);
		const rejected = takeParts().find((part) => part.name === "perdure.rejected");
		expect(rejected?.values).toEqual(new Float64Array([RECEIPT_DROPS_MAX + 5]));
	});

	it("takes the kind of a sample that is dropped for its value as said", async () => {
		const samples = [{ name: "kinds.said", value: null, kind: "gauge" }, bare("kinds.said", 2)];
		await send(samples as Sample[]);
		expect((await metricStub(env, "kinds.said").describe()).kind).toBe("gauge");
		const alone = [{ name: "kinds.alone", value: null, kind: "gauge" }, counter("kinds.alone", 2)];
		expect(await send(alone as Sample[])).toMatchObject({ accepted: 1, dropped: 1 });
	});

	it("is counted once when it comes again after its second attempt was lost on the way back", async () => {
		await send([bare("kinds.lost", 1)]);
		const id = await identity();
		let calls = 0;
		const losing = faulty((name, method) => {
			if (name !== "kinds.lost" || method !== "record" || ++calls !== 2) return null;
			const request = { id: id.id, createdMs: id.createdMs, part: partOf("kinds.lost", [2]) };
			return metricStub(env, name)
				.record(...packRequest(request))
				.then(() => Promise.reject(new Error("the answer was lost")));
		});
		const samples = [bare("kinds.lost", 2), gauge("kinds.lost", 3)];
		await expect(send(samples, id, losing)).rejects.toThrow("unavailable");
		expect(calls).toBe(2);
		const receipt = await send(samples, id);
		expect(receipt).toMatchObject({ accepted: 1, dropped: 1, duplicate: true, drops: [{ place: "samples[1]" }] });
		expect(await valuesOf("kinds.lost")).toEqual([1, 2]);
	});

	it("is to be sent again when the metric's kind cannot be learned, or changes meanwhile", async () => {
		await send([bare("kinds.away", 1)]);
		const samples = [bare("kinds.away", 2), gauge("kinds.away", 3)];
		const away = faulty((_, method) => (method === "describe" ? Promise.reject(new Error("away")) : null));
		await expect(send(samples, undefined, away)).rejects.toThrow("unavailable");
		const calls: string[] = [];
		const other = faulty((name, method) => {
			if (name === "kinds.away") calls.push(method);
			return method === "describe" ? Promise.resolve({ kind: "counter" }) : null;
		});
		await expect(send(samples, undefined, other)).rejects.toThrow("unavailable");
		expect(calls.filter((method) => method === "record")).toHaveLength(1 + KIND_ATTEMPTS_MAX);
		expect(await valuesOf("kinds.away")).toEqual([1]);
	});

	it("costs no more calls than any other, as long as nothing contradicts", async () => {
		const calls: string[] = [];
		const counting = faulty((name, method) => {
			if (name !== "catalog") calls.push(method);
			return null;
		});
		await send([gauge("kinds.calm", 1), bare("kinds.calm", 2)], undefined, counting);
		await send([bare("kinds.calm", 3), gauge("kinds.calm", 4)], undefined, counting);
		expect(calls).toEqual(["record", "record"]);
	});

	it("counts exactly what agrees, once, whatever is mixed and however often it comes at the same time", async () => {
		const said = fc.constantFrom<MetricKind | undefined>(undefined, "counter", "gauge", "distribution");
		const sample = fc.record({ kind: said, labels: fc.record({ series: fc.constantFrom("a", "b") }) });
		const list = fc.array(sample, { minLength: 1, maxLength: 8 });
		const metrics = fc.array(fc.record({ before: said, list }), { minLength: 1, maxLength: 6 });
		const batches = fc.asyncProperty(metrics, async (drawn) => {
			const named = drawn.map((metric) => ({ ...metric, name: `kinds.any${names++}` }));
			const begun = named.flatMap(({ name, before }) => (before ? [{ name, value: 0, kind: before }] : []));
			if (begun.length > 0) await send(begun);
			const drafts = named.flatMap((metric) => metric.list.map((one) => ({ ...one, metric })));
			const samples = drafts.map(({ metric, kind, labels }, i) => ({ name: metric.name, value: i + 1, kind, labels }));
			const agrees = drafts.map(({ metric, kind }) => kind === undefined || kind === kindOf(metric));
			const contradicting = [...samples.keys()].filter((index) => !agrees[index]);
			const id = await identity();
			const receipts = await Promise.all([send(samples, id), send(samples, id)]);
			receipts.push(await send(samples, id));
			for (const { accepted, dropped, drops } of receipts) {
				expect([accepted, dropped]).toEqual([samples.length - contradicting.length, contradicting.length]);
				// A part that contradicts as a whole is named by its first sample.
				const named = contradicting.filter(
					(at) => !isUnanimous(samples, at) || samples[at - 1]?.name !== samples[at]?.name,
				);
				expect(drops.map(({ place }) => indexOf(place)).sort((a, b) => a - b)).toEqual(named);
			}
			for (const { name } of named) {
				const counted = (await valuesOf(name)).filter((one) => one > 0).sort((a, b) => a - b);
				expect(counted).toEqual(samples.filter((one, at) => one.name === name && agrees[at]).map((one) => one.value));
			}
		});
		let names = 0;
		await fc.assert(batches, { numRuns: 25, endOnFailure: true });
	}, 30_000);
});

type Drawn = {
	readonly before: MetricKind | undefined;
	readonly list: readonly { readonly kind: MetricKind | undefined }[];
};

/** What a metric is in the end: what it was, or the first kind that the batch says. */
function kindOf({ before, list }: Drawn): MetricKind {
	return before ?? list.find((one) => one.kind !== undefined)?.kind ?? "distribution";
}

/** Whether all samples of a metric say the same kind as this one. */
function isUnanimous(samples: readonly Sample[], at: number): boolean {
	return samples.every((one) => one.name !== samples[at]?.name || one.kind === samples[at]?.kind);
}

describe("over RPC", () => {
	it("a part says one kind of all its values: it is refused alone, and its neighbour is counted", async () => {
		await send([bare("kinds.rpc", 1)]);
		const parts = [{ ...partOf("kinds.rpc", [2, 3]), kind: "gauge" }, partOf("kinds.rpc2", [4])];
		const id = await identity();
		for (let attempt = 0; attempt < 2; attempt++) {
			const receipt = value(await record(env, id, value(readParts(parts)), Date.now()));
			expect(receipt).toMatchObject({ accepted: 1, dropped: 2, drops: [{ place: "parts[0].values[0]" }] });
		}
		expect(await valuesOf("kinds.rpc")).toEqual([1]);
		expect(await valuesOf("kinds.rpc2")).toEqual([4]);
	});

	it("a part with wrong values keeps its kind", () => {
		const intake = value(readParts([{ ...partOf("a", [1, Number.NaN]), kind: "gauge" }]));
		expect(intake.parts[0]?.kind).toBe("gauge");
		expect(intake.kindsOf(0)).toBeNull();
	});
});

describe("the samples that agree with a kind", () => {
	const whole: MetricPart = {
		...partOf("a", [1, 2, 3, 4]),
		kind: "gauge",
		labels: ["[]", '["a","b"]'],
		ends: [3, 4],
		timestampsMs: new Float64Array([10, 20, 30, 40]),
	};
	const said = ["gauge", null, "counter", "gauge"] as const;

	it("keep their order, series, times and places", () => {
		expect(viewOf(whole, said, "gauge")).toEqual({
			part: {
				...whole,
				labels: ["[]", '["a","b"]'],
				ends: [2, 3],
				values: new Float64Array([1, 2, 4]),
				timestampsMs: new Float64Array([10, 20, 40]),
			},
			indexes: new Int32Array([0, 1, 3]),
		});
		expect(viewOf(whole, said, "distribution")).toMatchObject({
			part: { kind: "distribution", labels: ["[]"], ends: [1], values: new Float64Array([2]) },
		});
		expect(contradicting(said, "gauge")).toEqual([2]);
		expect(contradicting(said, "sampled")).toEqual([0, 2, 3]);
	});

	it("are never none to begin with", () => {
		const part = { ...partOf("a", [1]), kind: "gauge" as const };
		expect(firstView(part, ["counter"]).part).toMatchObject({ kind: "counter", values: new Float64Array([1]) });
	});
});

describe("columns", () => {
	it("keep the order in which the samples of a series came, whatever they say of the kind", () => {
		const samples = [gauge("a", 1), bare("a", 2), gauge("a", 3), bare("b", 4), counter("a", 5)];
		for (const intake of [scanRecord(bytes({ samples })), slowly({ samples })]) {
			expect(intake?.parts.map(({ name, kind, values }) => [name, kind, [...values]])).toEqual([
				["a", "gauge", [1, 2, 3, 5]],
				["b", null, [4]],
			]);
			expect(intake?.kindsOf(0)).toEqual(["gauge", null, "gauge", "counter"]);
			expect(intake?.kindsOf(1)).toBeNull();
			expect(intake?.placeOf(0, 3)).toBe("samples[4]");
		}
	});

	it("know of no kinds of single samples when all of a metric say the same", () => {
		const samples = [gauge("a", 1), gauge("a", 2), bare("b", 3)];
		const intake = scanRecord(bytes({ samples }));
		expect([intake?.kindsOf(0), intake?.kindsOf(1)]).toEqual([null, null]);
	});
});

function partOf(name: string, values: readonly number[]): MetricPart {
	const rest = { kind: null, unit: null, help: null, timestampsMs: null };
	return { ...rest, name, labels: ["[]"], ends: [values.length], values: Float64Array.from(values) };
}
