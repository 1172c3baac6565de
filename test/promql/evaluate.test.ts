import { describe, expect, it } from "vitest";
import { evaluateInstant, evaluateRange } from "../../src/promql/evaluate.ts";
import { formatValue } from "../../src/promql/format-value.ts";
import type { Querier } from "../../src/promql/querier.ts";
import type { SeriesData } from "../../src/promql/series-data.ts";
import { functionNames } from "../../src/promql/signatures.ts";
import { MemoryQuerier, readSeriesLine } from "./memory-querier.ts";

function querierOf(...lines: string[]): MemoryQuerier {
	const querier = new MemoryQuerier();
	for (const line of lines) querier.series.push(readSeriesLine(line, 60_000));
	return querier;
}

async function ask(querier: Querier, text: string, timeMs: number): Promise<Record<string, number>> {
	const result = await evaluateInstant(text, querier, { timeMs });
	if (!result.ok) throw new Error(JSON.stringify(result.failure));
	const { value } = result.value;
	if (value.kind === "scalar") return { scalar: value.value };
	if (value.kind !== "vector") throw new Error(value.kind);
	return Object.fromEntries(value.samples.map((sample) => [JSON.stringify(sample.labels), sample.value]));
}

/** What an application like the seeds' records, as Prometheus shows it: ten minutes, a sample a minute. */
const APPLICATION = querierOf(
	'api_response_time_bucket{endpoint="/send",le="100"} 0+90x10',
	'api_response_time_bucket{endpoint="/send",le="500"} 0+94x10',
	'api_response_time_bucket{endpoint="/send",le="1000"} 0+96x10',
	'api_response_time_bucket{endpoint="/send",le="+Inf"} 0+100x10',
	'notification_success{channel="lark"} 0+57x10',
	'notification_success{channel="email"} 0+38x10',
	'notification_total{channel="lark"} 0+60x10',
	'notification_total{channel="email"} 0+40x10',
	'api_errors{endpoint="/send",status="500"} 0+6x10',
	'api_errors{endpoint="/send",status="502"} 0+6x10',
	'api_errors{endpoint="/health",status="500"} 0x10',
	'api_requests{endpoint="/send"} 0+100x10',
	'api_requests{endpoint="/health"} 0+20x10',
	"db_errors{} 0 0 0 0 0 0 1 2 3 4 4",
	'queue_backlog{queue="notify"} 5 10 100 500 900 1100 1200 1300 1400 1500 1600',
);
const NOW_MS = 600_000;

describe("the seeds' expressions, as they stand", () => {
	it.each([
		// Rank 95 of 100: a quarter of the way from 94 to 96 within 500 to 1000 is half of it.
		["histogram_quantile(0.95, rate(api_response_time_bucket[5m]))", { '{"endpoint":"/send"}': 750 }],
		["sum(rate(notification_success[5m])) / sum(rate(notification_total[5m])) * 100", { "{}": 95 }],
		["sum(rate(api_errors[5m])) by (endpoint)", { '{"endpoint":"/send"}': 0.2, '{"endpoint":"/health"}': 0 }],
		["queue_backlog", { '{"queue":"notify","__name__":"queue_backlog"}': 1_600 }],
	])("panel: %s", async (text, wanted) => {
		const got = await ask(APPLICATION, text, NOW_MS);
		expect(Object.keys(got).sort()).toEqual(Object.keys(wanted).sort());
		for (const [key, value] of Object.entries(wanted)) expect(got[key]).toBeCloseTo(value, 9);
	});

	it.each([
		["sum(rate(api_errors[5m])) / sum(rate(api_requests[5m])) > 0.05", 1],
		["sum(rate(api_errors[5m])) / sum(rate(api_requests[5m])) > 0.5", 0],
		["histogram_quantile(0.95, sum by (le) (rate(api_response_time_bucket[5m]))) > 1000", 0],
		["histogram_quantile(0.97, sum by (le) (rate(api_response_time_bucket[5m]))) >= 1000", 1],
		["increase(db_errors[5m]) > 3", 1],
		["queue_backlog > 1000", 1],
		["min_over_time(queue_backlog[5m]) > 1000", 1],
		["min_over_time(queue_backlog[10m]) > 1000", 0],
		[
			"1 - sum(rate(notification_success[5m])) / sum(rate(notification_total[5m])) > 0.04 and sum(rate(notification_total[5m])) > 0",
			1,
		],
		["absent(heartbeat) or time() - heartbeat > 60", 1],
		["(sum by (endpoint) (rate(api_errors[5m])) / on(endpoint) sum by (endpoint) (rate(api_requests[5m]))) > 0.1", 1],
		["delta(queue_backlog[5m]) > 400 unless on() vector(0) == 1", 1],
	])("rule: %s holds for %i series", async (text, count) => {
		expect(Object.keys(await ask(APPLICATION, text, NOW_MS))).toHaveLength(count);
	});
});

describe("an evaluation", () => {
	it("asks side by side for exactly the samples that it needs, the same ones once", async () => {
		const querier = querierOf("x 1x10");
		await evaluateRange("x + x + rate(x[5m] offset 1m) + max_over_time(x[10m:1m]) + x @ 30", querier, {
			startMs: 3_600_000,
			endMs: 7_200_000,
			stepMs: 60_000,
		});
		expect(querier.asked.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
			[3_300_001, 7_200_000],
			[3_240_001, 7_140_000],
			[3_060_000 - 300_000 + 1, 7_200_000],
			[30_000 - 300_000 + 1, 30_000],
		]);
	});

	it("starts no select after another has ended", async () => {
		const events: string[] = [];
		const querier: Querier = {
			select: async ([name]) => {
				events.push(`ask ${name?.value}`);
				await Promise.resolve();
				events.push(`answer ${name?.value}`);
				return [];
			},
		};
		await evaluateInstant("a + b + c", querier, { timeMs: 0 });
		expect(events).toEqual(["ask a", "ask b", "ask c", "answer a", "answer b", "answer c"]);
	});

	it("says how many selectors found nothing, and what was missing", async () => {
		const memory = querierOf("x 1x10");
		const querier: Querier = { select: (...args) => memory.select(...args), missing: () => ["api.errors#2"] };
		const result = await evaluateInstant("x + y or rate(z[5m])", querier, { timeMs: 60_000 });
		expect(result.ok && result.value).toMatchObject({ selectors: { total: 3, empty: 2 }, missing: ["api.errors#2"] });
		const whole = await evaluateInstant("1 + 1", memory, { timeMs: 60_000 });
		expect(whole.ok && whole.value).toMatchObject({ selectors: { total: 0, empty: 0 }, missing: [] });
	});

	it("does not take a sample outside the window for data, however much a querier gives", async () => {
		const generous: Querier = { select: () => Promise.resolve([readSeriesLine("x 1x60", 60_000)]) };
		const result = await evaluateInstant("x", generous, { timeMs: 24 * 3_600_000 });
		expect(result.ok && result.value).toMatchObject({ value: { samples: [] }, selectors: { total: 1, empty: 1 } });
		expect(await ask(generous, "count_over_time(x[5m])", 600_000)).toEqual({ "{}": 5 });
	});

	it("looks back less than five minutes, or as far as it is told", async () => {
		const querier = querierOf("x 7");
		expect(await ask(querier, "x", 299_999)).toEqual({ '{"__name__":"x"}': 7 });
		expect(await ask(querier, "x", 300_000)).toEqual({});
		const far = await evaluateInstant("x", querier, { timeMs: 300_000, lookbackMs: 300_001 });
		expect(far.ok && far.value.value).toMatchObject({ samples: [{ value: 7 }] });
	});

	it("leaves the querier's arrays as they were", async () => {
		const series: SeriesData = readSeriesLine("x 5 3 9 1 7", 60_000);
		const before = [...series.values];
		const querier: Querier = { select: () => Promise.resolve([series]) };
		for (const text of ["quantile_over_time(0.5, x[5m])", "sort(x)", "-x", "quantile(0.5, x)", "x or x", "x[5m]"]) {
			await evaluateInstant(text, querier, { timeMs: 240_000 });
		}
		expect([...series.values]).toEqual(before);
	});

	it("warns of a quantile outside 0 and 1, of missing le, and tells of buckets that had to be bent", async () => {
		const querier = querierOf('b_bucket{le="1"} 5x5', 'b_bucket{le="2"} 3x5', 'b_bucket{le="+Inf"} 9x5', "plain 1x5");
		const notes = async (text: string) => {
			const result = await evaluateInstant(text, querier, { timeMs: 60_000 });
			return result.ok ? [...result.value.warnings, ...result.value.infos].join() : "";
		};
		expect(await notes("histogram_quantile(2, b_bucket)")).toContain("quantile value should be between 0 and 1, got 2");
		expect(await notes("quantile(-1, plain)")).toContain("quantile value should be between 0 and 1, got -1");
		expect(await notes("histogram_quantile(0.5, plain)")).toContain('bucket label "le" is missing');
		expect(await notes("histogram_quantile(0.5, b_bucket)")).toContain("needed to be fixed for monotonicity");
		expect(await notes("histogram_quantile(0.5, b_bucket) + 1")).toContain("(1:25)");
	});

	it("evaluates every function that it has a signature for", async () => {
		const querier = querierOf('x{le="1"} 1 2 3 4 5 6', 'x{le="+Inf"} 2 3 4 5 6 7');
		const args: Record<string, string> = {
			clamp: "x, 0, 1",
			clamp_max: "x, 1",
			clamp_min: "x, 1",
			double_exponential_smoothing: "x[5m], 0.5, 0.5",
			histogram_fraction: "0, 1, x",
			histogram_quantile: "0.5, x",
			label_join: 'x, "a", "-", "le"',
			label_replace: 'x, "a", "$1", "le", "(.*)"',
			predict_linear: "x[5m], 60",
			quantile_over_time: "0.5, x[5m]",
			vector: "1",
			time: "",
			pi: "",
		};
		const ofRange = /_over_time$|^(?:rate|increase|delta|irate|idelta|deriv|changes|resets)$/;
		for (const name of functionNames()) {
			const result = await evaluateInstant(`${name}(${args[name] ?? (ofRange.test(name) ? "x[5m]" : "x")})`, querier, {
				timeMs: 300_000,
			});
			expect(result.ok, name).toBe(true);
		}
	});

	it("smooths as Holt does, and refuses factors that do not", async () => {
		const querier = querierOf("x 1 2 4 8 16");
		// Levels 1, 2, 3.5, 6.375, 12.21875 with trends 1, 1, 1.25, 2.0625.
		expect(await ask(querier, "double_exponential_smoothing(x[5m], 0.5, 0.5)", 240_000)).toEqual({ "{}": 12.21875 });
		const result = await evaluateInstant("double_exponential_smoothing(x[5m], 1, 0.5)", querier, { timeMs: 240_000 });
		expect(!result.ok && result.failure).toMatchObject({
			code: "execution",
			reason: "invalid smoothing factor. Expected: 0 < sf < 1, got: 1.000000",
		});
	});
});

describe("a number in an answer", () => {
	it.each([
		[1, "1"],
		[-0, "-0"],
		[0.1 + 0.2, "0.30000000000000004"],
		[1e21, "1000000000000000000000"],
		[1.5e300, `15${"0".repeat(299)}`],
		[1e-7, "0.0000001"],
		[-1.25e-9, "-0.00000000125"],
		[Number.NaN, "NaN"],
		[Number.POSITIVE_INFINITY, "+Inf"],
		[Number.NEGATIVE_INFINITY, "-Inf"],
	])("%s is written without an exponent", (value, wanted) => {
		expect(formatValue(value)).toBe(wanted);
		if (!Number.isNaN(value) && Number.isFinite(value)) expect(Number(formatValue(value))).toBe(value);
	});
});
