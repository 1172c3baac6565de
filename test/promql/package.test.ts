/** The package as somebody else gets it: built, installed into a project of its own, imported by plain Node, type-checked. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const TSC = join(ROOT, "node_modules/typescript/bin/tsc");

const CONSUMER = `
import { type Answer, evaluateRange, type Matcher, parse, type Querier, type QueryFailure, type SeriesData } from "perdure/promql";

const up: SeriesData = { labels: { __name__: "up" }, timestampsMs: Float64Array.of(0, 60_000), values: Float64Array.of(1, 2) };
const querier: Querier = {
	select: async (matchers: readonly Matcher[], startMs: number, endMs: number) =>
		endMs > startMs && matchers[0]?.value === "up" ? [up] : [],
};
const last = ({ value }: Answer): number => {
	switch (value.kind) {
		case "scalar":
			return value.value;
		case "string":
			return value.text.length;
		case "vector":
			return value.samples[0]?.value ?? Number.NaN;
		case "matrix":
			return value.series[0]?.values.at(-1) ?? Number.NaN;
	}
};
const sentence = (failure: QueryFailure): string => (failure.code === "syntax" ? \`\${failure.line}: \` : "") + failure.reason;
const parsed = parse("sum(up");
console.log(parsed.ok ? parsed.value.kind : sentence(parsed.failure));
const times = { startMs: 0, endMs: 60_000, stepMs: 30_000 };
const result = await evaluateRange("sum(up) * 2", querier, { ...times, deadline: { atMs: 10, now: () => 5 } });
console.log(result.ok ? last(result.value) : sentence(result.failure));
const late = await evaluateRange("sum(up)", querier, { ...times, deadline: { atMs: 10, now: () => 10 } });
console.log(late.ok ? last(late.value) : sentence(late.failure));
`;

describe("perdure/promql", () => {
	const project = mkdtempSync(join(tmpdir(), "perdure-promql-"));
	const installed = join(project, "node_modules/perdure");
	const run = (name: string) => execFileSync(process.execPath, [join(project, name)], { encoding: "utf8" });
	let said = "";

	beforeAll(() => {
		mkdirSync(installed, { recursive: true });
		cpSync(join(ROOT, "package.json"), join(installed, "package.json"));
		cpSync(join(ROOT, "node_modules/re2js"), join(project, "node_modules/re2js"), { recursive: true });
		writeFileSync(join(project, "package.json"), '{ "type": "module" }');
		const builder = join(ROOT, "src/cli/build-promql.ts");
		said = execFileSync(process.execPath, [builder, "--out", join(installed, "dist")], { encoding: "utf8" });
	});
	afterAll(() => rmSync(project, { recursive: true, force: true }));

	it("is built within its bound, in one file that imports nothing", () => {
		expect(said).toMatch(/promql\.js: [\d.]+ kB of 100 kB gzip/);
		const code = readFileSync(join(installed, "dist/promql.js"), "utf8");
		expect(code).not.toMatch(/(?:\bfrom|\bimport)\s*\(?\s*["']/);
		expect(code).not.toMatch(/cloudflare:|node:|\brequire\(/);
		expect(code).toContain("MIT License");
	});

	it("exports three functions", () => {
		writeFileSync(join(project, "names.js"), 'console.log(Object.keys(await import("perdure/promql")).sort().join())');
		expect(run("names.js").trim()).toBe("evaluateInstant,evaluateRange,parse");
	});

	it("has types with which the strictest program compiles, and plain Node runs it", { timeout: 60_000 }, () => {
		writeFileSync(join(project, "consumer.ts"), CONSUMER);
		const compilerOptions = {
			...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, skipLibCheck: false },
			...{ target: "es2022", module: "nodenext", lib: ["es2024", "dom"], types: [], outDir: "." },
		};
		writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["consumer.ts"] }));
		const { stdout, status } = spawnSync(process.execPath, [TSC, "-p", project], { encoding: "utf8" });
		expect(stdout).toBe("");
		expect(status).toBe(0);
		expect(run("consumer.js").trim().split("\n")).toEqual([
			"1: unclosed left parenthesis",
			"4",
			"query timed out in expression evaluation",
		]);
	});

	it("does what the README shows", () => {
		const readme = readFileSync(join(ROOT, "README.md"), "utf8");
		const examples = [...readme.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map((found) => found[1] as string);
		const example = examples.find((text) => text.includes("perdure/promql")) ?? "";
		const wanted = [...example.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map((found) => found[1]);
		expect(wanted).not.toEqual([]);
		writeFileSync(join(project, "example.js"), example);
		expect(run("example.js").trim().split("\n")).toEqual(wanted);
	});
});
