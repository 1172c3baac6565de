/** Configuration files that mean harm: each is refused with its place, in bounded time and memory, and none throws. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	CONFIG_BYTES_MAX,
	CONFIG_DEPTH_MAX,
	CONFIG_REGEX_CHARS_MAX,
	CONFIG_TOKENS_MAX,
	MATCHERS_MAX,
	ROUTE_DEPTH_MAX,
	ROUTE_KEY_CHARS_MAX,
	ROUTES_MAX,
} from "../../src/model/limits.ts";
import { parseConfig } from "../../src/routing/config-file.ts";
import { RouteTree } from "../../src/routing/route-tree.ts";
import { CHANNELS, failureOf, fileOf, issuesOf, rootOf } from "./files.ts";

const R = "receivers: [{name: r}]";
const withRoutes = (routes: string): string => `route:\n  receiver: r\n  routes: ${routes}\n${R}`;

describe("a hostile configuration file", { timeout: 60_000 }, () => {
	it("of one byte too many is refused before it is read", () => {
		expect(failureOf("#".repeat(CONFIG_BYTES_MAX + 1))).toEqual({
			code: "too_large",
			what: "bytes of a configuration file",
			limit: CONFIG_BYTES_MAX,
			got: CONFIG_BYTES_MAX + 1,
		});
		expect(failureOf(`[${",".repeat(CONFIG_BYTES_MAX - 1)}`)).toMatchObject({
			code: "too_large",
			limit: CONFIG_TOKENS_MAX,
		});
		expect(fileOf(`route: {receiver: r}\n${R}\n#`.padEnd(CONFIG_BYTES_MAX, "x")).templates).toEqual([]);
	});

	it(`of ${ROUTES_MAX} routes is taken and asked in a moment, of one more refused at its place`, () => {
		const routes = (count: number): string =>
			Array.from({ length: count }, (_, i) => `\n  - matchers: ['service="s${i}"', 'zone=~"a${i}.*|b"']`).join("");
		const started = performance.now();
		const tree = new RouteTree(rootOf(withRoutes(routes(ROUTES_MAX - 1))));
		expect(tree.all).toHaveLength(ROUTES_MAX);
		expect(tree.match({ service: `s${ROUTES_MAX - 2}`, zone: "b" })[0]?.key).toContain(`s${ROUTES_MAX - 2}`);
		expect(performance.now() - started).toBeLessThan(20_000);
		expect(issuesOf(withRoutes(routes(2 * ROUTES_MAX)))).toEqual([
			`line ${3 + ROUTES_MAX}, column 5 (route.routes[${ROUTES_MAX - 1}]): more routes than ${ROUTES_MAX}`,
		]);
	});

	it("of routes a thousand deep is refused where it gets too deep", () => {
		expect(failureOf(`route: ${"{receiver: r, routes: [".repeat(1_000)}`)).toMatchObject({
			issues: [{ place: expect.stringMatching(/^line 1, column \d+$/), reason: "nested too deeply" }],
		});
		const block = (depth: number): string => {
			let text = "route:\n  receiver: r\n";
			for (let i = 1; i < depth; i++) text += `${"  ".repeat(i)}routes:\n${"  ".repeat(i)}- receiver: r\n`;
			return text + R;
		};
		expect(rootOf(block(ROUTE_DEPTH_MAX)).routes).toHaveLength(1);
		const path = `route${".routes[0]".repeat(ROUTE_DEPTH_MAX)}`;
		expect(issuesOf(block(ROUTE_DEPTH_MAX + 1))[0]).toContain(
			`(${path}): routes inside one another deeper than ${ROUTE_DEPTH_MAX}`,
		);
		expect(failureOf(block(600)).code).toBe("invalid");
		expect(failureOf(`a: ${"[".repeat(CONFIG_DEPTH_MAX + 1)}`)).toMatchObject({
			issues: [{ reason: "nested too deeply" }],
		});
	});

	it("whose routes hold themselves is refused", () => {
		expect(issuesOf(`route: &a\n  receiver: r\n  routes: [*a]\n${R}`)[0]).toContain("deeper than");
		expect(issuesOf(`route: &a\n  receiver: r\n  routes: [*a, *a]\n${R}`)[0]).toContain("deeper than");
		expect(failureOf(`route: &a {<<: *a}\n${R}`).code).toBe("invalid");
		expect(failureOf(`route: &a {<<: [*a, *a, *a, *a]}\n${R}`).code).toMatch("too_large");
		expect(failureOf(`global: &a {http_config: *a}\nroute: {receiver: r}\n${R}`).code).toBe("invalid");
	});

	it("with anchors that explode is refused by what they expand to", () => {
		const laughs = ["a: &a0 [x,x,x,x,x,x,x,x,x]"];
		for (let i = 1; i < 10; i++)
			laughs.push(
				`a${i}: &a${i} [${Array(9)
					.fill(`*a${i - 1}`)
					.join(",")}]`,
			);
		const text = `global:\n  ${laughs.join("\n  ")}\nroute: {receiver: r}\n${R}`;
		expect(failureOf(text)).toMatchObject({
			code: "too_large",
			what: "characters of a configuration file once its aliases are expanded",
		});
		const routes = `&a0 {matchers: ['a=b']}${Array.from({ length: 12 }, (_, i) => `, &a${i + 1} {routes: [${Array(9).fill(`*a${i}`).join(",")}]}`).join("")}`;
		expect(parseConfig(withRoutes(`[${routes}]`), CHANNELS, []).ok).toBe(false);
	});

	it("with regular expressions that explode is refused, or answers in linear time", () => {
		expect(issuesOf(withRoutes(`[{matchers: ['a=~"((a{100}){100}){100}"']}]`))[0]).toContain("invalid repeat count");
		const many = Array.from({ length: 200 }, (_, i) => `{matchers: ['a=~"${"(x+x+)+y".repeat(90)}${i}"']}`);
		expect(issuesOf(withRoutes(`[${many}]`))[0]).toContain(`more than ${CONFIG_REGEX_CHARS_MAX} characters`);
		const tree = new RouteTree(rootOf(withRoutes(`[{matchers: ['a=~"(x+x+)+y"']}]`)));
		const started = performance.now();
		expect(tree.match({ a: "x".repeat(500) })[0]?.key).toBe("{}");
		expect(performance.now() - started).toBeLessThan(2_000);
	});

	it("with too many matchers, or keys that are too long, is refused", () => {
		expect(issuesOf(withRoutes(`[{matchers: [${"a=b,".repeat(MATCHERS_MAX)}'c=d,e=f']}]`))[0]).toContain(
			`the limit is ${MATCHERS_MAX}`,
		);
		const long = `matchers: ['a="${"x".repeat(ROUTE_KEY_CHARS_MAX / 2)}"']`;
		expect(issuesOf(withRoutes(`[{${long}, routes: [{${long}}]}]`))[0]).toContain(
			`(route.routes[0].routes[0]): the matchers`,
		);
	});

	it("of any pieces is refused or read, and never throws", () => {
		const piece = fc.constantFrom(
			..."route:¦receivers:¦ {receiver: r}¦- name: r¦  ¦\n¦routes:¦matchers:¦[a=b]¦global:¦&a ¦*a¦<<: ¦[¦]¦{¦}¦,¦: ¦'¦\"¦\\¦!!x ¦---¦time_intervals:¦- ¦__proto__: ¦?¦|¦~¦#¦😀¦\u0000¦time_intervals: [{name: i, time_intervals: [{times: 1}]}]".split(
				"¦",
			),
		);
		fc.assert(
			fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
				const result = parseConfig(pieces.join(""), CHANNELS, []);
				if (!result.ok && result.failure.code === "invalid") expect(result.failure.issues.length).toBeGreaterThan(0);
			}),
			{ numRuns: 1_000 },
		);
	});

	it("whose names are those of a prototype is read like any other", () => {
		const { config } = fileOf(
			`route: {receiver: __proto__, routes: [{mute_time_intervals: [__proto__]}]}\nreceivers: [{name: __proto__}]\ntime_intervals: [{name: __proto__}]`,
		);
		expect(Object.keys(config.timeIntervals)).toEqual(["__proto__"]);
		expect(issuesOf(`route: {receiver: r, routes: [{mute_time_intervals: [constructor]}]}\n${R}`)[0]).toContain(
			"undefined time interval",
		);
		expect(issuesOf(`route: {receiver: r}\nreceivers: [{name: r, constructor_configs: []}]`)[0]).toContain(
			"is not known in a receiver",
		);
	});
});
