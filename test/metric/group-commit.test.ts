/** Acknowledged is durable and counted once: shared commits, duplicates in every place, over evictions. */
import { afterAll, describe, expect, it } from "vitest";
import { moveClock } from "../../src/lib/clock.ts";
import { BatchIds } from "../../src/metric/batch-ids.ts";
import {
	DEDUPE_IDS_MAX,
	DEDUPE_WINDOW_MS,
	FUTURE_MAX_MS,
	HOUR_MS,
	MINUTE_MS,
	SECOND_MS,
} from "../../src/model/limits.ts";
import { MetricDriver, newId, START_MS, setClock } from "./metric-driver.ts";

afterAll(() => moveClock(0, true));

async function countOf(metric: MetricDriver, nowMs: number): Promise<number> {
	return (await metric.summary(HOUR_MS, nowMs)).groups[0]?.count ?? 0;
}

describe("a metric object commits", () => {
	it("many concurrent calls with few writes, and keeps them all over an eviction", async () => {
		const metric = new MetricDriver("commit.group");
		setClock(START_MS);
		const calls = Array.from({ length: 200 }, (_, i) => metric.api.record(metric.request([{ value: i }], START_MS)));
		const answers = await Promise.all(calls);
		expect(answers.every((answer) => answer.ok && answer.value.accepted === 1)).toBe(true);
		const { commits, batches, journalRows } = await metric.describe();
		expect(batches).toBe(200);
		expect(commits).toBeLessThanOrEqual(10);
		expect(journalRows).toBe(commits);
		await metric.evict();
		const summary = await metric.summary(HOUR_MS, START_MS + SECOND_MS);
		expect(summary.groups[0]).toMatchObject({ count: 200, sum: 19_900, min: 0, max: 199 });
	});

	it("what it acknowledged, whenever it is evicted right afterwards", async () => {
		const metric = new MetricDriver("commit.evicted");
		for (let i = 0; i < 10; i++) {
			await metric.record([{ value: 1 }], START_MS + i * 25 * SECOND_MS);
			await metric.evict();
		}
		expect(await countOf(metric, START_MS + 10 * 25 * SECOND_MS)).toBe(10);
	});

	it("in an idle object at once, after a long wait or a clock that went back too", async () => {
		const metric = new MetricDriver("commit.idle");
		await metric.record([{ value: 1 }], START_MS + HOUR_MS);
		const began = performance.now();
		await metric.record([{ value: 1 }], START_MS);
		// A wait would have been one of an hour.
		expect(performance.now() - began).toBeLessThan(20_000);
		expect((await metric.describe()).commits).toBe(2);
	});
});

describe("a batch that comes again", () => {
	it("gets the first receipt and changes nothing, before and after the commit, over checkpoints and evictions", async () => {
		const metric = new MetricDriver("again.counter", "counter");
		const id = newId();
		const samples = [{ value: 3 }, { value: Number.NaN }, { value: -1 }];
		const first = await metric.record(samples, START_MS, id);
		expect(first).toMatchObject({ accepted: 1, dropped: 2, duplicate: false });
		const again = { ...first, duplicate: true };
		expect(await metric.record(samples, START_MS + 1, id)).toEqual(again);
		await metric.evict();
		expect(await metric.record(samples, START_MS + 2, id)).toEqual(again);
		// A checkpoint empties the journal: from here on the id stands in a minute's row.
		await metric.record([{ value: 10 }], START_MS + 61 * SECOND_MS);
		expect((await metric.describe()).journalRows).toBe(0);
		expect(await metric.record(samples, START_MS + 61 * SECOND_MS, id)).toEqual(again);
		await metric.evict();
		expect(await metric.record(samples, START_MS + 62 * SECOND_MS, id)).toEqual(again);
		const summary = await metric.summary(HOUR_MS, START_MS + 62 * SECOND_MS);
		expect(summary.groups[0]).toMatchObject({ count: 2, sum: 13 });
		expect((await metric.describe()).duplicates).toBe(1);
	});

	it("shares the receipt of the commit that is pending", async () => {
		const metric = new MetricDriver("again.pending");
		await metric.record([{ value: 1 }], START_MS);
		// Within the interval of the commit before: both wait for the same timer.
		const request = metric.request([{ value: 5 }], START_MS);
		const [a, b] = await Promise.all([metric.api.record(request), metric.api.record(request)]);
		const flags = [a, b].map((answer) => answer.ok && answer.value.duplicate);
		expect(flags.sort()).toEqual([false, true]);
		expect(await countOf(metric, START_MS)).toBe(2);
	});

	it("is known for the whole dedupe window, minute after minute, eviction after eviction", async () => {
		const metric = new MetricDriver("again.window");
		const sent: string[] = [];
		for (let minute = 0; minute <= 9; minute++) {
			const id = newId();
			await metric.record([{ value: 1 }], START_MS + minute * MINUTE_MS, id);
			sent.push(id);
			if (minute % 3 === 1) await metric.evict();
		}
		const nowMs = START_MS + DEDUPE_WINDOW_MS - SECOND_MS;
		setClock(nowMs);
		for (const [minute, id] of sent.entries()) {
			const request = { ...metric.request([{ value: 1 }], START_MS + minute * MINUTE_MS, id) };
			const answer = await metric.api.record(request);
			expect(answer, `of minute ${minute}`).toMatchObject({ ok: true, value: { duplicate: true, accepted: 1 } });
		}
		expect(await countOf(metric, nowMs)).toBe(10);
	});

	it("is refused as expired after the window, and as invalid from the future, and never counted", async () => {
		const metric = new MetricDriver("again.expired");
		await metric.record([{ value: 1 }], START_MS);
		setClock(START_MS + SECOND_MS);
		const old = await metric.api.record(metric.request([{ value: 1 }], START_MS - DEDUPE_WINDOW_MS - SECOND_MS));
		expect(old).toMatchObject({ ok: false, failure: { code: "expired" } });
		const ahead = await metric.api.record(metric.request([{ value: 1 }], START_MS + FUTURE_MAX_MS + MINUTE_MS));
		expect(ahead).toMatchObject({ ok: false, failure: { code: "invalid" } });
		const near = await metric.api.record(metric.request([{ value: 1 }], START_MS + FUTURE_MAX_MS / 2));
		expect(near).toMatchObject({ ok: true });
		expect(await countOf(metric, START_MS + 2 * SECOND_MS)).toBe(2);
	});
});

const RECEIPT = { accepted: 1, overflowed: 0, duplicate: false, dropped: 0, drops: [] };

describe("remembered batch ids (more than an object can be given in a test)", () => {
	it("end at their bound, and there is a place again when the window is over, although nothing was written", () => {
		const ids = new BatchIds();
		for (let i = 0; i < DEDUPE_IDS_MAX - 1; i++) ids.remember(`${i}`, RECEIPT, 0);
		expect(ids.isFull(0)).toBe(false);
		ids.remember("last", RECEIPT, 0);
		expect(ids.isFull(DEDUPE_WINDOW_MS)).toBe(true);
		expect(ids.find("7")).toMatchObject({ duplicate: true });
		expect(ids.isFull(DEDUPE_WINDOW_MS + 4 * MINUTE_MS)).toBe(false);
	});
});
