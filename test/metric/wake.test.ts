/** An object that wakes knows what its journal holds that no checkpoint has folded in, whenever that checkpoint came. */
import { afterAll, describe, expect, it } from "vitest";
import { moveClock } from "../../src/lib/clock.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../src/model/limits.ts";
import { MetricDriver, START_MS } from "./metric-driver.ts";

afterAll(() => moveClock(0, true));

/** How long after the last commit its journal was folded, and how long after it the object wakes. */
const CASES: readonly (readonly [what: string, foldedAfterMs: number, wakesAfterMs: number])[] = [
	["at once, and wakes soon", MINUTE_MS + SECOND_MS, 2 * MINUTE_MS],
	["within the hour, and wakes a day later", 50 * MINUTE_MS, DAY_MS],
	["hours later, and wakes then", 5 * HOUR_MS, 5 * HOUR_MS + SECOND_MS],
	["hours later by a clock that was set back since", 5 * HOUR_MS, 2 * MINUTE_MS],
	["two days later, when the ring of minutes has gone around", 2 * DAY_MS, 2 * DAY_MS + SECOND_MS],
];

describe("an object that wakes", () => {
	for (const [index, [what, foldedAfterMs, wakesAfterMs]] of CASES.entries()) {
		it(`counts nothing twice when its journal was folded ${what}`, async () => {
			const metric = new MetricDriver(`wake.folded_${index}`);
			await metric.record([{ value: 1 }, { value: 2 }], START_MS);
			await metric.summary(MINUTE_MS, START_MS + foldedAfterMs);
			expect((await metric.describe()).checkpoints).toBe(1);
			await metric.evict();
			await metric.summary(MINUTE_MS, START_MS + wakesAfterMs);
			expect((await metric.describe()).journalRows).toBe(0);
			expect((await metric.series())[0]?.count).toBe(2);
		});
	}

	it("replays what was committed after the last checkpoint, however many columns it has", async () => {
		const metric = new MetricDriver("wake.unfolded");
		await metric.record([{ value: 1 }], START_MS);
		await metric.summary(MINUTE_MS, START_MS + 2 * MINUTE_MS);
		const later = Array.from({ length: 40 }, (_, i) => ({ value: i, labels: { path: `/${i % 3}` } }));
		await metric.record(later, START_MS + 3 * MINUTE_MS);
		await metric.evict();
		const { groups } = await metric.summary(HOUR_MS, START_MS + 3 * MINUTE_MS + SECOND_MS);
		expect(groups[0]?.count).toBe(41);
		expect(groups[0]?.sum).toBe(1 + (39 * 40) / 2);
	});
});
