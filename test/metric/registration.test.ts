/** What the catalog is told of a metric, and when. */

import { env } from "cloudflare:workers";
import { afterAll, describe, expect, it } from "vitest";
import { moveClock } from "../../src/lib/clock.ts";
import { SECOND_MS } from "../../src/model/limits.ts";
import { packRequest } from "../../src/model/record-wire.ts";
import { catalogStub, metricStub } from "../../src/peers/stubs.ts";
import { MetricDriver, newId, partOf, START_MS, setClock } from "./metric-driver.ts";

afterAll(() => moveClock(0, true));

async function listed(name: string) {
	return (await catalogStub(env).directory()).metrics.find((metric) => metric.name === name);
}

describe("a metric", () => {
	it("is in the catalog when its first sample is acknowledged: a crash after that loses no name", async () => {
		await new MetricDriver("registration.first", "counter").record([{ value: 1 }], START_MS);
		expect(await listed("registration.first")).toMatchObject({ kind: "counter" });
	});

	it("takes the first unit and the first help that it hears of, however late, and keeps them", async () => {
		const metric = new MetricDriver("registration.late");
		await metric.record([{ value: 1 }], START_MS);
		const say = async (unit: string | null, help: string | null, atMs: number) => {
			setClock(atMs);
			const part = { ...partOf("registration.late", [{ value: 2 }]), unit, help };
			await metricStub(env, "registration.late").record(...packRequest({ id: newId(), createdMs: atMs, part }));
		};
		await say("ms", null, START_MS + SECOND_MS);
		await say(null, "how long it takes", START_MS + 2 * SECOND_MS);
		await say("s", "something else", START_MS + 3 * SECOND_MS);
		await metric.evict();
		expect(await metric.describe()).toMatchObject({ unit: "ms", help: "how long it takes", samples: 0 });
		await expect.poll(() => listed("registration.late")).toMatchObject({ unit: "ms", help: "how long it takes" });
		expect((await metric.series())[0]?.count).toBe(4);
	});
});
