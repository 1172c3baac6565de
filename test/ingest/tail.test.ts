/** How invocations of other Workers end, from tail events. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { flushOutcomes, takeOutcomes, tallyOutcomes } from "../../src/ingest/tail.ts";
import { labelsKey } from "../../src/model/labels.ts";
import { LABEL_VALUE_CHARS_MAX, TAIL_SERIES_MAX } from "../../src/model/limits.ts";
import { metricStub } from "../../src/peers/stubs.ts";

beforeEach(() => void takeOutcomes());

describe("tail events", () => {
	it("defect 8: exceeded memory is an outcome that is counted, since no Worker can measure its memory", () => {
		tallyOutcomes(
			[
				{ scriptName: "api", outcome: "exceededMemory" },
				{ scriptName: "api", outcome: "ok" },
				{ scriptName: "api", outcome: "exceededMemory" },
				{ scriptName: "api", outcome: "exceededCpu" },
			],
			["perdure"],
		);
		const [part] = takeOutcomes().parts;
		expect(part).toMatchObject({ name: "worker.outcomes", kind: "counter" });
		expect(part?.labels).toEqual(
			["exceededMemory", "ok", "exceededCpu"].map((outcome) => labelsKey({ script: "api", outcome })),
		);
		expect([...(part?.values ?? [])]).toEqual([2, 1, 1]);
	});

	it("of Perdure itself are never counted", () => {
		tallyOutcomes(
			[
				{ scriptName: "perdure", outcome: "ok" },
				{ scriptName: "mine", outcome: "exception" },
			],
			["perdure", "mine"],
		);
		expect(takeOutcomes().parts).toEqual([]);
	});

	it("count exceptions by script", () => {
		tallyOutcomes(
			[{ scriptName: "api", outcome: "exception", exceptions: [{ name: "Error" }, { name: "TypeError" }] }],
			[],
		);
		const part = takeOutcomes().parts.find(({ name }) => name === "worker.exceptions");
		expect([...(part?.values ?? [])]).toEqual([2]);
	});

	it("from a script without a name, or with a monstrous one, make labels all the same", () => {
		tallyOutcomes(
			[
				{ scriptName: null, outcome: "ok" },
				{ scriptName: `a\n${"x".repeat(9_000)}`, outcome: "ok" },
			],
			[],
		);
		const labels = takeOutcomes().parts[0]?.labels.map((key) => JSON.parse(key) as string[]);
		expect(labels?.[0]).toEqual(["outcome", "ok", "script", "unknown"]);
		expect(labels?.[1]?.[3]).toHaveLength(LABEL_VALUE_CHARS_MAX);
	});

	it("grow to a bound", () => {
		tallyOutcomes(
			Array.from({ length: TAIL_SERIES_MAX + 50 }, (_, i) => ({ scriptName: `s${i}`, outcome: "ok" })),
			[],
		);
		expect(takeOutcomes().parts[0]?.labels).toHaveLength(TAIL_SERIES_MAX);
	});

	it("of one second are told in one write", async () => {
		tallyOutcomes([{ scriptName: "told", outcome: "ok" }], []);
		const first = flushOutcomes(env, Date.now);
		tallyOutcomes([{ scriptName: "told", outcome: "ok" }], []);
		await Promise.all([first, flushOutcomes(env, Date.now)]);
		const told = await metricStub(env, "worker.outcomes").recent(10);
		expect(told).toMatchObject([{ value: 2, labels: { script: "told", outcome: "ok" } }]);
	});
});
