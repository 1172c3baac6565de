/** Reading YAML node by node. What hostile text costs is tested where it is read: test/alert and test/routing. */
import { describe, expect, it } from "vitest";
import { knownFields, readDuration } from "../../src/lib/yaml-fields.ts";
import { openYaml, type YamlLimits, type YamlSource } from "../../src/lib/yaml-source.ts";
import { readBoolean } from "../../src/lib/yaml-value.ts";

const LIMITS: YamlLimits = { what: "a test", bytes: 400, tokens: 400, depth: 8, issues: 2, paths: true, merge: true };

function sourceOf(text: string, limits: YamlLimits = LIMITS): YamlSource {
	const opened = openYaml(text, limits);
	if (!opened.ok) throw new Error(JSON.stringify(opened.failure));
	return opened.value;
}

/** Reads the whole text as plain values. */
function plain(text: string): unknown {
	const source = sourceOf(text);
	const value = source.value(source.root, "it");
	return source.failure() ?? value;
}

describe("a YAML text", () => {
	it("is read as plain values; only what comes back as it was written becomes more than text", () => {
		expect(
			plain(
				"{a: 1, b: -1.5, c: 007, d: 1e3, e: '1', f: true, g: yes, h: null, i: , j: [x, {k: ~}], l: 99999999999999999}",
			),
		).toEqual({
			a: 1,
			b: -1.5,
			c: "007",
			d: "1e3",
			e: "1",
			f: true,
			g: "yes",
			h: null,
			i: null,
			j: ["x", { k: null }],
			l: "99999999999999999",
		});
		expect(Object.keys(plain("{__proto__: {a: 1}}") as object)).toEqual(["__proto__"]);
	});

	it("has places with paths when they are asked for", () => {
		const source = sourceOf("a:\n  - b: 1\n  - c: [2]\n");
		const found = source.find(source.root, "a[1].c[0]");
		expect(source.placeOf(found)).toBe("line 3, column 9 (a[1].c[0])");
		expect(source.placeOf(source.find(found, "gone"))).toBe("line 3, column 9 (a[1].c[0].gone)");
		expect(source.placeOf(0)).toBe("line 1, column 1");
		const { paths: _, ...without } = LIMITS;
		const bare = sourceOf("a: b", without);
		expect(bare.placeOf(bare.find(bare.root, "a"))).toBe("line 1, column 4");
	});

	it("merges what `<<` points to, unless it is told not to", () => {
		expect(plain("x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz: {<<: [*x, *y], c: 3}")).toMatchObject({
			z: { a: 1, b: 1, c: 3 },
		});
		const source = sourceOf("{<<: {a: 1}}", { ...LIMITS, merge: false });
		expect([...(source.entries(source.root, "it") ?? new Map()).keys()]).toEqual(["<<"]);
	});

	it("is refused for keys that stand twice, in what is merged too, with all issues up to a bound", () => {
		expect(plain("{a: 1, a: 2, <<: {b: 1, b: 2}, c: {d: 1, d: 1}}")).toEqual({
			code: "invalid",
			issues: [
				{ place: "line 1, column 8 (a)", reason: "'a' stands twice in it" },
				{ place: "line 1, column 25 (b)", reason: "'b' stands twice in it" },
				{ place: "further on", reason: "1 more issues" },
			],
		});
	});

	it("that expands to more than its bound is too large; one that holds itself ends at the depth", () => {
		const laughs = `a: &a ${"x".repeat(90)}\nb: [*a, *a, *a, *a, *a]`;
		expect(plain(laughs)).toMatchObject({
			code: "too_large",
			what: "characters of a test once its aliases are expanded",
			limit: 400,
		});
		expect(plain("a: &a [*a]")).toMatchObject({ code: "invalid", issues: [{ reason: "nested too deeply" }] });
		expect(plain("&a {<<: *a}")).toMatchObject({ code: "invalid", issues: [{ reason: "nested too deeply" }] });
		expect(openYaml("x".repeat(401), LIMITS)).toMatchObject({
			failure: { code: "too_large", what: "bytes of a test" },
		});
		expect(openYaml("[[[[[[[[[", LIMITS)).toMatchObject({ failure: { issues: [{ place: "line 1, column 9" }] } });
		expect(openYaml(`[${",".repeat(399)}`, { ...LIMITS, tokens: 100 })).toMatchObject({
			failure: { what: "YAML tokens", got: 101 },
		});
	});

	it("has fields that are known, and durations", () => {
		const source = sourceOf("{a: 5m, b: never, x: 1}");
		const fields = knownFields(source, source.entries(source.root, "it") ?? new Map(), "it", ["a", "b", "c"]);
		expect([
			readDuration(source, fields.get("a"), "a"),
			readDuration(source, fields.get("b"), "b"),
			readDuration(source, fields.get("c"), "c"),
		]).toEqual([300_000, null, null]);
		expect(source.failure()).toMatchObject({
			issues: [
				{ place: "line 1, column 19 (x)", reason: "'x' is not known in it: it has a, b, c" },
				{ place: "line 1, column 12 (b)", reason: expect.stringContaining('b: "never" is not a duration') },
			],
		});
	});

	it("has YAML 1.1's words for true and false", () => {
		expect(["yes", "On", "TRUE", "y", "no", "off", "False", "N", "maybe", "tRUE", ""].map(readBoolean)).toEqual([
			true,
			true,
			true,
			true,
			false,
			false,
			false,
			false,
			null,
			null,
			null,
		]);
	});
});
