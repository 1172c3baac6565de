/** A running Perdure that has recorded the series over HTTP, and the points that it shows of them: Prometheus gets just those. */
import { join } from "node:path";
import { labelsKey } from "../../src/model/labels.ts";
import type { SeriesData } from "../../src/promql/series-data.ts";
import { bundledScript, World } from "../faults/world.ts";
import type { Sample } from "../promql/promtool.ts";
import { type Drawn, SPAN_S, STEP_S } from "./series.ts";
import { type AskApi, readVerdict } from "./verdict.ts";

const SHOWN_TIMEOUT_MS = 60_000;

export type Recorded = {
	readonly ask: AskApi;
	readonly shown: readonly SeriesData[];
	readonly stop: () => Promise<void>;
};

/** Starts it, records everything from `baseS` on, and reads back what it shows. Buckets are left out: it makes its own. */
export async function recordSeries(folder: string, drawn: readonly Drawn[], baseS: number): Promise<Recorded> {
	const world = new World({ script: await bundledScript(folder), stateFolder: join(folder, "state"), vars: {} });
	await world.start();
	await world.migrate();
	const form = { "content-type": "application/x-www-form-urlencoded" };
	// The world throws what is no success; the body stands behind the status.
	const ask: AskApi = (path, fields) =>
		world
			.call("POST", path, String(fields), form)
			.catch((error: Error) => JSON.stringify({ status: "error", error: error.message }));
	const samples = [...drawn.filter(({ kind }) => kind !== "bucket").flatMap((one) => samplesOf(one, baseS))];
	await world.call("POST", "/api/v1/record", JSON.stringify({ samples: [...samples, ...latencies(baseS)] }));
	const shown: SeriesData[] = [];
	for (const name of ["requests", "gauge", "info", "dup", "gone", "latency_bucket"]) {
		const fields = new URLSearchParams({ query: `${name}[${SPAN_S}]`, time: String(baseS + SPAN_S) });
		shown.push(...seriesOf(await untilShown(ask, fields)));
	}
	return { ask, shown, stop: () => world.crash() };
}

/** A metric is found by its name as soon as the catalog knows it, a moment after its first sample was acknowledged. */
async function untilShown(ask: AskApi, fields: URLSearchParams): Promise<readonly Sample[]> {
	const deadlineMs = Date.now() + SHOWN_TIMEOUT_MS;
	for (;;) {
		const verdict = readVerdict(await ask("/api/v1/query", fields));
		if (verdict.kind === "error") throw new Error(verdict.text);
		if (verdict.samples.length > 0) return verdict.samples;
		if (Date.now() > deadlineMs) throw new Error(`nothing is shown for ${fields}`);
		await new Promise((done) => setTimeout(done, 100));
	}
}

function samplesOf({ kind, labels: { __name__: name, ...labels }, values }: Drawn, baseS: number): readonly unknown[] {
	return values.map((value, i) => ({ name, labels, kind, value, timestamp: (baseS + i * STEP_S) * 1_000 + 500 }));
}

function latencies(baseS: number): readonly unknown[] {
	return Array.from({ length: SPAN_S / STEP_S }, (_, i) => ({
		name: "latency",
		labels: { job: i % 3 === 0 ? "b" : "a" },
		value: 0.05 * (1 + (i % 17)),
		timestamp: (baseS + i * STEP_S) * 1_000 + 500,
	}));
}

function seriesOf(samples: readonly Sample[]): readonly SeriesData[] {
	return [...Map.groupBy(samples, ({ labels }) => labelsKey(labels)).values()].map((points) => ({
		labels: points[0]?.labels ?? {},
		timestampsMs: Float64Array.from(points, ({ timeMs }) => timeMs ?? 0),
		values: Float64Array.from(points, ({ value }) => value),
	}));
}
