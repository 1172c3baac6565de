/** Numbers as Go's strconv prints them: what the oracles do not reach. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FloatForm, formatFloat, type Precision } from "../../src/template/float.ts";

describe("a float", () => {
	it.each<[number, FloatForm, Precision, string]>([
		[0.5, "f", 0, "0"],
		[1.5, "f", 0, "2"],
		[2.5, "f", 0, "2"],
		[0.6, "f", 0, "1"],
		[0.05, "f", 0, "0"],
		[9.99, "f", 1, "10.0"],
		[1e21, "f", 2, "1000000000000000000000.00"],
		[1e22, "f", "shortest", "10000000000000000000000"],
		[0.1, "f", 25, "0.1000000000000000055511151"],
		[5e-324, "e", 3, "4.941e-324"],
		[5e-324, "g", "shortest", "5e-324"],
		[1.7976931348623157e308, "e", 0, "2e+308"],
		[100, "g", 4, "100"],
		[123456, "g", 3, "1.23e+05"],
		[100000, "g", 4, "1e+05"],
		[0.0001, "g", 4, "0.0001"],
		[0.00001, "g", 4, "1e-05"],
		[-0, "f", 1, "-0.0"],
		[0, "e", 2, "0.00e+00"],
	])("%d under %s with %s digits is %s", (value, form, precision, expected) => {
		expect(formatFloat(value, form, precision)).toBe(expected);
	});

	it("reads back as itself from its shortest form and from 17 digits", () => {
		fc.assert(
			fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
				for (const form of ["e", "f", "g"] as const) expect(Number(formatFloat(value, form, "shortest"))).toBe(value);
				expect(Number(formatFloat(value, "e", 16))).toBe(value);
			}),
		);
	});

	it("has the digits of toFixed, but where an exact tie goes to the even digit", () => {
		fc.assert(
			fc.property(
				fc.double({ min: -1e15, max: 1e15, noNaN: true }),
				fc.integer({ min: 0, max: 20 }),
				(value, places) => {
					const ours = formatFloat(value, "f", places);
					const theirs = value.toFixed(places);
					const isTie = Math.abs(Number(ours) - value) === Math.abs(Number(theirs) - value);
					expect(ours === theirs || isTie || Object.is(value, -0)).toBe(true);
				},
			),
		);
	});
});
