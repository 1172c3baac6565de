/** The example's probes where the services do not answer: a dashboard that shows "up" then would be worse than none. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { monitorOf } from "../../examples/notify-api/src/monitor.ts";
import { probeAll } from "../../examples/notify-api/src/probe.ts";

type Part = { readonly name: string; readonly labels: readonly string[]; readonly values: Float64Array };

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** The example's bindings, with a database and a cache that are as they are told. */
function world(database: () => Promise<unknown>, cache: () => Promise<unknown>) {
	const parts: Part[] = [];
	const env = {
		DB: { prepare: () => ({ run: database }) },
		CONFIG_CACHE: { get: cache },
		PERDURE: {
			record: async (batch: { readonly parts: readonly Part[] }) => {
				parts.push(...batch.parts);
				return {
					ok: true,
					value: { batchId: "", accepted: 4, overflowed: 0, duplicate: false, dropped: 0, drops: [] },
				};
			},
		},
	} as unknown as NotifyEnv;
	return { env, parts };
}

async function successOf({ env, parts }: ReturnType<typeof world>): Promise<Record<string, number | undefined>> {
	const probing = probeAll(env);
	await vi.advanceTimersByTimeAsync(5_000);
	await probing;
	await monitorOf(env).flush();
	const part = parts.find(({ name }) => name === "probe.success");
	return Object.fromEntries((part?.labels ?? []).map((labels, i) => [JSON.parse(labels)[1], part?.values[i]]));
}

describe("a probe", () => {
	it("is 1 for what answers, and 0 for what fails", async () => {
		const found = await successOf(
			world(
				async () => {
					throw new Error("D1_ERROR");
				},
				async () => null,
			),
		);
		expect(found).toEqual({ database: 0, cache: 1 });
	});

	it("is 0 for what has not answered after five seconds, and waits no longer", async () => {
		const found = await successOf(
			world(
				() => new Promise(() => undefined),
				async () => null,
			),
		);
		expect(found).toEqual({ database: 0, cache: 1 });
	});
});
