/** What a checkpoint stores is whole, however large: there is a row for every chunk that the bounds let a minute come to. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, describe, expect, it } from "vitest";
import { moveClock } from "../../src/lib/clock.ts";
import { rowsOf } from "../../src/metric/chunks.ts";
import { unpackFine } from "../../src/metric/packing.ts";
import { MetricStorage } from "../../src/metric/storage.ts";
import {
	CHUNKS_PER_MINUTE_MAX,
	DEDUPE_IDS_MAX,
	FINE_SLOT_MS,
	JOURNAL_BYTES_MAX,
	MINUTE_MS,
	RECEIPT_DROPS_MAX,
	ROW_BYTES_MAX,
	SECOND_MS,
	SERIES_KEPT_MAX,
	SKETCH_BYTES_MAX,
} from "../../src/model/limits.ts";
import { MetricDriver, START_MS } from "./metric-driver.ts";

afterAll(() => moveClock(0, true));

const MINUTE = START_MS / MINUTE_MS;
const HOUR = MINUTE / 60;
/** No more than these are ever needed for a number below 2^56. */
const VARINT_BYTES = 8;

/** Bytes that tell a piece that is missing, or in another's place. */
function blob(bytes: number): Uint8Array<ArrayBuffer> {
	const words = new Uint32Array(Math.ceil(bytes / 4));
	for (let i = 0; i < words.length; i++) words[i] = i;
	return new Uint8Array(words.buffer, 0, bytes);
}

function isSame(a: Uint8Array, b: Uint8Array | undefined): boolean {
	if (a.length !== b?.length) return false;
	for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
	return true;
}

function withStorage<T>(name: string, use: (storage: MetricStorage, sql: SqlStorage) => T): Promise<T> {
	return runInDurableObject(env.METRIC.getByName(name), (_object, state) =>
		use(new MetricStorage(state.storage), state.storage.sql),
	);
}

describe("the rows of a minute and of an hour", () => {
	const series = SERIES_KEPT_MAX + 1;
	const sketch = SKETCH_BYTES_MAX + VARINT_BYTES;

	it("are enough for the fullest minute", () => {
		const perSeries = VARINT_BYTES + 1 + (MINUTE_MS / FINE_SLOT_MS) * sketch;
		expect((VARINT_BYTES + series * perSeries) / ROW_BYTES_MAX / 4).toBeLessThan(CHUNKS_PER_MINUTE_MAX);
	});

	it("are enough for the fullest hour", () => {
		const bytes = VARINT_BYTES + series * (VARINT_BYTES + sketch);
		expect(bytes / (ROW_BYTES_MAX / 2)).toBeLessThan(CHUNKS_PER_MINUTE_MAX);
	});

	it("are enough for the ids of all batches that are remembered, and of a journal as old as can be", () => {
		const id = 16 + 4 * VARINT_BYTES + RECEIPT_DROPS_MAX * (VARINT_BYTES + 1);
		const batches = DEDUPE_IDS_MAX + JOURNAL_BYTES_MAX / 16;
		expect((batches * id) / (ROW_BYTES_MAX / 4)).toBeLessThan(CHUNKS_PER_MINUTE_MAX);
	});

	it("are never left out: what would not fit is refused before anything is written", () => {
		const pieces = (count: number) => new Array<null>(count).fill(null);
		expect(rowsOf([pieces(1), pieces(CHUNKS_PER_MINUTE_MAX)])).toBe(CHUNKS_PER_MINUTE_MAX);
		expect(() => rowsOf([pieces(1), pieces(CHUNKS_PER_MINUTE_MAX + 1)])).toThrow("fits in its rows");
	});
});

describe("a minute of 31 MB", () => {
	it("is read as it was written, and its rows go when it shrinks", async () => {
		const small = blob(1_000);
		const fine = blob(31_000_000);
		const chunks = Math.ceil(fine.length / (ROW_BYTES_MAX / 4));
		const seen = await withStorage("checkpoint.large", (storage, sql) => {
			const save = (minute: number, blobs: Partial<Record<"fine" | "ids", Uint8Array<ArrayBuffer>>>): number => {
				const before = storage.rowsWritten;
				const none = new Uint8Array(0);
				storage.saveMinute(minute, 1, { total: small, coarse: small, fine: small, ids: small, points: none, ...blobs });
				return storage.rowsWritten - before;
			};
			const written = [save(MINUTE - 1, {}), save(MINUTE, { fine, ids: fine }), save(MINUTE + 1, {})];
			const whole = storage.minuteBlobs(MINUTE);
			const streamed = [...storage.minutes(MINUTE - 1, MINUTE + 1, "fine")].map(
				({ at, bytes }) => [at, bytes] as const,
			);
			const same = isSame(fine, whole?.fine) && isSame(fine, whole?.ids) && isSame(small, whole?.coarse);
			save(MINUTE, {});
			return {
				written,
				same,
				streamed: streamed.map(([at, bytes]) => [at - MINUTE, isSame(at === MINUTE ? fine : small, bytes)]),
				rowsAfter: sql.exec<{ n: number }>("SELECT count(*) AS n FROM minutes").one().n,
			};
		});
		expect(chunks).toBeGreaterThan(64);
		// An ordinary minute is one billed row.
		expect(seen.written).toEqual([1, chunks, 1]);
		expect(seen.same).toBe(true);
		expect(seen.streamed).toEqual([
			[-1, true],
			[0, true],
			[1, true],
		]);
		expect(seen.rowsAfter).toBe(3);
	});
});

describe("an hour of 62 MB", () => {
	it("is read as it was written", async () => {
		const small = blob(1_000);
		const body = blob(61_500_000);
		const seen = await withStorage("checkpoint.large-hour", (storage) => {
			const points = new Uint8Array(0);
			storage.saveHour(HOUR, { total: small, body, points });
			storage.saveHour(HOUR + 1, { total: small, body: small, points });
			return [...storage.hours(HOUR, HOUR + 1, "body")].map(({ at, bytes }) =>
				isSame(at === HOUR ? body : small, bytes),
			);
		});
		expect(seen).toEqual([true, true]);
	});
});

describe("series that were forgotten", () => {
	it("leave a minute when it is written again, so that none holds more series than are kept", async () => {
		const metric = new MetricDriver("checkpoint.forgotten");
		const at = (seconds: number): number => START_MS + seconds * SECOND_MS;
		const samples = (path: string, timestampMs: number) => [{ value: 1, labels: { path }, timestampMs }];
		await metric.record([...samples("/old", at(1)), ...samples("/kept", at(1))], at(1));
		await metric.record(samples("/kept", at(62)), at(62));
		const { api } = metric;
		expect(await api.forget([{ name: "path", op: "=", value: "/old" }])).toBe(1);
		await metric.record(samples("/new", at(2)), at(70));
		await metric.record(samples("/new", at(131)), at(131));
		const ids = await withStorage(metric.name, (storage) => {
			const blobs = storage.minuteBlobs(MINUTE);
			return blobs === null ? [] : [...unpackFine(blobs.fine, "distribution", MINUTE).keys()];
		});
		expect(ids).toEqual([2, 3]);
		const counts = (await metric.series()).map((one) => [one.labels["path"], one.count]);
		expect(counts).toEqual([
			["/kept", 2],
			["/new", 2],
		]);
	});
});
