/** Buckets of series with ranges of their own, over HTTP: what they add up to in a query, and what Prometheus scrapes. */
import { beforeAll, describe, expect, it } from "vitest";
import { addToken, ask, known, post, read, TOKEN } from "./golden.ts";

beforeAll(async () => {
	await addToken(TOKEN, ["admin"]);
	const email = Array.from({ length: 475 }, (_, i) => 2 + (i % 3));
	const sms = Array.from({ length: 475 }, (_, i) => 5 + (i % 2));
	const slow = Array.from({ length: 10 }, () => 500);
	const answer = await post({
		series: [
			{ name: "demo.time", unit: "ms", labels: { channel: "email", status: "202" }, values: email },
			{ name: "demo.time", labels: { channel: "sms", status: "202" }, values: sms },
			{ name: "demo.time", labels: { status: "404" }, values: [0, 0, 3] },
			{ name: "demo.time", labels: { status: "500" }, values: slow },
		],
	});
	expect(answer.status).toBe(200);
	await known("demo.time");
});

type Found = {
	readonly data: { readonly result: readonly { metric: Record<string, string>; value: [number, string] }[] };
};

async function query(expression: string) {
	// The slot that the samples are in ends within ten seconds.
	const time = Math.ceil(Date.now() / 10_000) * 10;
	const answer = (await read(
		await ask(`/api/v1/query?query=${encodeURIComponent(expression)}&time=${time}`),
	)) as unknown as Found;
	return answer.data.result.map(({ metric, value }) => ({ le: metric["le"] ?? "", value: Number(value[1]) }));
}

describe("histogram_quantile over fast requests and a few that failed slowly", () => {
	it("is that of all of them: the few do not count as many where the fast ones have no bucket", async () => {
		const [p95] = await query("histogram_quantile(0.95, sum by (le) (rate(demo_time_bucket[1m])))");
		expect(p95?.value).toBeGreaterThan(6 / 2 ** 0.25);
		expect(p95?.value).toBeLessThan(6 * 2 ** 0.25);
		const [p999] = await query("histogram_quantile(0.999, sum by (le) (rate(demo_time_bucket[1m])))");
		expect(p999?.value).toBeGreaterThan(500 / 2 ** 0.25);
		expect(p999?.value).toBeLessThan(500 * 2 ** 0.25);
	});

	it("adds up to all samples at each bound, from zero on, without empty bounds above it", async () => {
		const sums = await query("sum by (le) (demo_time_bucket)");
		const byBound = new Map(sums.map(({ le, value }) => [le, value]));
		expect(["0", "2", "4", "512", "+Inf"].map((le) => byBound.get(le))).toEqual([2, 161, 478, 963, 963]);
		expect(sums.length).toBeLessThan(20);
	});
});

describe("GET /metrics", () => {
	it("gives every series of a distribution the same bounds, exact at each", async () => {
		const text = await (await ask("/metrics")).text();
		const bySeries = new Map<string, Map<string, number>>();
		for (const [, status = "", le = "", count] of text.matchAll(
			/^demo_time_bucket\{(?:channel="email",)?status="(\d+)",le="([^"]+)"\} (\d+)$/gm,
		)) {
			bySeries.set(status, (bySeries.get(status) ?? new Map()).set(le, Number(count)));
		}
		expect([...bySeries.keys()].sort(), "all but sms").toEqual(["202", "404", "500"]);
		const bounds = [...(bySeries.get("202") ?? new Map()).keys()];
		for (const buckets of bySeries.values()) expect([...buckets.keys()]).toEqual(bounds);
		const counts = (status: string) => ["0", "2", "4", "512", "+Inf"].map((le) => bySeries.get(status)?.get(le));
		expect(counts("202")).toEqual([0, 159, 475, 475, 475]);
		expect(counts("404")).toEqual([2, 2, 3, 3, 3]);
		expect(counts("500")).toEqual([0, 0, 0, 10, 10]);
		expect(bounds.length).toBeLessThan(20);
	});
});
