/** The contract of all ways in: the same samples give the same counts, and what is wrong is named, counted and alone. */
import { env, exports } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { uuid7 } from "../../src/lib/uuid7.ts";
import type { Batch, MetricPart } from "../../src/model/batch.ts";
import { labelsKey } from "../../src/model/labels.ts";
import { COLUMNS_PER_BATCH_MAX, METRICS_PER_BATCH_MAX, SAMPLES_PER_BATCH_MAX } from "../../src/model/limits.ts";
import type { Receipt } from "../../src/model/receipt.ts";
import type { RecorderApi } from "../../src/model/recorder-api.ts";
import { metricStub } from "../../src/peers/stubs.ts";
import { addToken, post, TOKEN } from "../http/golden.ts";

type Sample = {
	readonly name: string;
	readonly value: number;
	readonly labels?: Record<string, string>;
	readonly timestamp?: number;
};
type Answer = { readonly status: number; readonly receipt: Receipt };
type Way = { readonly name: string; readonly send: (samples: readonly Sample[], key: string) => Promise<Answer> };

const recorder = () => (exports as unknown as { Recorder: RecorderApi }).Recorder;

async function http(body: unknown, key: string): Promise<Answer> {
	const response = await post(body, { "idempotency-key": key });
	const answer = (await response.json()) as Receipt & { receipt?: Receipt };
	return { status: response.status, receipt: answer.receipt ?? answer };
}

/** One column a sample; parts by name. */
function partsOf(samples: readonly Sample[]): MetricPart[] {
	const names = [...new Set(samples.map((sample) => sample.name))];
	return names.map((name) => {
		const own = samples.filter((sample) => sample.name === name);
		return {
			name,
			kind: null,
			unit: null,
			help: null,
			labels: own.map((sample, i) => labelsKey({ ...sample.labels, i: String(i) })),
			ends: own.map((_, i) => i + 1),
			values: Float64Array.from(own, (sample) => sample.value),
			timestampsMs: Float64Array.from(own, (sample) => sample.timestamp ?? Number.NaN),
		};
	});
}

async function rpc(batch: Batch): Promise<Answer> {
	const answer = await recorder().record(batch);
	if (answer.ok) return { status: answer.value.dropped > 0 ? 400 : 200, receipt: answer.value };
	throw new Error(JSON.stringify(answer.failure));
}

const WAYS: readonly Way[] = [
	{ name: "JSON samples", send: (samples, key) => http({ samples }, key) },
	{
		name: "JSON series",
		send: (samples, key) =>
			http(
				{
					series: samples.map(({ name, value, labels, timestamp }) => ({
						name,
						labels,
						values: [value],
						timestamps: timestamp === undefined ? undefined : [timestamp],
					})),
				},
				key,
			),
	},
	{
		name: "RPC",
		send: (samples, key) =>
			rpc({ id: key.replaceAll("-", ""), createdMs: Date.now(), timed: true, parts: partsOf(samples) }),
	},
];

const newKey = () => uuid7(Date.now(), crypto.getRandomValues(new Uint8Array(10)));

beforeAll(() => addToken(TOKEN, ["admin"]));

describe.each(WAYS.map((way, index) => ({ ...way, prefix: `way${index}` })))("$name", ({ send, prefix }) => {
	it("records samples of several metrics and says how many", async () => {
		const samples = [
			{ name: `${prefix}.a`, value: 1, labels: { x: "1" } },
			{ name: `${prefix}.b`, value: 2 },
			{ name: `${prefix}.a`, value: 3 },
		];
		const { status, receipt } = await send(samples, newKey());
		expect(status).toBe(200);
		expect(receipt).toMatchObject({ accepted: 3, dropped: 0, duplicate: false });
		expect((await metricStub(env, `${prefix}.a`).recent(10)).map((sample) => sample.value).sort()).toEqual([1, 3]);
	});

	it("counts the same batch once", async () => {
		const key = newKey();
		const samples = [{ name: `${prefix}.once`, value: 1 }];
		expect((await send(samples, key)).receipt.duplicate).toBe(false);
		expect((await send(samples, key)).receipt).toMatchObject({ duplicate: true, accepted: 1 });
		expect(await metricStub(env, `${prefix}.once`).recent(10)).toHaveLength(1);
	});

	it("drops what is late or in the future by its place, and nothing else", async () => {
		const now = Date.now();
		const samples = [
			{ name: `${prefix}.times`, value: 1, timestamp: now + 3_600_000 },
			{ name: `${prefix}.times`, value: 2, timestamp: now },
			{ name: `${prefix}.times`, value: 3, timestamp: 1 },
		];
		const { status, receipt } = await send(samples, newKey());
		expect(status).toBe(400);
		expect(receipt).toMatchObject({ accepted: 1, dropped: 2 });
		expect(receipt.drops.map(({ reason }) => reason)).toEqual(["future", "late"]);
		expect(receipt.drops.map(({ place }) => place.replace(/\D+/g, " ").trim().split(" ").includes("2"))).toEqual([
			false,
			true,
		]);
	});
});

describe("RPC", () => {
	const part: MetricPart = {
		name: "rpc.a",
		kind: null,
		unit: null,
		help: null,
		labels: ["[]"],
		ends: [2],
		values: new Float64Array([1, 2]),
		timestampsMs: null,
	};
	const send = (parts: unknown) =>
		recorder().record({ id: newKey().replaceAll("-", ""), createdMs: 0, timed: true, parts } as Batch);

	it("drops NaN, infinity and wrong times by their places, and keeps the rest", async () => {
		const values = new Float64Array([1, Number.NaN, 2, Number.POSITIVE_INFINITY, 3]);
		const timestampsMs = new Float64Array([Number.NaN, Number.NaN, -5, Number.NaN, Number.NaN]);
		const answer = await send([
			{ ...part, name: "rpc.nan", labels: ["[]", '["a","b"]'], ends: [3, 5], values, timestampsMs },
		]);
		expect(answer).toMatchObject({
			ok: true,
			value: {
				accepted: 2,
				dropped: 3,
				drops: [
					{ place: "parts[0].values[1]", reason: "not_finite" },
					{ place: "parts[0].timestampsMs[2]", reason: "invalid" },
					{ place: "parts[0].values[3]", reason: "not_finite" },
				],
			},
		});
	});

	const wrong: readonly [string, unknown, string][] = [
		["parts that are no list", { 0: part }, "parts"],
		["a part that is no object", [null], "parts[0]"],
		["a bad name", [{ ...part, name: "" }], "parts[0].name"],
		["a name of Perdure's own", [{ ...part, name: "perdure.x" }], "parts[0].name"],
		["a name twice", [part, part], "parts[1].name"],
		["an unknown kind", [{ ...part, kind: "sampled" }], "parts[0].kind"],
		["values as a list", [{ ...part, values: [1, 2] }], "parts[0].values"],
		["ends that fall", [{ ...part, labels: ["[]", '["a","b"]'], ends: [2, 1] }], "parts[0].ends[1]"],
		["ends that do not reach the last value", [{ ...part, ends: [1] }], "parts[0].ends"],
		["ends beyond the values", [{ ...part, ends: [3] }], "parts[0].ends[0]"],
		["a key that is not canonical", [{ ...part, labels: ['["b","1","a","2"]'] }], "parts[0].labels[0]"],
		["a key with space", [{ ...part, labels: ['["a", "b"]'] }], "parts[0].labels[0]"],
		["a key that is no JSON", [{ ...part, labels: ["nonsense"] }], "parts[0].labels[0]"],
		["a key with a reserved name", [{ ...part, labels: ['["__a","b"]'] }], "parts[0].labels[0]"],
		["a label set twice", [{ ...part, labels: ["[]", "[]"], ends: [1, 2] }], "parts[0].labels"],
		["times of another length", [{ ...part, timestampsMs: new Float64Array(1) }], "parts[0].timestampsMs"],
		["a long unit", [{ ...part, unit: "u".repeat(100) }], "parts[0].unit"],
	];
	it.each(wrong)("refuses %s as a whole, and never throws", async (_, parts, place) => {
		expect(await send(parts)).toMatchObject({ ok: false, failure: { code: "invalid", issues: [{ place }] } });
	});

	it("never throws for what is no batch at all", async () => {
		for (const batch of [null, undefined, 1, "x", {}]) {
			expect(await recorder().record(batch as unknown as Batch)).toMatchObject({
				ok: false,
				failure: { code: "invalid" },
			});
		}
	});

	it("holds the bounds of a batch", async () => {
		const many = Array.from({ length: METRICS_PER_BATCH_MAX + 1 }, (_, i) => ({ ...part, name: `m${i}` }));
		expect(await send(many)).toMatchObject({ failure: { code: "too_large", what: "different metrics in one batch" } });
		const values = new Float64Array(SAMPLES_PER_BATCH_MAX + 1);
		expect(await send([{ ...part, ends: [values.length], values }])).toMatchObject({
			failure: { what: "samples in one batch" },
		});
		const labels = Array.from({ length: COLUMNS_PER_BATCH_MAX + 1 }, (_, i) => labelsKey({ i: String(i) }));
		const ends = labels.map((_, i) => i + 1);
		expect(await send([{ ...part, labels, ends, values: new Float64Array(labels.length) }])).toMatchObject({
			failure: { what: "different series in one batch" },
		});
	});

	it("takes an application's messages", async () => {
		const message = {
			messageId: "rpc1",
			userId: "u",
			channel: "email",
			template: "t",
			status: "success" as const,
			latencyMs: 5,
			retryCount: 0,
			error: null,
			createdMs: 5,
		};
		expect(await recorder().messages([message, message])).toEqual({ ok: true, value: { accepted: 2, dropped: 0 } });
		expect(await recorder().messages({} as never)).toMatchObject({ ok: false, failure: { code: "invalid" } });
	});
});
