/** Cron as the platform calls it, over real objects. */
import { env, exports } from "cloudflare:workers";
import { expect, it } from "vitest";
import { moveClock, nowMs } from "../../src/lib/clock.ts";
import { MINUTE_MS } from "../../src/model/limits.ts";
import { catalogStub } from "../../src/peers/stubs.ts";

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
