/** The JSON bodies of the record route: the fast way against the slow one, and the slow one against `JSON.parse`. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Intake } from "../../src/ingest/columns.ts";
import { parseRecord, parseRecordSlowly } from "../../src/ingest/json.ts";
import { scanRecord } from "../../src/ingest/scan.ts";
import { checkJson } from "../../src/ingest/strict-json.ts";
import type { Result } from "../../src/lib/result.ts";
import type { Failure } from "../../src/model/errors.ts";
import { labelsKey } from "../../src/model/labels.ts";
import {
	COLUMNS_PER_BATCH_MAX,
	JSON_DEPTH_MAX,
	METRICS_PER_BATCH_MAX,
	RECEIPT_DROPS_MAX,
	SAMPLES_PER_BATCH_MAX,
} from "../../src/model/limits.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const parse = (document: unknown) => parseRecord(bytes(JSON.stringify(document)));

function intake(result: Result<Intake, Failure>): Intake {
	if (!result.ok) throw new Error(JSON.stringify(result.failure));
	return result.value;
}

/** Everything that can be seen of an intake, with the places of its samples. */
function seen(result: Result<Intake, Failure> | Intake | null): unknown {
	if (result === null) return null;
	if ("ok" in result) return result.ok ? seen(result.value) : result;
	const { parts, dropped, drops, placeOf, kindsOf } = result;
	const places = parts.map((part, i) => [...part.values].map((_, j) => placeOf(i, j)));
	return { parts, places, kinds: parts.map((_, i) => kindsOf(i)), dropped, drops };
}

describe("the fast way", () => {
	const number = fc.oneof(
		fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
		fc.integer().map(String),
		fc.tuple(fc.bigInt(0n, 10n ** 25n), fc.bigInt(0n, 10n ** 25n)).map(([whole, part]) => `${whole}.${part}`),
		fc.constantFrom(
			"-0",
			"0",
			"1e3",
			"1E+2",
			"-1.5e-7",
			"1e400",
			"01",
			"1.",
			".5",
			"-",
			"+1",
			"NaN",
			"null",
			'"1"',
			"1e",
		),
	);
	const time = fc.oneof(
		fc.integer({ min: 0, max: 2 ** 42 }).map(String),
		fc.constantFrom("-1", '"2024"', "null", "1e99", "1700000000000.5"),
	);
	const text = fc.oneof(fc.constantFrom("a", "b", "api.time", "x y", 'q\\"', "perdure.x", "", "é", "}", "\\u0041"));
	const quoted = text.map((each) => `"${each}"`);
	const labels = fc.oneof(
		fc.array(fc.tuple(fc.constantFrom("a", "b", "__c", "method"), quoted), { maxLength: 3 }).map((pairs) => {
			return `{${pairs.map(([name, value]) => `"${name}": ${value}`).join(",")}}`;
		}),
		fc.constantFrom("{}", "null", "[]", '{"a":1}', "{"),
	);
	const kind = fc.constantFrom('"counter"', '"gauge"', '"sampled"', '"x"', "null");
	const members = fc.array(
		fc.oneof(
			{ weight: 4, arbitrary: quoted.map((value) => `"name":${value}`) },
			{ weight: 4, arbitrary: number.map((value) => `"value": ${value}`) },
			{ weight: 3, arbitrary: labels.map((value) => `"labels":${value}`) },
			{ weight: 2, arbitrary: time.map((value) => `"timestamp":${value}`) },
			{ weight: 1, arbitrary: kind.map((value) => `"kind":${value}`) },
			{ weight: 1, arbitrary: quoted.map((value) => `"unit" :${value}`) },
			{ weight: 1, arbitrary: fc.array(number, { maxLength: 4 }).map((list) => `"values":[${list.join(", ")}]`) },
			{ weight: 1, arbitrary: fc.array(time, { maxLength: 4 }).map((list) => `"timestamps":[${list.join(",")}]`) },
			{ weight: 1, arbitrary: fc.constantFrom('"tags":{}', '"help":"h"', '"value"', ",") },
		),
		{ maxLength: 6 },
	);
	const object = members.map((list) => `{${list.join(",")}}`);
	// Objects that are mostly right, each repeated with other numbers, so that shapes and label sets come again.
	const usual = fc
		.tuple(
			fc.constantFrom("api.time", "b"),
			labels,
			fc.boolean(),
			fc.array(fc.tuple(number, time, fc.constantFrom("", "", ',"kind":"gauge"', ',"kind":"counter"')), {
				maxLength: 5,
			}),
		)
		.map(([name, set, timeFirst, list]) =>
			list.map(([value, at, says]) =>
				timeFirst
					? `{"timestamp":${at},"name":"${name}","labels":${set},"value":${value}${says} }`
					: `{"name":"${name}","value":${value},"labels":${set},"timestamp":${at}${says}}`,
			),
		);
	const series = fc
		.tuple(quoted, labels, fc.array(number, { maxLength: 4 }), fc.array(time, { maxLength: 4 }))
		.map(([name, set, values, times]) => {
			return `{"name":${name},"labels":${set},"values":[${values}],"timestamps":[${times}]}`;
		});
	const document = fc.oneof(
		object,
		fc.array(object, { maxLength: 4 }).map((list) => `{"samples":[${list}]}`),
		fc.array(usual, { maxLength: 4 }).map((list) => `{ "samples" : [${list.flat().join(" , ")}] }`),
		fc.array(fc.oneof(series, object), { maxLength: 4 }).map((list) => `{"series":[${list}]}\n`),
		fc.constantFrom("", "{", "[]", '{"samples":{}}', '{"samples":[],"series":[]}', '{"samples":[1]}x', "\ufeff{}"),
	);

	it("reads what it reads exactly as the slow way does", () => {
		fc.assert(
			fc.property(document, (source) => {
				const fast = scanRecord(bytes(source));
				if (fast !== null) expect(seen(fast)).toEqual(seen(parseRecordSlowly(bytes(source))));
			}),
			{ numRuns: 3_000 },
		);
	});

	it("takes the usual documents", () => {
		const one = {
			name: "a",
			value: 1.25,
			labels: { b: "1", a: "2" },
			timestamp: 1_700_000_000_000,
			kind: "gauge",
			unit: "ms",
		};
		for (const usualDocument of [
			one,
			{ samples: [one, { ...one, value: 2 }, { name: "b", value: -3 }] },
			{
				series: [
					{ name: "a", labels: { x: "é}" }, values: [1, 2e3], timestamps: [1, 2] },
					{ name: "b", values: [0.1] },
				],
			},
		]) {
			expect(scanRecord(bytes(JSON.stringify(usualDocument))), JSON.stringify(usualDocument)).not.toBeNull();
			expect(scanRecord(bytes(JSON.stringify(usualDocument, null, 2)))).not.toBeNull();
		}
	});

	it("never takes a document that was cut off or changed in one byte unless the slow way reads the same", () => {
		const whole =
			'{"samples":[{"name":"a","value":1.5,"labels":{"x":"y"}},{"name":"a","value":2e1,"labels":{"x":"y"}}]}';
		fc.assert(
			fc.property(fc.nat(whole.length), fc.nat(127), (at, code) => {
				for (const source of [
					whole.slice(0, at),
					whole.slice(0, at) + String.fromCharCode(code) + whole.slice(at + 1),
				]) {
					const fast = scanRecord(bytes(source));
					if (fast !== null) expect(seen(fast)).toEqual(seen(parseRecordSlowly(bytes(source))));
				}
			}),
			{ numRuns: 2_000 },
		);
	});
});

describe("strictness", () => {
	function isJson(source: string): boolean {
		try {
			JSON.parse(source);
			return true;
		} catch {
			return false;
		}
	}

	it("is that of JSON.parse on random texts", () => {
		const token = fc.constantFrom(
			...'{}[],:"\\ \n\t01.-+eEtrufalsn/',
			"true",
			"null",
			'"a"',
			"\u0001",
			"é",
			"\\u00e9",
			"\u00a0",
		);
		fc.assert(
			fc.property(
				fc.oneof(
					fc.json(),
					fc.array(token, { maxLength: 12 }).map((list) => list.join("")),
				),
				(source) => {
					expect(checkJson(source).kind).toBe(isJson(source) ? "wellformed" : "malformed");
				},
			),
			{ numRuns: 5_000 },
		);
	});

	it("names the line and the column of what is wrong", () => {
		const result = parseRecord(bytes('{"name": "a",\n "value": NaN}'));
		expect(result).toMatchObject({ failure: { issues: [{ place: "line 2, column 11" }] } });
		expect(JSON.stringify(result)).toContain("JSON has no NaN");
		expect(JSON.stringify(parseRecord(bytes('{"name": "a", "value": -Infinity}')))).toContain("JSON has no -Infinity");
		expect(parseRecord(bytes('{"samples": ['))).toMatchObject({ failure: { code: "invalid" } });
	});

	it("refuses what is no UTF-8", () => {
		expect(parseRecord(new Uint8Array([0x22, 0xff, 0x22]))).toMatchObject({ failure: { code: "invalid" } });
	});

	it("refuses nesting and values beyond the bounds before it builds anything", () => {
		expect(parseRecord(bytes(`{"name":${"[".repeat(JSON_DEPTH_MAX + 2)}`))).toMatchObject({
			failure: { code: "too_large", what: "levels of nesting" },
		});
		expect(parseRecord(bytes(`[${"0,".repeat(1_000_000)}0]`))).toMatchObject({
			failure: { what: "values in a document" },
		});
	});
});

describe("the three forms", () => {
	it("give the same columns", () => {
		const labels = { method: "GET" };
		const samples = [
			{ name: "a", value: 1, labels, timestamp: 5 },
			{ name: "b", value: 9 },
			{ name: "a", value: 2, labels, timestamp: 6 },
		];
		const series = [
			{ name: "a", labels, values: [1, 2], timestamps: [5, 6] },
			{ name: "b", values: [9] },
		];
		expect(intake(parse({ samples })).parts).toEqual(intake(parse({ series })).parts);
		expect(intake(parse({ samples })).parts).toEqual([
			{
				name: "a",
				kind: null,
				unit: null,
				help: null,
				labels: [labelsKey(labels)],
				ends: [2],
				values: new Float64Array([1, 2]),
				timestampsMs: new Float64Array([5, 6]),
			},
			{
				name: "b",
				kind: null,
				unit: null,
				help: null,
				labels: ["[]"],
				ends: [1],
				values: new Float64Array([9]),
				timestampsMs: null,
			},
		]);
		expect(intake(parse(samples[0])).parts).toHaveLength(1);
	});

	it("group by label set whatever the order of the labels", () => {
		const { parts } = intake(
			parse({
				samples: [
					{ name: "a", value: 1, labels: { x: "1", y: "2" } },
					{ name: "a", value: 2, labels: { y: "2", x: "1" } },
				],
			}),
		);
		expect(parts[0]?.labels).toEqual(['["x","1","y","2"]']);
	});

	it("refuse every other form as a whole", () => {
		for (const document of [
			1,
			null,
			[],
			{},
			{ samples: {} },
			{ samples: [], series: [] },
			{ samples: [] },
			{ series: [] },
			{ metric: "a" },
		]) {
			expect(parse(document), JSON.stringify(document)).toMatchObject({ ok: false, failure: { code: "invalid" } });
		}
	});
});

describe("a wrong sample", () => {
	const good = { name: "ok", value: 1 };
	const wrong: readonly [string, unknown, string, string][] = [
		["an empty name", { name: "", value: 1 }, "samples[1].name", "invalid"],
		["a name of 10 KB", { name: "n".repeat(10_240), value: 1 }, "samples[1].name", "invalid"],
		["no name", { value: 1 }, "samples[1].name", "invalid"],
		["a name that is Perdure's own", { name: "perdure.samples", value: 1 }, "samples[1].name", "invalid"],
		["a value as text", { name: "a", value: "1" }, "samples[1].value", "invalid"],
		["no value", { name: "a" }, "samples[1].value", "invalid"],
		["NaN, which JSON.stringify made null", { name: "a", value: null }, "samples[1].value", "not_finite"],
		[
			"100 labels",
			{ name: "a", value: 1, labels: Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`l${i}`, "v"])) },
			"samples[1].labels",
			"invalid",
		],
		["a label that is no text", { name: "a", value: 1, labels: { method: 1 } }, "samples[1].labels.method", "invalid"],
		["a reserved label", { name: "a", value: 1, labels: { __name__: "x" } }, "samples[1].labels.__name__", "invalid"],
		["labels as a list", { name: "a", value: 1, labels: ["x"] }, "samples[1].labels", "invalid"],
		[
			"a timestamp as text",
			{ name: "a", value: 1, timestamp: "2024-01-06T10:00:00Z" },
			"samples[1].timestamp",
			"invalid",
		],
		["a negative timestamp", { name: "a", value: 1, timestamp: -1 }, "samples[1].timestamp", "invalid"],
		["an unknown kind", { name: "a", value: 1, kind: "summary" }, "samples[1].kind", "invalid"],
		["a kind that is not for callers", { name: "a", value: 1, kind: "sampled" }, "samples[1].kind", "invalid"],
		["an unknown member", { name: "a", value: 1, tags: {} }, "samples[1].tags", "invalid"],
		["a long unit", { name: "a", value: 1, unit: "u".repeat(41) }, "samples[1].unit", "invalid"],
		["no object", 7, "samples[1]", "invalid"],
	];
	it.each(wrong)("is dropped with its place and reason: %s", (_, sample, place, reason) => {
		const result = intake(parse({ samples: [{ ...good, kind: "counter" }, sample, good] }));
		expect(result.drops).toEqual([{ place, reason, detail: expect.any(String) }]);
		expect(result.dropped).toBe(1);
		expect(result.parts.reduce((sum, part) => sum + part.values.length, 0)).toBe(2);
	});

	it("is dropped when a label stands twice", () => {
		const source =
			'{"samples":[{"name":"a","value":1,"labels":{"m":"1","m":"2"}},{"name":"a","value":2,"labels":{"m":"1"}}]}';
		const result = intake(parseRecord(bytes(source)));
		expect(result.drops).toMatchObject([{ place: "samples[0].labels.m", reason: "invalid" }]);
		expect(result.parts[0]?.values).toEqual(new Float64Array([2]));
	});

	it("is dropped when its number is beyond the range", () => {
		const result = intake(parseRecord(bytes('{"samples":[{"name":"a","value":1e400},{"name":"a","value":2}]}')));
		expect(result.drops).toMatchObject([{ place: "samples[0].value", reason: "not_finite" }]);
	});

	it("of a series names its index, and a series of a wrong name loses all its values", () => {
		const result = intake(
			parse({
				series: [
					{ name: "a", values: [1, "x", 3], timestamps: [1, 2, -3] },
					{ name: "", values: [1, 2] },
				],
			}),
		);
		expect(result.drops.map((drop) => drop.place)).toEqual([
			"series[0].values[1]",
			"series[0].timestamps[2]",
			"series[1].name",
		]);
		expect(result.dropped).toBe(4);
	});

	it("of a series with timestamps of another length costs the series alone", () => {
		const result = intake(
			parse({
				series: [
					{ name: "a", values: [1, 2], timestamps: [1] },
					{ name: "b", values: [1] },
				],
			}),
		);
		expect(result.drops).toMatchObject([{ place: "series[0].timestamps" }]);
		expect(result.parts.map((part) => part.name)).toEqual(["b"]);
	});

	it("is named only up to a bound, and counted beyond it", () => {
		const samples = Array.from({ length: RECEIPT_DROPS_MAX + 10 }, () => ({ name: "", value: 1 }));
		const result = intake(parse({ samples }));
		expect(result.drops).toHaveLength(RECEIPT_DROPS_MAX);
		expect(result.dropped).toBe(RECEIPT_DROPS_MAX + 10);
	});
});

describe("the bounds of a batch", () => {
	const tooLarge = (what: string) => ({ ok: false, failure: { code: "too_large", what } });

	it("hold for a million samples, in both forms", () => {
		expect(parse({ series: [{ name: "a", values: Array.from({ length: 999_000 }, () => 0) }] })).toMatchObject(
			tooLarge("samples in one batch"),
		);
		const samples = Array.from({ length: SAMPLES_PER_BATCH_MAX + 1 }, () => ({ name: "a", value: 1 }));
		expect(parse({ samples })).toMatchObject(tooLarge("samples in one batch"));
		expect(parse({ samples: samples.slice(1) })).toMatchObject({ ok: true });
	});

	it("hold for series and for metrics", () => {
		const columns = Array.from({ length: COLUMNS_PER_BATCH_MAX + 1 }, (_, i) => ({
			name: "a",
			value: 1,
			labels: { i: `${i}` },
		}));
		expect(parse({ samples: columns })).toMatchObject(tooLarge("different series in one batch"));
		expect(parse({ samples: columns.slice(1) })).toMatchObject({ ok: true });
		const metrics = Array.from({ length: METRICS_PER_BATCH_MAX + 1 }, (_, i) => ({ name: `a${i}`, value: 1 }));
		expect(parse({ samples: metrics })).toMatchObject(tooLarge("different metrics in one batch"));
	});
});
