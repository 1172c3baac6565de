/**
 * Perdure itself, with a way in for points of sampled series, which over HTTP only recording rules write: what a benchmark lays down
 * goes through the same path as theirs. Must change nothing else.
 */
import worker from "../../src/index.ts";
import type { MetricPart } from "../../src/model/batch.ts";
import { recordBatch } from "../../src/peers/write.ts";

// biome-ignore lint/performance/noBarrelFile: the platform takes the classes of its objects from the entry.
export { CatalogObject, MetricObject, NotifierObject, Recorder } from "../../src/index.ts";

type Points = {
	readonly id: string;
	readonly name: string;
	readonly labels: readonly string[];
	readonly timesMs: readonly number[];
	/** By label set, one after the other: a value for each time. */
	readonly values: readonly number[];
};

export default {
	...worker,
	async fetch(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
		if (new URL(request.url).pathname !== "/bench/points") return worker.fetch(request as never, env, ctx);
		const { id, name, labels, timesMs, values } = (await request.json()) as Points;
		const part: MetricPart = {
			name,
			kind: "sampled",
			unit: null,
			help: null,
			labels,
			ends: labels.map((_, i) => (i + 1) * timesMs.length),
			values: Float64Array.from(values),
			timestampsMs: Float64Array.from({ length: values.length }, (_, i) => timesMs[i % timesMs.length] as number),
		};
		return Response.json(await recordBatch(env, { id, createdMs: Date.now(), timed: true, parts: [part] }, Date.now()));
	},
};
