/** An application Worker that records by RPC as fast as it may, and asks a metric's object how many rows it wrote. */
import type { WorkerEntrypoint } from "cloudflare:workers";
import { uuid7 } from "../../src/lib/uuid7.ts";
import type { Batch } from "../../src/model/batch.ts";
import { labelsKey } from "../../src/model/labels.ts";
import type { MetricApi } from "../../src/model/metric-rpc.ts";

type CallerEnv = {
	readonly PERDURE: Service<WorkerEntrypoint> & { record(batch: Batch): Promise<unknown> };
	readonly NOWORK: { columns(name: string, values: Float64Array): Promise<number> };
	readonly METRIC: { getByName(name: string): MetricApi };
};

export default {
	async fetch(request: Request, env: CallerEnv): Promise<Response> {
		const url = new URL(request.url);
		const name = url.searchParams.get("metric") ?? "bench.rpc";
		if (url.pathname === "/describe") return Response.json(await env.METRIC.getByName(name).describe());
		if (url.pathname !== "/record") return new Response("ok");
		const samples = Number(url.searchParams.get("samples"));
		const calls = Number(url.searchParams.get("calls"));
		const isNoWork = url.searchParams.get("nowork") === "1";
		const values = Float64Array.from({ length: samples }, (_, i) => 20 + ((i * 7919) % 1000) / 10);
		const key = labelsKey({ endpoint: "/api/send", method: "POST" });
		const one = async (): Promise<unknown> => {
			if (isNoWork) return env.NOWORK.columns(name, values);
			const nowMs = Date.now();
			const id = uuid7(nowMs, crypto.getRandomValues(new Uint8Array(10))).replaceAll("-", "");
			const part = { name, kind: "distribution" as const, unit: null, help: null, labels: [key], ends: [samples] };
			return env.PERDURE.record({
				id,
				createdMs: nowMs,
				timed: true,
				parts: [{ ...part, values, timestampsMs: null }],
			});
		};
		let last: unknown = null;
		await Promise.all(
			Array.from({ length: 16 }, async () => {
				for (let i = 0; i < calls / 16; i++) last = await one();
			}),
		);
		return Response.json({ last: JSON.stringify(last) });
	},
};
