/** One buffer for an isolate: columns, bounds, refusals with a reason. */
import { describe, expect, it } from "vitest";
import { Buffer, type Entry } from "../../src/client/buffer.ts";
import {
	CLIENT_BUFFER_BYTES_MAX,
	CLIENT_METRICS_MAX,
	CLIENT_SAMPLES_MAX,
	CLIENT_SERIES_MAX,
	COLUMNS_PER_BATCH_MAX,
	METRICS_PER_BATCH_MAX,
	SAMPLE_MAGNITUDE_MAX,
	SAMPLES_PER_BATCH_MAX,
} from "../../src/model/limits.ts";

const entry = (changes: Partial<Entry> = {}): Entry => ({
	kind: "distribution",
	name: "api.response_time",
	value: 1,
	labels: { method: "GET" },
	unit: null,
	...changes,
});

describe("the buffer", () => {
	it("keeps every value of a distribution, the sum of a counter and the last of a gauge", () => {
		const buffer = new Buffer();
		for (const [index, value] of [3, 1, 2].entries()) {
			buffer.add(entry({ value, unit: "ms" }), 100 + index);
			buffer.add(entry({ kind: "counter", name: "c", value }), 100 + index);
			buffer.add(entry({ kind: "gauge", name: "g", value }), 100 + index);
		}
		expect(buffer.samples).toBe(5);
		const { parts, samples } = buffer.seal();
		expect(samples).toBe(9);
		expect(parts.map((part) => [part.name, part.kind, part.unit, [...part.values]])).toEqual([
			["api.response_time", "distribution", "ms", [3, 1, 2]],
			["c", "counter", null, [6]],
			["g", "gauge", null, [2]],
		]);
		expect([...(parts[0]?.timestampsMs ?? [])]).toEqual([100, 101, 102]);
		expect([...(parts[2]?.timestampsMs ?? [])]).toEqual([102]);
	});

	it("puts equal label sets into one column, whatever their order, and marks where each ends", () => {
		const buffer = new Buffer();
		buffer.add(entry({ labels: { a: "1", b: "2" }, value: 1 }), 0);
		buffer.add(entry({ labels: undefined, value: 2 }), 0);
		buffer.add(entry({ labels: { b: "2", a: "1" }, value: 3 }), 0);
		const [part] = buffer.seal().parts;
		expect(part?.labels).toEqual(['["a","1","b","2"]', "[]"]);
		expect(part?.ends).toEqual([2, 3]);
		expect([...(part?.values ?? [])]).toEqual([1, 3, 2]);
	});

	it("is empty after it was sealed", () => {
		const buffer = new Buffer();
		buffer.add(entry(), 0);
		buffer.seal();
		expect(buffer.samples).toBe(0);
		expect(buffer.seal()).toEqual({ parts: [], samples: 0, bytes: 0 });
	});

	it.each([
		["invalid", { name: "" }],
		["invalid", { name: "9lives" }],
		["invalid", { name: "x".repeat(10_000) }],
		["invalid", { name: "perdure.tick_time" }],
		["invalid", { unit: "back\\slash" }],
		["invalid", { name: 7 as unknown as string }],
		["not_finite", { value: Number.NaN }],
		["not_finite", { value: Number.POSITIVE_INFINITY }],
		["not_finite", { value: SAMPLE_MAGNITUDE_MAX * 2 }],
		["invalid", { value: "1" as unknown as number }],
		["negative_count", { kind: "counter", value: -1 }],
		["invalid", { labels: { "not a name": "x" } }],
		["invalid", { labels: { status: 200 } }],
		["invalid", { labels: { a: "x".repeat(501) } }],
		["invalid", { labels: { a: "line\nbreak" } }],
		["invalid", { labels: Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`l${i}`, "x"])) }],
		["invalid", { labels: ["a"] }],
		["invalid", { unit: "x".repeat(41) }],
	] as const)("refuses as %s: %j", (reason, changes) => {
		const buffer = new Buffer();
		expect(buffer.add(entry(changes as Partial<Entry>), 0)?.reason).toBe(reason);
		expect(buffer.samples).toBe(0);
	});

	it("refuses another kind for a name that it holds", () => {
		const buffer = new Buffer();
		buffer.add(entry(), 0);
		expect(buffer.add(entry({ kind: "counter" }), 0)).toEqual({
			reason: "kind",
			detail: "'api.response_time' is recorded as distribution and as counter",
		});
	});

	it("holds CLIENT_SAMPLES_MAX values, and counts on in series that it has", () => {
		const buffer = new Buffer();
		buffer.add(entry({ kind: "counter", name: "c" }), 0);
		for (let i = 1; i < CLIENT_SAMPLES_MAX; i++) expect(buffer.add(entry(), 0)).toBeNull();
		expect(buffer.add(entry(), 0)?.reason).toBe("buffer_full");
		expect(buffer.add(entry({ kind: "gauge", name: "g" }), 0)?.reason).toBe("buffer_full");
		expect(buffer.add(entry({ kind: "counter", name: "c" }), 0)).toBeNull();
		expect(buffer.samples).toBe(CLIENT_SAMPLES_MAX);
	});

	it("holds CLIENT_SERIES_MAX series", () => {
		const buffer = new Buffer();
		for (let i = 0; i < CLIENT_SERIES_MAX; i++) buffer.add(entry({ labels: { i: String(i) } }), 0);
		expect(buffer.add(entry({ labels: { i: "one more" } }), 0)?.reason).toBe("buffer_full");
		expect(buffer.add(entry({ labels: { i: "0" } }), 0)).toBeNull();
	});

	it("holds CLIENT_METRICS_MAX metrics", () => {
		const buffer = new Buffer();
		for (let i = 0; i < CLIENT_METRICS_MAX; i++) buffer.add(entry({ name: `m${i}` }), 0);
		expect(buffer.add(entry({ name: "one_more" }), 0)?.reason).toBe("buffer_full");
	});

	it("holds CLIENT_BUFFER_BYTES_MAX bytes", () => {
		const buffer = new Buffer();
		const long = "x".repeat(490);
		let held = 0;
		for (let i = 0; i < CLIENT_SERIES_MAX; i++) {
			const labels = { a: `${i}`, b: long, c: long, d: long, e: long };
			if (buffer.add(entry({ labels }), 0) === null) held++;
		}
		expect(held).toBeLessThan(CLIENT_BUFFER_BYTES_MAX / (3 * 4 * 490));
		expect(buffer.seal().bytes).toBeLessThanOrEqual(CLIENT_BUFFER_BYTES_MAX);
	});

	it("has bounds below those of a batch, so that a full buffer and the client's own report are accepted", () => {
		expect(CLIENT_SAMPLES_MAX).toBeLessThan(SAMPLES_PER_BATCH_MAX);
		expect(CLIENT_SERIES_MAX).toBeLessThan(COLUMNS_PER_BATCH_MAX);
		expect(CLIENT_METRICS_MAX).toBeLessThan(METRICS_PER_BATCH_MAX);
	});
});
