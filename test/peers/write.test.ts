/** Batches on their way to real objects: counted once, spread over shards, retried when that helps. */
import { env } from "cloudflare:workers";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { moveClock, nowMs } from "../../src/lib/clock.ts";
import {
	DIRECTORY_CACHE_MS,
	DIRECTORY_LOADING_MS,
	MINUTE_MS,
	SECOND_MS,
	SHARD_NOTICE_MS,
} from "../../src/model/limits.ts";
import type { SummaryRequest } from "../../src/model/summary.ts";
import { directoryOf, invalidateDirectory } from "../../src/peers/directory.ts";
import { querierOf } from "../../src/peers/querier.ts";
import { forget, recent, series, summary } from "../../src/peers/read.ts";
import { flushSelf, selfCount, selfObserve, takeParts } from "../../src/peers/self-meter.ts";
import { catalogStub, metricStub } from "../../src/peers/stubs.ts";
import { recordBatch } from "../../src/peers/write.ts";
import { batch, faulty, goTo, known, part, platformError } from "./world.ts";

const ALL: SummaryRequest = {
	windowMs: 15 * MINUTE_MS,
	quantiles: [0.5, 0.99],
	by: { kind: "all" },
	matchers: [],
	sketches: false,
};

afterAll(() => moveClock(0, true));
afterEach(() => invalidateDirectory());

describe("a batch", () => {
	it("is counted once by each of its metrics, however often it is sent", async () => {
		const one = batch([part("w.count", "counter", [[{ a: "x" }, [1, 2]]]), part("w.time", null, [[{}, [5, 7]]])]);
		for (let i = 0; i < 3; i++) {
			const done = await recordBatch(env, one, nowMs());
			expect(done.ok && done.value.parts.map((receipt) => receipt.ok && receipt.value.duplicate)).toEqual([
				i > 0,
				i > 0,
			]);
		}
		await known("w.count", "w.time");
		const read = await summary(env, "w.time", ALL, nowMs());
		expect(read.ok && read.value.groups[0]).toMatchObject({ count: 2, sum: 12, min: 5, max: 7 });
	});

	it("says which part was refused for good, and why, beside what was counted", async () => {
		const done = await recordBatch(
			env,
			batch([part("w.count", "gauge", [[{}, [1]]]), part("w.time", null, [[{}, [9]]])]),
			nowMs(),
		);
		expect(done.ok && done.value.parts.map((one) => (one.ok ? one.value.accepted : one.failure.code))).toEqual([
			"conflict",
			1,
		]);
	});

	it("is tried again once with a fresh stub where that helps, and never where there is too much to do", async () => {
		let calls = 0;
		const once = faulty((_, method) => {
			if (method !== "record") return null;
			return calls++ === 0 ? Promise.reject(platformError({ retryable: true })) : null;
		});
		const one = () => batch([part("w.time", null, [[{}, [1]]])]);
		expect((await recordBatch(once, one(), nowMs())).ok).toBe(true);
		expect(calls).toBe(2);
		calls = 0;
		const twice = faulty((_, method) => {
			if (method !== "record") return null;
			calls++;
			return Promise.reject(platformError({ retryable: true }));
		});
		const failed = await recordBatch(twice, one(), nowMs());
		expect(!failed.ok && failed.failure).toMatchObject({ code: "unavailable", what: "w.time" });
		expect(calls).toBe(2);
		calls = 0;
		const busy = faulty((_, method) => {
			if (method !== "record") return null;
			calls++;
			return Promise.reject(platformError({ retryable: true, overloaded: true }));
		});
		const overloaded = await recordBatch(busy, one(), nowMs());
		expect(!overloaded.ok && overloaded.failure.code).toBe("overloaded");
		expect(calls).toBe(1);
	});
});

describe("the directory", () => {
	const away = faulty((name) => (name === "catalog" ? Promise.reject(new Error("away")) : null));

	it("is asked at most every DIRECTORY_CACHE_MS, and sends nothing that is known", async () => {
		let asked = 0;
		const counting = faulty((name) => {
			if (name === "catalog") asked++;
			return null;
		});
		const first = await directoryOf(counting, nowMs());
		for (let i = 0; i < 10; i++) expect(await directoryOf(counting, nowMs())).toEqual(first);
		expect(asked).toBe(1);
		goTo(nowMs() + DIRECTORY_CACHE_MS);
		const second = await directoryOf(counting, nowMs());
		expect(asked).toBe(2);
		expect(second.ok && first.ok && second.value === first.value).toBe(true);
	});

	it("goes on with its copy when the catalog is away, and asks again every few seconds, not each time", async () => {
		expect((await directoryOf(env, nowMs())).ok).toBe(true);
		goTo(nowMs() + 10 * MINUTE_MS);
		let asked = 0;
		const counting = faulty((name) => {
			if (name !== "catalog") return null;
			asked++;
			return Promise.reject(new Error("away"));
		});
		const at = nowMs();
		for (let i = 0; i < 5; i++) expect((await directoryOf(counting, at)).ok).toBe(true);
		expect(asked).toBe(1);
		expect((await directoryOf(counting, at + DIRECTORY_LOADING_MS)).ok).toBe(true);
		expect(asked).toBe(2);
		const done = await recordBatch(away, batch([part("w.time", null, [[{}, [1]]])]), nowMs());
		expect(done.ok).toBe(true);
	});
});

describe("a hot metric", () => {
	it("is spread over its shards, and read as one", async () => {
		const add = (createdMs?: number) =>
			batch([part("w.hot", "counter", [[{}, [1]]])], createdMs === undefined ? {} : { createdMs });
		await recordBatch(env, add(), nowMs());
		await known("w.hot");
		const early = add();
		const fromMs = nowMs() + SHARD_NOTICE_MS + SECOND_MS;
		expect((await catalogStub(env).scheduleShards("w.hot", 4, fromMs)).ok).toBe(true);
		expect((await recordBatch(env, early, nowMs())).ok).toBe(true);
		goTo(fromMs + 2 * SECOND_MS);
		// Made before the step, sent again after it: it meets its first attempt.
		const again = await recordBatch(env, early, nowMs());
		expect(again.ok && again.value.parts[0]?.ok && again.value.parts[0].value.duplicate).toBe(true);
		const batches = Array.from({ length: 40 }, () => add());
		for (const one of await Promise.all(batches.map((one) => recordBatch(env, one, nowMs()))))
			expect(one.ok).toBe(true);
		const kinds = await Promise.all(
			[0, 1, 2, 3].map((i) => metricStub(env, i === 0 ? "w.hot" : `w.hot#${i}`).describe()),
		);
		expect(kinds.map((one) => one.kind)).toEqual(["counter", "counter", "counter", "counter"]);
		expect(kinds.every((one) => one.batches > 0)).toBe(true);
		const read = await summary(env, "w.hot", ALL, nowMs());
		expect(read.ok && read.value.groups[0]?.sum).toBe(42);
		const listed = await series(env, "w.hot", [], nowMs());
		expect(listed.ok && listed.value.value).toMatchObject([{ labels: {}, sum: 42 }]);
		const latest = await recent(env, "w.hot", 10, nowMs());
		expect(latest.ok && latest.value.value.length).toBe(10);
	});

	it("refuses another kind at every shard", async () => {
		const gauges = Array.from({ length: 20 }, () => batch([part("w.hot", "gauge", [[{}, [1]]])]));
		for (const one of gauges) {
			const done = await recordBatch(env, one, nowMs());
			expect(done.ok && done.value.parts[0]?.ok === false && done.value.parts[0].failure.code).toBe("conflict");
		}
	});

	it("is one series to PromQL, under both its names, and never falls", async () => {
		goTo(nowMs() + MINUTE_MS);
		for (const name of ["w_hot", "w_hot_total"]) {
			const querier = querierOf(env, nowMs());
			const found = await querier.select(
				[{ name: "__name__", op: "=", value: name }],
				nowMs() - 5 * MINUTE_MS,
				nowMs(),
			);
			expect(querier.missing?.()).toEqual([]);
			expect(found.map((one) => one.labels)).toEqual([{ __name__: name }]);
			const values = [...(found[0]?.values ?? [])];
			expect(values.at(-1)).toBe(42);
			expect(values).toEqual([...values].sort((a, b) => a - b));
		}
	});

	it("names the shard that does not answer", async () => {
		const over = faulty((name, method) =>
			name === "w.hot#2" && method !== "record" ? Promise.reject(new Error("x")) : null,
		);
		const querier = querierOf(over, nowMs());
		await querier.select([{ name: "__name__", op: "=", value: "w_hot" }], nowMs() - MINUTE_MS, nowMs());
		expect(querier.missing?.()).toEqual(["w.hot#2"]);
		const read = await summary(over, "w.hot", ALL, nowMs());
		expect(read.ok && read.value.missing).toEqual(["w.hot#2"]);
		const gone = await forget(over, "w.hot", [], nowMs());
		expect(!gone.ok && gone.failure.code).toBe("unavailable");
	});

	it("is forgotten in all its shards and in the catalog", async () => {
		expect((await forget(env, "w.hot", [], nowMs())).ok).toBe(true);
		invalidateDirectory();
		const read = await summary(env, "w.hot", ALL, nowMs());
		expect(!read.ok && read.failure.code).toBe("not_found");
	});
});

describe("the querier", () => {
	it("finds metrics by pattern, and asks its own object without a call", async () => {
		let own = 0;
		const over = faulty((name) => (name === "w.count" ? Promise.reject(new Error("an RPC to itself")) : null));
		const querier = querierOf(over, nowMs(), {
			objectName: "w.count",
			select: () => {
				own++;
				return [];
			},
		});
		await querier.select([{ name: "__name__", op: "=~", value: "w_(count|time_count)" }], nowMs() - MINUTE_MS, nowMs());
		expect(own).toBe(1);
		expect(querier.missing?.()).toEqual([]);
	});

	it("gives a distribution as a histogram, its count, sum and buckets", async () => {
		await recordBatch(env, batch([part("w.lat", null, [[{ e: "1" }, [10, 20, 30]]])]), nowMs());
		await known("w.lat");
		goTo(nowMs() + 30 * SECOND_MS);
		const last = async (name: string) => {
			const found = await querierOf(env, nowMs()).select(
				[{ name: "__name__", op: "=", value: name }],
				nowMs() - MINUTE_MS,
				nowMs(),
			);
			return found[0];
		};
		expect((await last("w_lat_count"))?.values.at(-1)).toBe(3);
		expect((await last("w_lat_sum"))?.values.at(-1)).toBe(60);
		expect((await last("w_lat"))?.histograms?.at(-1)?.count).toBe(3);
		expect((await last("w_lat_bucket"))?.labels["le"]).toBeDefined();
	});
});

describe("what Perdure says of itself", () => {
	it("is summed and told at most every ten seconds, and a failure is dropped", async () => {
		takeParts();
		selfCount("tested", 2);
		selfCount("tested");
		selfObserve("tested_time", 5);
		const sent: Promise<unknown>[] = [];
		const flush = () => flushSelf(env, nowMs(), (promise) => sent.push(promise));
		flush();
		selfCount("tested", 10);
		flush();
		expect(sent).toHaveLength(1);
		await Promise.all(sent);
		await known("perdure.tested");
		const read = await summary(env, "perdure.tested", ALL, nowMs());
		expect(read.ok && read.value.groups[0]?.sum).toBe(3);
		goTo(nowMs() + 20 * SECOND_MS);
		const away = faulty(() => Promise.reject(new Error("away")));
		flushSelf(away, nowMs(), (promise) => sent.push(promise));
		expect(sent).toHaveLength(2);
		await Promise.all(sent);
		expect(takeParts()).toEqual([]);
	});
});
