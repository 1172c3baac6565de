/** Nothing an application hands to the monitor makes it throw: it is recorded, or it is counted as dropped. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { createMonitor } from "../../src/client/index.ts";
import { CLIENT_FLUSH_EVERY_MS_MAX } from "../../src/model/limits.ts";
import { HandClock } from "./far-end.ts";

const hostile = {
	get method(): string {
		throw new Error("gotcha");
	},
};
const anything = fc.oneof(
	fc.anything(),
	fc.constant(hostile),
	fc.constant(new Proxy({}, { ownKeys: () => ["a", "a"] })),
);

it("takes anything as name, value, labels, unit and message", async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(fc.tuple(anything, anything, anything), { maxLength: 20 }), async (calls) => {
			const monitor = createMonitor(null, { clock: new HandClock(), warn: () => undefined });
			for (const [name, value, labels] of calls as [never, never, never][]) {
				monitor.count(name, value, labels);
				monitor.gauge(name, value, labels);
				monitor.record(name, value, labels, { unit: value });
				monitor.record("fine", value, labels);
				monitor.message(labels);
				monitor.bind({ waitUntil: value }).count("bound");
				await monitor.recordDurable(name, value, labels);
			}
			await monitor.flush();
			const { recorded, dropped } = monitor.stats();
			const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
			expect(recorded).toBeGreaterThanOrEqual(calls.length * 6);
			expect(lost).toBeGreaterThanOrEqual(recorded);
		}),
		{ numRuns: 200 },
	);
});

it("takes anything as a target and as options", async () => {
	await fc.assert(
		fc.asyncProperty(fc.anything(), fc.anything(), async (target, number) => {
			const options = { flushEveryMs: number, flushAtSamples: number } as never;
			const monitor = createMonitor(target as never, {
				...(options as object),
				clock: new HandClock(),
				warn: () => undefined,
			});
			monitor.count("c");
			expect(monitor.stats().recorded).toBe(1);
			if (typeof (target as { url?: unknown } | null)?.url !== "string") await monitor.flush();
		}),
		{ numRuns: 200 },
	);
});

it("answers and throws what a timed function does, async or not", async () => {
	const clock = new HandClock();
	const monitor = createMonitor(null, { clock, warn: () => undefined });
	expect(await monitor.time("t", () => 7)).toBe(7);
	expect(await monitor.time("t", async () => "x")).toBe("x");
	const fault = new Error("broken");
	await expect(async () => monitor.time("not a name", () => Promise.reject(fault))).rejects.toBe(fault);
	await expect(async () =>
		monitor.time("t", () => {
			throw fault;
		}),
	).rejects.toBe(fault);
	expect(monitor.stats()).toMatchObject({ recorded: 4, dropped: { invalid: 1 } });
});

it("keeps the settings within their bounds: a flush comes before the platform ends waitUntil", async () => {
	for (const [flushEveryMs, slept] of [
		[3_600_000, CLIENT_FLUSH_EVERY_MS_MAX],
		[-1, 0],
		[Number.NaN, 1_000],
		[undefined, 1_000],
	] as const) {
		const clock = new HandClock();
		const options = flushEveryMs === undefined ? {} : { flushEveryMs };
		const monitor = createMonitor(null, { ...options, clock, warn: () => undefined });
		monitor.bind({ waitUntil: () => undefined }).count("c");
		expect(clock.slept).toEqual([slept]);
	}
});
