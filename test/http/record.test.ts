/** `POST /api/v1/record`: golden requests and their replies, and what bad input gets. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { uuid7 } from "../../src/lib/uuid7.ts";
import { BODY_BYTES_MAX, BODY_UNPACKED_BYTES_MAX, DEDUPE_WINDOW_MS, FUTURE_MAX_MS } from "../../src/model/limits.ts";
import { takeParts } from "../../src/peers/self-meter.ts";
import { metricStub } from "../../src/peers/stubs.ts";
import { addToken, ask, holdSelf, post, read, TOKEN } from "./golden.ts";

beforeAll(() => addToken(TOKEN, ["admin"]));

const random = () => crypto.getRandomValues(new Uint8Array(10));

async function gzip(text: string): Promise<ArrayBuffer> {
	return new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer();
}

async function countOf(name: string): Promise<number> {
	return (await metricStub(env, name).recent(1_000)).length;
}

describe("a good batch", () => {
	it("is answered with its receipt", async () => {
		const response = await post({ name: "good.one", value: 12.5, labels: { method: "GET" }, unit: "ms" });
		expect(response.status).toBe(200);
		expect(await read(response)).toEqual({
			batchId: expect.stringMatching(/^[0-9a-f]{32}$/),
			accepted: 1,
			overflowed: 0,
			duplicate: false,
			dropped: 0,
			drops: [],
		});
		expect(await countOf("good.one")).toBe(1);
	});

	it("is taken in all three forms, and packed with gzip", async () => {
		const samples = [
			{ name: "good.forms", value: 1 },
			{ name: "good.forms", value: 2 },
		];
		expect(await read(await post({ samples }))).toMatchObject({ accepted: 2 });
		expect(await read(await post({ series: [{ name: "good.forms", values: [3, 4, 5] }] }))).toMatchObject({
			accepted: 3,
		});
		const packed = await ask("/api/v1/record", {
			method: "POST",
			body: await gzip(JSON.stringify({ samples })),
			headers: { "content-encoding": "gzip", "content-type": "application/json; charset=utf-8" },
		});
		expect(await read(packed)).toMatchObject({ accepted: 2 });
		expect(await countOf("good.forms")).toBe(7);
	});

	it("is counted once under one Idempotency-Key, whatever the key looks like", async () => {
		for (const key of [uuid7(Date.now(), random()), "order-17", '"quoted"']) {
			const body = { name: "good.once", value: 1 };
			const first = await read(await post(body, { "idempotency-key": key }));
			expect(first).toMatchObject({ accepted: 1, duplicate: false });
			expect(await read(await post(body, { "idempotency-key": key }))).toEqual({ ...first, duplicate: true });
		}
		expect(await countOf("good.once")).toBe(3);
	});
});

describe("what bad input gets", () => {
	const rows: readonly [string, string, number, string][] = [
		["malformed JSON", '{"name": "a", "value": }', 400, "line 1, column 24"],
		["NaN", '{"name": "a", "value": NaN}', 400, "JSON has no NaN"],
		["Infinity", '{"name": "a", "value": -Infinity}', 400, "JSON has no -Infinity"],
		["an empty body", "", 400, "the document ends here"],
		["an empty name", '{"name": "", "value": 1}', 400, "name: name must be"],
		["a name of 10 KB", JSON.stringify({ name: "n".repeat(10_240), value: 1 }), 400, "10240 characters"],
		[
			"100 labels",
			JSON.stringify({
				name: "a",
				value: 1,
				labels: Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`l${i}`, "x"])),
			}),
			400,
			"100 labels; the limit is 32",
		],
		["a label that stands twice", '{"name":"a","value":1,"labels":{"m":"1","m":"2"}}', 400, "stands twice"],
		["a timestamp as text", '{"name":"a","value":1,"timestamp":"yesterday"}', 400, "Unix milliseconds"],
		["a negative timestamp", '{"name":"a","value":1,"timestamp":-1}', 400, "Unix milliseconds"],
		["an unknown form", "[1, 2]", 400, "unknown form"],
		["nesting of 10,000 levels", `{"name":${"[".repeat(10_000)}`, 413, "levels of nesting"],
		["a million samples", `{"series":[{"name":"a","values":[${"1,".repeat(999_999)}1]}]}`, 413, "the limit is 100000"],
		[
			"a million series",
			`{"samples":[${Array.from({ length: 20_000 }, (_, i) => `{"name":"a","value":1,"labels":{"i":"${i}"}}`)}]}`,
			413,
			"different series",
		],
	];
	it.each(rows)("%s is refused with the reason and the place", async (_, body, status, reason) => {
		const response = await post(body);
		expect(response.status).toBe(status);
		expect(response.headers.get("content-type")).toBe("application/problem+json");
		const problem = await read(response);
		expect(problem).toMatchObject({ status, title: expect.any(String), detail: expect.any(String) });
		expect(JSON.stringify(problem)).toContain(reason);
	});

	it("a timestamp in the future, or from before what is kept, costs that sample alone", async () => {
		const now = Date.now();
		const samples = [
			{ name: "bad.times", value: 1, timestamp: now + FUTURE_MAX_MS + 60_000 },
			{ name: "bad.times", value: 2, timestamp: now - 1_000 },
			{ name: "bad.times", value: 3, timestamp: 1_000 },
		];
		const response = await post({ samples });
		expect(response.status).toBe(400);
		expect(await read(response)).toMatchObject({
			receipt: {
				accepted: 1,
				dropped: 2,
				drops: [
					{ place: "samples[0]", reason: "future" },
					{ place: "samples[2]", reason: "late" },
				],
			},
		});
		expect(await countOf("bad.times")).toBe(1);
	});

	it("a kind that contradicts costs that metric alone", async () => {
		await post({ name: "bad.kind", value: 1, kind: "counter" });
		const response = await post({
			samples: [
				{ name: "bad.kind", value: 1, kind: "gauge" },
				{ name: "bad.other", value: 1 },
			],
		});
		expect(response.status).toBe(400);
		expect(await read(response)).toMatchObject({
			receipt: { accepted: 1, dropped: 1, drops: [{ place: "samples[0]", reason: "kind" }] },
		});
	});

	it("a counter that would fall is dropped", async () => {
		const response = await post({
			samples: [
				{ name: "bad.counter", value: -1, kind: "counter" },
				{ name: "bad.counter", value: 2, kind: "counter" },
			],
		});
		expect(await read(response)).toMatchObject({
			receipt: { accepted: 1, drops: [{ place: "samples[0]", reason: "negative_count" }] },
		});
	});

	it("the valid samples of a mixed batch are kept, and the answer says which were not", async () => {
		const samples = [
			{ name: "mixed.a", value: 1 },
			{ name: "mixed.a", value: "2" },
			{ name: "", value: 3 },
			{ name: "mixed.a", value: 4 },
		];
		const response = await post({ samples });
		expect(response.status).toBe(400);
		expect(await read(response)).toMatchObject({
			code: "invalid",
			receipt: { accepted: 2, dropped: 2, drops: [{ place: "samples[1].value" }, { place: "samples[2].name" }] },
		});
		expect(await countOf("mixed.a")).toBe(2);
	});

	it("a batch that is older than the dedupe window is refused and never counted", async () => {
		const key = uuid7(Date.now() - DEDUPE_WINDOW_MS - 1_000, random());
		const response = await post({ name: "bad.expired", value: 1 }, { "idempotency-key": key });
		expect(response.status).toBe(410);
		const future = await post(
			{ name: "a", value: 1 },
			{ "idempotency-key": uuid7(Date.now() + FUTURE_MAX_MS + 10_000, random()) },
		);
		expect(future.status).toBe(400);
		expect((await post({ name: "a", value: 1 }, { "idempotency-key": "k".repeat(300) })).status).toBe(413);
	});

	it("JSON under the type that a bare `curl -d` gives is taken, and listed at once", async () => {
		const response = await post(
			{ name: "good.curl", value: 7 },
			{ "content-type": "application/x-www-form-urlencoded" },
		);
		expect(response.status).toBe(200);
		await vi.waitFor(
			async () => expect(await read(await ask("/api/metrics?prefix=good.curl"))).toHaveProperty(["good.curl"]),
			{
				timeout: 15_000,
			},
		);
	});

	it("another type of content is refused with what to send", async () => {
		const response = await ask("/api/v1/record", {
			method: "POST",
			body: "a 1",
			headers: { "content-type": "text/csv" },
		});
		expect(response.status).toBe(415);
		expect(await read(response)).toMatchObject({ detail: expect.stringContaining("application/json") });
		expect((await post("{}", { "content-encoding": "br" })).status).toBe(415);
	});

	it("a body beyond the bound is refused, and so is one that grows beyond it when it is unpacked", async () => {
		expect((await post("x".repeat(BODY_BYTES_MAX + 1))).status).toBe(413);
		const bomb = await gzip(" ".repeat(BODY_UNPACKED_BYTES_MAX + 1));
		expect(bomb.byteLength).toBeLessThan(100_000);
		const headers = { "content-encoding": "gzip", "content-type": "application/json" };
		const response = await ask("/api/v1/record", { method: "POST", body: bomb, headers });
		expect(response.status).toBe(413);
		expect(await read(response)).toMatchObject({ detail: expect.stringContaining("unpacked") });
	});

	it("what is no gzip, or was cut off, is refused", async () => {
		const headers = { "content-encoding": "gzip", "content-type": "application/json" };
		expect((await ask("/api/v1/record", { method: "POST", body: "{}", headers })).status).toBe(400);
		const cut = (await gzip('{"name":"a","value":1}')).slice(0, 20);
		expect((await ask("/api/v1/record", { method: "POST", body: cut, headers })).status).toBe(400);
	});

	it("is counted as perdure.rejected, and nothing is written for it", async () => {
		holdSelf();
		await post('{"name":');
		await post({
			samples: [
				{ name: "counted.ok", value: 1 },
				{ name: "counted.ok", value: null },
			],
		});
		const rejected = takeParts().find((part) => part.name === "perdure.rejected");
		expect(rejected?.kind).toBe("counter");
		expect(rejected?.labels).toEqual(['["reason","invalid"]', '["reason","not_finite"]']);
		expect(rejected?.values).toEqual(new Float64Array([1, 1]));
	});
});

describe("messages", () => {
	const message = {
		messageId: "m1",
		userId: "u1",
		channel: "email",
		template: "welcome",
		status: "success",
		createdMs: 1_700_000_000_000,
	};

	it("of an application come into the history, one row each", async () => {
		const init = (messages: unknown) => ({
			method: "POST",
			body: JSON.stringify(messages),
			headers: { "content-type": "application/json" },
		});
		expect(
			await read(await ask("/api/v1/messages", init({ messages: [message, { ...message, messageId: "m2" }] }))),
		).toEqual({ accepted: 2, dropped: 0 });
		expect(await read(await ask("/api/v1/messages", init(message)))).toEqual({ accepted: 1, dropped: 0 });
		const { results } = await env.DB.prepare(
			"SELECT message_id, source FROM notification_logs ORDER BY message_id",
		).all();
		expect(results).toEqual([
			{ message_id: "m1", source: "application" },
			{ message_id: "m2", source: "application" },
		]);
		const mixed = await ask("/api/v1/messages", init({ messages: [message, { messageId: "m3" }] }));
		expect(mixed.status).toBe(400);
		expect(await read(mixed)).toMatchObject({ receipt: { accepted: 1, dropped: 1 } });
	});
});
