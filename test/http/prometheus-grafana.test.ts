/** What Grafana's Prometheus data source sends, in its order and exactly in its forms, as it is saved, browsed and drawn from. */
import { beforeAll, describe, expect, it } from "vitest";
import { nowMs } from "../../src/lib/clock.ts";
import { addToken, ask, known, post, read, TOKEN } from "./golden.ts";

/** Grafana posts forms; numbers are plain decimals of seconds. */
function send(path: string, form: Readonly<Record<string, string | readonly string[]>>): Promise<Response> {
	const body = new URLSearchParams();
	for (const [name, value] of Object.entries(form))
		for (const each of typeof value === "string" ? [value] : value) body.append(name, each);
	return ask(`/api/v1/${path}`, {
		method: "POST",
		body: body.toString(),
		headers: { "content-type": "application/x-www-form-urlencoded" },
	});
}

async function data(reply: Response): Promise<unknown> {
	expect(reply.status).toBe(200);
	expect(reply.headers.get("content-type")).toContain("application/json");
	const body = await read(reply);
	expect(body["status"]).toBe("success");
	return body["data"];
}
const get = async (path: string) => data(await ask(`/api/v1/${path}`));

beforeAll(async () => {
	await addToken(TOKEN, ["admin"]);
	// Over an hour the newest point is that of the last slot that is closed.
	const atMs = nowMs() - 90_000;
	const answer = await post({
		series: ["/a", "/b"].map((endpoint) => ({
			name: "shop.response_time",
			unit: "ms",
			labels: { endpoint, status: "200" },
			values: [10, 20, 400],
			timestamps: [atMs, atMs, atMs],
		})),
	});
	expect(answer.status).toBe(200);
	await known("shop.response_time");
});

describe("Grafana", () => {
	it("saves and tests, browses, and draws", async () => {
		const endS = Math.ceil(nowMs() / 1_000 / 15) * 15 + 15;
		const [start, end] = [String(endS - 3_600), String(endS)];

		// Save and test.
		expect(await data(await send("query", { query: "1+1", time: "4" }))).toEqual({
			resultType: "scalar",
			result: [4, "2"],
		});
		const build = (await get("status/buildinfo")) as Record<string, unknown>;
		expect(Object.keys(build).sort()).toEqual(["branch", "buildDate", "buildUser", "goVersion", "revision", "version"]);

		// On load.
		expect(await get("rules")).toEqual({ groups: [] });
		expect(await get(`query_exemplars?query=test&start=${start}000&end=${end}000`)).toEqual([]);

		// The browser of metrics, and variables.
		const span = { start, end };
		const names = (await get(`label/__name__/values?start=${start}&end=${end}&limit=40000`)) as string[];
		expect(names).toEqual(expect.arrayContaining(["shop_response_time", "shop_response_time_bucket"]));
		expect(await get("metadata?limit=40000")).toMatchObject({
			shop_response_time: [{ type: "histogram", unit: "ms" }],
		});
		expect(
			await data(await send("labels", { ...span, limit: "40000", "match[]": "shop_response_time_count" })),
		).toEqual(["__name__", "endpoint", "status"]);
		const selector = encodeURIComponent('{__name__="shop_response_time_count"}');
		expect(await get(`label/endpoint/values?start=${start}&end=${end}&limit=40000&match[]=${selector}`)).toEqual([
			"/a",
			"/b",
		]);
		expect(await get(`label/U__endpoint/values?start=${start}&end=${end}`)).toEqual(["/a", "/b"]);
		const series = { ...span, limit: "40000", "match[]": ["shop_response_time_count", "shop_response_time_sum"] };
		expect(await data(await send("series", series))).toHaveLength(4);
		expect(await data(await send("query", { query: "count(shop_response_time_count)", time: end }))).toMatchObject({
			resultType: "vector",
			result: [{ metric: {}, value: [endS, "2"] }],
		});

		// Panels.
		const panel = async (query: string) =>
			(await data(await send("query_range", { query, ...span, step: "15", timeout: "60s" }))) as {
				resultType: string;
				result: { metric: Record<string, string>; values: [number, string][] }[];
			};
		const p95 = await panel("histogram_quantile(0.95, sum by (le, endpoint) (rate(shop_response_time_bucket[5m])))");
		expect(p95.resultType).toBe("matrix");
		expect(p95.result.map(({ metric }) => metric)).toEqual([{ endpoint: "/a" }, { endpoint: "/b" }]);
		const [time, value] = p95.result[0]?.values.at(-1) ?? [];
		expect(time).toBe(endS);
		expect(Math.abs(Number(value) / 400 - 1)).toBeLessThan(0.2);
		const native = await panel("histogram_quantile(0.95, sum(shop_response_time))");
		expect(Math.abs(Number(native.result[0]?.values.at(-1)?.[1]) / 400 - 1)).toBeLessThan(0.02);

		// The alerting UI.
		expect(await get("rules?type=alert&exclude_alerts=false")).toEqual({ groups: [] });
		expect(await get("alerts")).toEqual({ alerts: [] });
	});

	it("asks by GET when it is told to", async () => {
		const query = encodeURIComponent('sum(shop_response_time_count{endpoint="/a"})');
		const atS = Math.floor(nowMs() / 1_000) + 10;
		expect(await get(`query?query=${query}&time=${atS}`)).toMatchObject({ result: [{ value: [atS, "3"] }] });
		expect(await get(`query_range?query=${query}&start=${atS}&end=${atS}.5&step=0.25`)).toMatchObject({
			result: [
				{
					values: [
						[atS, "3"],
						[atS + 0.25, "3"],
						[atS + 0.5, "3"],
					],
				},
			],
		});
	});
});
