/** Under which names PromQL finds a metric. */
import { describe, expect, it } from "vitest";
import type { MetricInfo, MetricKind } from "../../src/model/metric.ts";
import { matchingViews, prometheusIndex } from "../../src/peers/prometheus-names.ts";

function info(name: string, kind: MetricKind): MetricInfo {
	return { name, kind, unit: null, help: null, shards: [{ fromMs: 0, count: 1 }], firstSeenMs: 0, lastSeenMs: 0 };
}

const metrics = [
	info("api.requests", "counter"),
	info("api.hits_total", "counter"),
	info("queue.depth", "gauge"),
	info("api.response_time", "distribution"),
	info("queue_depth", "gauge"),
];

describe("the names of a metric", () => {
	const index = prometheusIndex(metrics);
	const found = (name: string) => index.get(name)?.map((view) => `${view.info.name}:${view.view}`);

	it("read '_' for what Prometheus cannot say, and end as the kind has it", () => {
		expect(found("api_requests")).toEqual(["api.requests:value"]);
		expect(found("api_requests_total")).toEqual(["api.requests:value"]);
		expect(found("api_hits_total")).toEqual(["api.hits_total:value"]);
		expect(found("api_hits_total_total")).toBeUndefined();
		expect(found("api_response_time")).toEqual(["api.response_time:histogram"]);
		expect(found("api_response_time_count")).toEqual(["api.response_time:count"]);
		expect(found("api_response_time_sum")).toEqual(["api.response_time:sum"]);
		expect(found("api_response_time_bucket")).toEqual(["api.response_time:bucket"]);
	});

	it("may be those of another metric too", () => {
		expect(found("queue_depth")).toEqual(["queue.depth:value", "queue_depth:value"]);
	});

	it("give a counter once to a pattern that fits both its names", () => {
		const names = (pattern: RegExp) => matchingViews(metrics, (name) => pattern.test(name)).map((view) => view.name);
		expect(names(/^api_requests.*/)).toEqual(["api_requests"]);
		expect(names(/^api_requests_total$/)).toEqual(["api_requests_total"]);
		expect(names(/^api_response.*/)).toHaveLength(4);
	});
});
