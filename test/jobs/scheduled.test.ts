/** Cron as the platform calls it, over real objects. */
import { env, exports } from "cloudflare:workers";
import { afterAll, expect, it } from "vitest";
import { minuteOf, sweep } from "../../src/jobs/sweep.ts";
import { moveClock, nowMs } from "../../src/lib/clock.ts";
import { DAY_MS, MINUTE_MS } from "../../src/model/limits.ts";
import { catalogStub, metricStub } from "../../src/peers/stubs.ts";
import { recordBatch } from "../../src/peers/write.ts";
import { batch, known, part } from "../peers/world.ts";

afterAll(() => moveClock(0, true));

type Cron = { scheduled(controller: { scheduledTime: Date; cron: string }): Promise<unknown> };

it("runs the tick of the minute for which it was scheduled, once, and says so of itself", async () => {
	const cron = (exports as unknown as { default: Cron }).default;
	const minute = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
	await cron.scheduled({ scheduledTime: new Date(minute), cron: "* * * * *" });
	const first = (await catalogStub(env).heartbeat()).last;
	expect(first).toMatchObject({ tickMs: minute, by: "cron", failed: 0 });
	await cron.scheduled({ scheduledTime: new Date(minute), cron: "* * * * *" });
	expect((await catalogStub(env).heartbeat()).last).toEqual(first);
	moveClock(3 * MINUTE_MS, true);
	await cron.scheduled({ scheduledTime: new Date(minute), cron: "* * * * *" });
	expect((await catalogStub(env).heartbeat()).last?.tickMs).toBe(minute + 3 * MINUTE_MS);
	expect(nowMs()).toBeGreaterThan(Date.now());
	const names = (await catalogStub(env).directory()).metrics.map((info) => info.name);
	expect(names).toContain("perdure.ticks");
	expect(names).toContain("perdure.rules_failed");
});

it("folds the journal of a metric that nobody touches, once a day, in a minute of its own", async () => {
	await recordBatch(env, batch([part("j.silent", "counter", [[{}, [1]]])]), nowMs());
	await known("j.silent");
	const day = Math.ceil(nowMs() / DAY_MS) * DAY_MS;
	const minute = day + minuteOf("j.silent") * MINUTE_MS;
	moveClock(minute - Date.now(), true);
	const real = Date.now();
	expect((await metricStub(env, "j.silent").describe()).journalRows).toBe(1);
	expect(await sweep(env, real - MINUTE_MS)).toBe(0);
	expect(await sweep(env, real)).toBe(1);
	expect((await metricStub(env, "j.silent").describe()).journalRows).toBe(0);
});
