import { afterAll, describe, expect, it } from "vitest";
import { moveClock } from "../../src/lib/clock.ts";
import { DAY_MS, DEDUPE_IDS_MAX, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../src/model/limits.ts";
import { BatchIds } from "../../src/metric/batch-ids.ts";
import { MetricDriver, newId, setClock, START_MS } from "./metric-driver.ts";

afterAll(() => moveClock(0, true));
const T = START_MS;
describe("suspects", () => {
	it("S4 id reuse after forget", async () => {
		const m = new MetricDriver("s4");
		await m.record([{ value: 1, labels: { a: "x" } }, { value: 2, labels: { a: "y" } }], T);
		setClock(T + MINUTE_MS);
		expect(await m.api.forget([{ name: "a", op: "=", value: "y" }])).toBe(1);
		await m.record([{ value: 5, labels: { a: "z" } }], T + 2 * MINUTE_MS);
		const s = await m.summary(HOUR_MS, T + 2 * MINUTE_MS, { by: { kind: "series" } });
		expect(s.groups.map((g) => [g.labels["a"], g.sum])).toEqual([["x", 1], ["z", 5]]);
	});
	it("S12 full ids", () => {
		const ids = new BatchIds();
		for (let i = 0; i < DEDUPE_IDS_MAX; i++) ids.remember(i.toString(16).padStart(32, "0"), { accepted: 1, overflowed: 0, duplicate: false, dropped: 0, drops: [] }, T);
		expect(ids.full).toBe(true);
	});
	it("S17a silent metric in a 7d window", async () => {
		const m = new MetricDriver("s17a");
		await m.record([{ value: 1 }], T);
		await m.record([{ value: 2 }], T + 61 * SECOND_MS);
		const s = await m.summary(7 * DAY_MS, T + 40 * HOUR_MS);
		expect(s.groups[0]?.count).toBe(2);
	});
	it("S17b 24h window read after 11 h", async () => {
		const m = new MetricDriver("s17b");
		for (let h = 0; h < 40; h++) for (const minute of [10, 40]) await m.record([{ value: 1 }], T + h * HOUR_MS + minute * MINUTE_MS);
		const now = T + 40 * HOUR_MS + 30 * MINUTE_MS;
		const a = await m.summary(DAY_MS, now);
		expect(a.groups[0]?.count).toBe(48);
		const b = await m.summary(DAY_MS, now + 11 * HOUR_MS);
		expect(b.groups[0]?.count).toBe(26);
	});
	it("S46 scan from 1970", async () => {
		const m = new MetricDriver("s46");
		await m.record([{ value: 1 }], T);
		const from = performance.now();
		const started = Date.now();
		await m.api.series([]);
		console.log("series() ms", performance.now() - from, Date.now() - started);
	});
	it("S60 empty total then settle", async () => {
		const m = new MetricDriver("s60");
		await m.record([{ value: 100 }, { value: 5 }], T);
		await m.summary(15 * MINUTE_MS, T + 61 * SECOND_MS);
		await m.summary(15 * MINUTE_MS, T + 130 * SECOND_MS);
		await m.record([{ value: 50 }], T + 10 * MINUTE_MS);
		await m.summary(15 * MINUTE_MS, T + 12 * MINUTE_MS);
		const s = await m.summary(15 * MINUTE_MS, T + 15 * MINUTE_MS + 10 * SECOND_MS);
		expect(s.groups[0]).toMatchObject({ count: 1, min: 50, max: 50 });
	});
	it("S60b empty minute within window visited first at settle", async () => {
		const m = new MetricDriver("s60b");
		await m.record([{ value: 100 }], T);
		await m.summary(15 * MINUTE_MS, T + 61 * SECOND_MS); // checkpoint: empty minute 1
		await m.record([{ value: 50 }], T + 10 * MINUTE_MS);
		await m.record([{ value: 60 }], T + 11 * MINUTE_MS);
		await m.summary(15 * MINUTE_MS, T + 14 * MINUTE_MS);
		const s = await m.summary(15 * MINUTE_MS, T + 15 * MINUTE_MS + 10 * SECOND_MS);
		expect(s.groups[0]).toMatchObject({ count: 2, min: 50, max: 60 });
	});
	it("S7 fractional timestamps", async () => {
		const m = new MetricDriver("s7", "gauge");
		await m.record([{ value: 1, timestampMs: T - 1000.5 }], T);
		await m.record([{ value: 2 }], T + 61 * SECOND_MS);
		await m.evict();
		const s = await m.summary(HOUR_MS, T + 61 * SECOND_MS);
		expect(s.groups[0]).toMatchObject({ count: 2 });
	});
	it("S8 beyond magnitude", async () => {
		const m = new MetricDriver("s8");
		const r = await m.record([{ value: 1e300 }, { value: 1 }], T);
		expect(r.accepted).toBe(1);
	});
	it("S39 range open vs stored", async () => {
		const m = new MetricDriver("s39");
		await m.record([{ value: 1 }], T + 2000);
		setClock(T + 20_000);
		const a = await m.range(T + 5_000, T + 20_000, 15_000);
		await m.record([{ value: 1 }], T + 70_000);
		const b = await m.range(T + 5_000, T + 20_000, 15_000);
		expect([...(a.groups[0]?.counts ?? [0])]).toEqual([...(b.groups[0]?.counts ?? [0])]);
	});
	it("S39b hour shown before it happened", async () => {
		const m = new MetricDriver("s39b");
		await m.record([{ value: 1 }], T + 45 * MINUTE_MS);
		await m.record([{ value: 1 }], T + 46.5 * MINUTE_MS);
		await m.record([{ value: 1 }], T + 3 * HOUR_MS);
		await m.record([{ value: 1 }], T + 3 * HOUR_MS + 2 * MINUTE_MS);
		const r = await m.range(T - 30 * MINUTE_MS, T + 3.5 * HOUR_MS, HOUR_MS);
		expect([...(r.groups[0]?.counts ?? [])]).toEqual([0, 2, 0, 2]);
	});
	it("S52 kind by dropped", async () => {
		const m = new MetricDriver("s52", "gauge");
		await m.record([{ value: Number.NaN }], T);
		const d = await m.describe();
		expect(d.kind).toBe(null);
		expect(d.rowsWritten).toBe(0);
	});
	it("S26 sum with negatives", async () => {
		const m = new MetricDriver("s26");
		await m.record([{ value: -5 }], T);
		await m.record([{ value: 10 }], T + 2 * HOUR_MS);
		setClock(T + 2 * HOUR_MS + MINUTE_MS);
		const s = await m.select(T + 2 * HOUR_MS - MINUTE_MS, T + 2 * HOUR_MS + MINUTE_MS, { view: "sum" });
		expect(s[0]?.values.at(0)).toBe(-5);
		expect(s[0]?.values.at(-1)).toBe(5);
	});
	it("S30 forget while registering", async () => {
		const m = new MetricDriver("s30", "counter");
		setClock(T);
		const first = m.api.record(m.request([{ value: 1 }], T));
		const gone = m.api.forget([]);
		await Promise.all([first, gone]);
		await new Promise((r) => setTimeout(r, 50));
		const d = await m.describe();
		await m.evict();
		const e = await m.describe();
		expect([d.kind, e.kind]).toEqual([null, null]);
	});
	it("S5 one bad part", async () => {
		const m = new MetricDriver("s5");
		await m.record([{ value: 1 }], T);
		const bad = m.request([{ value: 1 }], T);
		const good = m.api.record(m.request([{ value: 2 }], T, newId()));
		const b = m.api.record({ ...bad, part: { ...bad.part, labels: ["nonsense"] } });
		expect((await good).ok).toBe(true);
		console.log(JSON.stringify(await b));
	});
});
