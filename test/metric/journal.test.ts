/** What is written when, and how many billed rows it takes; large batches; the bounds of the journal. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, describe, expect, it } from "vitest";
import { moveClock } from "../../src/lib/clock.ts";
import {
	HOUR_MS,
	JOURNAL_BYTES_MAX,
	JOURNAL_ROWS_MAX,
	MINUTE_MS,
	ROW_BYTES_MAX,
	SAMPLES_PER_BATCH_MAX,
	SECOND_MS,
	SERIES_PER_METRIC_MAX,
} from "../../src/model/limits.ts";
import { MetricDriver, newId, START_MS, setClock, type TestSample } from "./metric-driver.ts";

afterAll(() => moveClock(0, true));

function samplesOf(series: number, each: number): TestSample[] {
	return Array.from({ length: series * each }, (_, i) => ({ value: i % 997, labels: { path: `/${i % series}` } }));
}

async function largestRow(metric: MetricDriver): Promise<number> {
	return runInDurableObject(env.METRIC.getByName(metric.name), (_object, state) => {
		const columns = {
			journal: ["body"],
			minutes: ["total", "coarse", "fine", "ids"],
			hours: ["total", "body"],
			base: ["body"],
		};
		let largest = 0;
		for (const [table, names] of Object.entries(columns)) {
			const size = names.map((name) => `coalesce(length(${name}), 0)`).join(" + ");
			const row = state.storage.sql.exec<{ size: number | null }>(`SELECT max(${size}) AS size FROM ${table}`).one();
			largest = Math.max(largest, row.size ?? 0);
		}
		return largest;
	});
}

describe("billed rows", () => {
	it("are one a commit once the series are known, whatever the number of series", async () => {
		const metric = new MetricDriver("rows.commit");
		await metric.record(samplesOf(50, 2), START_MS);
		await metric.registered();
		const before = await metric.describe();
		for (let i = 1; i <= 10; i++) await metric.record(samplesOf(50, 2), START_MS + i * SECOND_MS);
		const after = await metric.describe();
		expect(after.commits - before.commits).toBe(10);
		expect(after.rowsWritten - before.rowsWritten).toBe(10);
	});

	it("are two more for the checkpoint of a minute, with all its series", async () => {
		const metric = new MetricDriver("rows.checkpoint");
		await metric.record(samplesOf(200, 2), START_MS + SECOND_MS);
		await metric.registered();
		for (let minute = 1; minute <= 5; minute++) {
			const before = await metric.describe();
			for (let i = 0; i < 6; i++) {
				await metric.record(samplesOf(200, 1), START_MS + minute * MINUTE_MS + (2 + i * 10) * SECOND_MS);
			}
			const after = await metric.describe();
			expect(after.checkpoints - before.checkpoints).toBeLessThanOrEqual(1);
			// The journal's six, and the rows of the minute that is over and of the one that has begun.
			expect(after.rowsWritten - before.rowsWritten).toBeLessThanOrEqual(8);
		}
	});

	it("are two more for each hour that is over", async () => {
		const metric = new MetricDriver("rows.hour");
		await metric.record(samplesOf(20, 1), START_MS + 10 * SECOND_MS);
		await metric.record(samplesOf(20, 1), START_MS + 80 * SECOND_MS);
		await metric.registered();
		const before = await metric.describe();
		await metric.record(samplesOf(20, 1), START_MS + HOUR_MS);
		await metric.record(samplesOf(20, 1), START_MS + HOUR_MS + 61 * SECOND_MS);
		const after = await metric.describe();
		// Two commits, two minutes, one hour, one base.
		expect(after.rowsWritten - before.rowsWritten).toBeLessThanOrEqual(6);
	});

	it("are none for reading", async () => {
		const metric = new MetricDriver("rows.read");
		await metric.record(samplesOf(20, 1), START_MS);
		await metric.record(samplesOf(20, 1), START_MS + 61 * SECOND_MS);
		await metric.registered();
		const before = (await metric.describe()).rowsWritten;
		for (let i = 1; i < 5; i++) {
			await metric.summary(HOUR_MS, START_MS + i * 10 * MINUTE_MS, { by: { kind: "series" } });
			await metric.select(START_MS, START_MS + i * 10 * MINUTE_MS, { view: "count" });
		}
		expect((await metric.describe()).rowsWritten).toBe(before);
	});
});

describe("the journal", () => {
	it("is folded in when it has reached its bytes, within the minute", async () => {
		const metric = new MetricDriver("journal.bytes");
		const each = SAMPLES_PER_BATCH_MAX;
		const samples = samplesOf(1, each);
		const batches = Math.ceil(JOURNAL_BYTES_MAX / (8 * each));
		setClock(START_MS);
		// All but the first share one commit, which is larger than a row may be.
		const request = () => metric.api.record(metric.request(samples, START_MS));
		await Promise.all(Array.from({ length: batches }, request));
		expect(await metric.describe()).toMatchObject({ checkpoints: 1, journalRows: 0, samples: batches * each });
		await metric.evict();
		expect((await metric.summary(HOUR_MS, START_MS + MINUTE_MS)).groups[0]?.count).toBe(batches * each);
		expect(await largestRow(metric)).toBeLessThan(ROW_BYTES_MAX + 1_000);
	});

	it("is folded in when it has reached its rows", async () => {
		const metric = new MetricDriver("journal.rows");
		await metric.record([{ value: 1 }], START_MS);
		// So many commits would take minutes: the rows are counted on from near the bound, as a replay finds them.
		await runInDurableObject(env.METRIC.getByName(metric.name), (_object, state) => {
			const sql = state.storage.sql;
			const row = sql.exec<{ seq: number; body: ArrayBuffer }>("SELECT seq, body FROM journal").one();
			// Version and time of the first entry, then neither raw samples nor batches.
			const entry = new Uint8Array(11);
			entry.set(new Uint8Array(row.body).subarray(0, 9));
			for (let slot = 1; slot < JOURNAL_ROWS_MAX - 1; slot++) {
				sql.exec("INSERT INTO journal (slot, seq, body) VALUES (?, ?, ?)", slot, row.seq + slot, entry);
			}
		});
		await metric.evict();
		expect((await metric.describe()).journalRows).toBe(JOURNAL_ROWS_MAX - 1);
		await metric.record([{ value: 2 }], START_MS + SECOND_MS);
		expect(await metric.describe()).toMatchObject({ checkpoints: 1, journalRows: 0 });
		await metric.evict();
		expect((await metric.summary(HOUR_MS, START_MS + MINUTE_MS)).groups[0]).toMatchObject({ count: 2, sum: 3 });
	});

	it("is overwritten from its beginning: what a longer one left behind is not read again", async () => {
		const metric = new MetricDriver("journal.ring");
		for (let i = 0; i < 6; i++) await metric.record([{ value: 1 }], START_MS + i * 10 * SECOND_MS);
		await metric.record([{ value: 1 }], START_MS + 61 * SECOND_MS);
		expect((await metric.describe()).journalRows).toBe(0);
		await metric.evict();
		await metric.record([{ value: 1 }], START_MS + 62 * SECOND_MS);
		await metric.evict();
		expect((await metric.describe()).journalRows).toBe(1);
		expect((await metric.summary(HOUR_MS, START_MS + 63 * SECOND_MS)).groups[0]?.count).toBe(8);
	});
});

describe("the largest batch", () => {
	it("of a thousand series with long labels is cut over rows, survives evictions, and comes once", async () => {
		const metric = new MetricDriver("large.batch");
		const long = "x".repeat(480);
		const each = SAMPLES_PER_BATCH_MAX / SERIES_PER_METRIC_MAX;
		const labels = Array.from({ length: SERIES_PER_METRIC_MAX }, (_, i) =>
			JSON.stringify(["a", long, "b", long, "path", `/${i}`]),
		);
		const values = Float64Array.from({ length: SAMPLES_PER_BATCH_MAX }, (_, i) => (i % 9_973) + 1);
		const part = {
			name: metric.name,
			kind: "distribution" as const,
			unit: null,
			help: null,
			labels,
			ends: labels.map((_, i) => (i + 1) * each),
			values,
			timestampsMs: null,
		};
		const request = { id: newId(), createdMs: START_MS, part };
		setClock(START_MS);
		const first = await metric.api.record(request);
		expect(first).toMatchObject({ ok: true, value: { accepted: SAMPLES_PER_BATCH_MAX, overflowed: 0 } });
		await metric.evict();
		expect(await metric.api.record(request)).toMatchObject({ ok: true, value: { duplicate: true } });
		await metric.record([{ value: 1 }], START_MS + 61 * SECOND_MS);
		expect((await metric.describe()).series).toBe(SERIES_PER_METRIC_MAX);
		await metric.evict();
		const all = (await metric.summary(HOUR_MS, START_MS + 62 * SECOND_MS)).groups[0];
		expect(all).toMatchObject({ count: SAMPLES_PER_BATCH_MAX + 1, min: 1, max: 9_973 });
		const bySeries = await metric.summary(HOUR_MS, START_MS + 62 * SECOND_MS, { by: { kind: "series" } });
		// One of the series is the overflow: the last sample had labels of its own.
		expect(bySeries.groups).toHaveLength(SERIES_PER_METRIC_MAX + 1);
		expect(bySeries.groups.filter((group) => group.count === each)).toHaveLength(SERIES_PER_METRIC_MAX);
		expect(await largestRow(metric)).toBeLessThan(ROW_BYTES_MAX + 1_000);
	});
});
