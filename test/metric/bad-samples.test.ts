/** What a metric refuses, by index and reason; what is valid beside it counts. */
import { afterAll, describe, expect, it } from "vitest";
import { moveClock } from "../../src/lib/clock.ts";
import {
	FINE_SLOT_MS,
	FUTURE_MAX_MS,
	HOUR_KEPT_MS,
	HOUR_MS,
	MINUTE_MS,
	RECEIPT_DROPS_MAX,
	SAMPLE_MAGNITUDE_MAX,
	SECOND_MS,
	SLOTS_PER_PART_MAX,
} from "../../src/model/limits.ts";
import { MetricDriver, newId, partOf, START_MS, setClock } from "./metric-driver.ts";

afterAll(() => moveClock(0, true));

describe("a sample that cannot count", () => {
	it("is named by its index with the reason, and the others count", async () => {
		const metric = new MetricDriver("bad.each", "counter");
		const receipt = await metric.record(
			[
				{ value: 1 },
				{ value: Number.NaN },
				{ value: Number.POSITIVE_INFINITY },
				{ value: -1 },
				{ value: 2, timestampMs: START_MS + FUTURE_MAX_MS + SECOND_MS },
				{ value: 2, timestampMs: START_MS - HOUR_KEPT_MS - 2 * HOUR_MS },
				{ value: 4, timestampMs: START_MS + FUTURE_MAX_MS / 2 },
				{ value: 2 * SAMPLE_MAGNITUDE_MAX },
				{ value: 8 },
			],
			START_MS,
		);
		expect(receipt).toEqual({
			accepted: 3,
			overflowed: 0,
			duplicate: false,
			dropped: 6,
			drops: [
				{ index: 1, reason: "not_finite" },
				{ index: 2, reason: "not_finite" },
				{ index: 3, reason: "negative_count" },
				{ index: 4, reason: "future" },
				{ index: 5, reason: "late" },
				{ index: 7, reason: "not_finite" },
			],
		});
		expect((await metric.summary(HOUR_MS, START_MS + SECOND_MS)).groups[0]).toMatchObject({ count: 3, sum: 13 });
		expect(await metric.describe()).toMatchObject({ samples: 3, dropped: 6 });
	});

	it("is refused by every kind when no sketch could take it", async () => {
		const metric = new MetricDriver("bad.huge");
		expect(await metric.record([{ value: 1e300 }, { value: 7 }], START_MS)).toMatchObject({ accepted: 1, dropped: 1 });
		expect((await metric.summary(HOUR_MS, START_MS)).groups[0]).toMatchObject({ count: 1, sum: 7 });
	});

	it("is counted beyond the first fifty, which alone are named", async () => {
		const metric = new MetricDriver("bad.many");
		const receipt = await metric.record(
			Array.from({ length: 500 }, () => ({ value: Number.NaN })).concat([{ value: 1 }]),
			START_MS,
		);
		expect(receipt).toMatchObject({ accepted: 1, dropped: 500 });
		expect(receipt.drops).toHaveLength(RECEIPT_DROPS_MAX);
	});

	it("fixes no kind and writes nothing when nothing else came with it", async () => {
		const metric = new MetricDriver("bad.alone", "gauge");
		expect(await metric.record([{ value: Number.NaN }], START_MS)).toMatchObject({ accepted: 0, dropped: 1 });
		expect(await metric.describe()).toMatchObject({ kind: null, rowsWritten: 0, dropped: 1 });
		const counter = new MetricDriver("bad.alone", "counter");
		await counter.record([{ value: 1 }], START_MS + MINUTE_MS);
		expect(await metric.describe()).toMatchObject({ kind: "counter" });
	});

	it("may have a time between two milliseconds: it counts in the earlier, and checkpoints go on", async () => {
		const metric = new MetricDriver("bad.fraction", "gauge");
		await metric.record([{ value: 1, timestampMs: START_MS - 1_000.5 }], START_MS);
		await metric.record([{ value: 2 }], START_MS + 61 * SECOND_MS);
		await metric.evict();
		const nowMs = START_MS + 62 * SECOND_MS;
		expect((await metric.summary(HOUR_MS, nowMs)).groups[0]).toMatchObject({ count: 2, last: 2 });
		expect((await metric.recent()).at(-1)).toMatchObject({ timestampMs: START_MS - 1_001, value: 1 });
	});
});

describe("the kind of a metric", () => {
	it("is that of its first sample: another one is a conflict, and loses nothing of what shares its commit", async () => {
		const metric = new MetricDriver("kind.first", "counter");
		await metric.record([{ value: 1 }], START_MS);
		const gauge = new MetricDriver("kind.first", "gauge");
		const [good, bad] = await Promise.all([
			metric.api.record(metric.request([{ value: 2 }], START_MS)),
			metric.api.record(gauge.request([{ value: 9 }], START_MS)),
		]);
		expect(good).toMatchObject({ ok: true });
		expect(bad).toMatchObject({ ok: false, failure: { code: "conflict" } });
		expect(bad.ok ? "" : JSON.stringify(bad.failure)).toContain("counter");
		await metric.evict();
		const late = await gauge.api.record(gauge.request([{ value: 9 }], START_MS));
		expect(late).toMatchObject({ ok: false, failure: { code: "conflict" } });
		expect((await metric.summary(HOUR_MS, START_MS + SECOND_MS)).groups[0]).toMatchObject({ count: 2, sum: 3 });
	});

	it("is a distribution when the first sample does not say, and whatever it is when a later one does not", async () => {
		const metric = new MetricDriver("kind.none");
		setClock(START_MS);
		const request = (value: number) => {
			return { id: newId(), createdMs: START_MS, part: partOf("kind.none", [{ value }], null) };
		};
		expect(await metric.api.record(request(1))).toMatchObject({ ok: true });
		expect(await metric.describe()).toMatchObject({ kind: "distribution" });
		const counter = new MetricDriver("kind.known", "counter");
		await counter.record([{ value: 1 }], START_MS);
		const part = partOf("kind.known", [{ value: 2 }], null);
		expect(await counter.api.record({ id: newId(), createdMs: START_MS, part })).toMatchObject({ ok: true });
		expect((await counter.summary(HOUR_MS, START_MS + SECOND_MS)).groups[0]).toMatchObject({ sum: 3 });
	});
});

describe("a batch whose samples lie in very many slots", () => {
	it("is counted up to the bound; the rest is dropped and said", async () => {
		const metric = new MetricDriver("bad.slots", "counter");
		setClock(START_MS);
		const count = SLOTS_PER_PART_MAX + 10;
		const part = {
			...partOf("bad.slots", [{ value: 1 }], "counter"),
			ends: [count],
			values: new Float64Array(count).fill(1),
			timestampsMs: Float64Array.from({ length: count }, (_, i) => START_MS - (count - i) * FINE_SLOT_MS),
		};
		const answer = await metric.api.record({ id: newId(), createdMs: START_MS, part });
		expect(answer).toMatchObject({ ok: true, value: { accepted: SLOTS_PER_PART_MAX, dropped: 10 } });
		const [series] = await metric.series();
		expect(series).toMatchObject({ count: SLOTS_PER_PART_MAX });
	});
});
