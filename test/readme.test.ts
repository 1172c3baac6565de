/**
 * The documents tell the truth: their TypeScript compiles, their rules are rules, and the commands, files, settings, bounds
 * and packages that they name exist. What they ask over HTTP is asked in test/readme/.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parseRuleFile } from "../src/alert/rule-file.ts";
import { parseConfig } from "../src/config.ts";
import * as limits from "../src/model/limits.ts";
import { validate } from "../src/promql/check.ts";

const ROOT = resolve(import.meta.dirname, "..");
const read = (file: string) => readFileSync(join(ROOT, file), "utf8");
const README = read("README.md");
/** With single blanks: tables are aligned with more. */
const TEXT = README.replaceAll(/ +/g, " ");
const MAP = read("src/README.md");
const DOCUMENTS = ["README.md", "src/README.md", "CHANGELOG.md", "bench/README.md"];
const PACKAGE = JSON.parse(read("package.json")) as Record<
	"scripts" | "dependencies" | "devDependencies",
	Record<string, string>
>;

function blocks(text: string, language: string): string[] {
	return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap((found) =>
		found[1] === language ? [found[2] as string] : [],
	);
}

/** The texts in backticks, without those of code blocks. */
function quoted(text: string): string[] {
	const prose = text.replaceAll(/^```[\s\S]*?^```$/gm, "");
	return [...prose.matchAll(/`([^`\n]+)`/g)].map((found) => found[1] as string);
}

describe("the README", () => {
	const folder = join(ROOT, ".wrangler/readme");
	afterAll(() => rmSync(folder, { recursive: true, force: true }));

	it("has TypeScript that compiles with the strictest flags", { timeout: 120_000 }, () => {
		const examples = blocks(README, "ts");
		expect(examples).toHaveLength(2);
		rmSync(folder, { recursive: true, force: true });
		mkdirSync(folder, { recursive: true });
		for (const [i, text] of examples.entries()) writeFileSync(join(folder, `example-${i}.ts`), text);
		writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ extends: "../../tsconfig.json", include: ["."] }));
		const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
		const compile = () => execFileSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" });
		let said = "";
		try {
			compile();
		} catch (error) {
			said = (error as { readonly stdout: string }).stdout;
		}
		expect(said).toBe("");
	});

	it("has ten lines that record a sample on its first screen", () => {
		const first = blocks(README, "ts")[0] ?? "";
		expect(README.indexOf(first)).toBeLessThan(1_000);
		expect(first.split("\n").filter((line) => line.trim() !== "").length).toBeLessThanOrEqual(11);
	});

	it("has rules that Perdure takes", () => {
		const [rules = ""] = blocks(README, "yaml");
		expect(parseRuleFile(rules, validate)).toMatchObject({
			ok: true,
			value: [{ name: "shop", rules: [{ cooldownMs: 600_000, noData: "keep" }] }],
		});
	});

	it("names every setting that exists, and no other", () => {
		const table = README.slice(README.indexOf("## Settings"), README.indexOf("## Deploying"));
		const named = new Set([...table.matchAll(/^\| (.*?) +\|/gm)].flatMap((row) => quoted(row[1] as string)));
		const source = read("src/config.ts");
		const existing = new Set([...source.matchAll(/setting(?:<[^>]*>)?\(\s*"([A-Z_]+)"/g)].map((one) => one[1]));
		expect([...named].sort()).toEqual([...existing].sort());
	});

	it("says the defaults that hold", () => {
		const defaults = parseConfig({});
		expect(TEXT).toContain(`| \`COMMIT_EVERY_MS\` | \`${defaults.commitEveryMs}\` |`);
		expect(TEXT).toContain(`| \`SERVICE_NAME\` | \`${defaults.serviceName}\` |`);
		expect(TEXT).toContain(`| \`ENVIRONMENT\` | \`${defaults.environment}\` |`);
		expect(TEXT).toContain(`| \`PUBLIC_METRICS\` | \`${defaults.publicMetrics}\` |`);
	});

	it("says the bounds that hold", () => {
		const n = (bound: number) => bound.toLocaleString("en-US");
		const mib = (bytes: number) => `${bytes / 1024 / 1024} MiB`;
		const lines = [
			`${mib(limits.BODY_BYTES_MAX)}, ${mib(limits.BODY_UNPACKED_BYTES_MAX)} unpacked`,
			`${n(limits.SAMPLES_PER_BATCH_MAX)}, ${n(limits.COLUMNS_PER_BATCH_MAX)}, ${n(limits.METRICS_PER_BATCH_MAX)}`,
			`| ${n(limits.METRIC_NAME_CHARS_MAX)} |`,
			`| ${limits.LABELS_PER_SERIES_MAX}; ${limits.LABEL_NAME_CHARS_MAX}, ${limits.LABEL_VALUE_CHARS_MAX} |`,
			`live series of a metric | ${n(limits.SERIES_PER_METRIC_MAX)} |`,
			`metrics of a deployment | ${n(limits.METRICS_MAX)} |`,
			`retention | ${limits.HOUR_KEPT_MS / limits.DAY_MS} days |`,
			`ahead of our clock | ${limits.FUTURE_MAX_MS / limits.MINUTE_MS} minute |`,
			`raw samples kept of a metric | ${n(limits.RECENT_SAMPLES_MAX)} |`,
			`| ${n(limits.RULES_MAX)}; ${n(limits.RULE_GROUPS_MAX)}; ${mib(limits.RULE_FILE_BYTES_MAX)} |`,
			`alerts of one rule at a time | ${n(limits.ALERTS_PER_RULE_MAX)} |`,
			`open deliveries | ${n(limits.DELIVERIES_OPEN_MAX)} |`,
			`tokens | ${limits.TOKENS_MAX} |`,
			`within ${limits.DEDUPE_WINDOW_MS / limits.MINUTE_MS} minutes`,
			`(${limits.DELIVERY_ATTEMPTS_MAX} attempts or ${limits.DELIVERY_AGE_MS_MAX / limits.HOUR_MS} hours)`,
			`Isolates believe what they know for ${limits.DIRECTORY_CACHE_MS / limits.SECOND_MS} s`,
			`down to ${limits.GROUP_INTERVAL_MS_MIN / limits.SECOND_MS} s`,
			`missed for ${limits.WATCHDOG_AFTER_MS / limits.SECOND_MS} s`,
		];
		expect(lines.filter((line) => !TEXT.includes(line))).toEqual([]);
	});

	it("reckons its costs by the prices that it names", () => {
		const table = [...TEXT.matchAll(/^\| (?:small|large|the same)[^\n]*$/gm)].map((found) => found[0]);
		const dollars = (text: string) =>
			[...text.matchAll(/\$([\d,.]+)/g)].map((found) => Number(found[1]?.replaceAll(",", "")));
		const installations = [
			{ calls: 5, rows: 5, metrics: 5, awake: 0.05 },
			{ calls: 2_000, rows: 400, metrics: 40, awake: 40 },
			{ calls: 200, rows: 200, metrics: 40, awake: 20 },
			{ calls: 200, rows: 40, metrics: 40, awake: 40 },
		];
		expect(table).toHaveLength(installations.length);
		for (const [i, { calls, rows, metrics, awake }] of installations.entries()) {
			const [seconds, minutes] = [2.628e6, 43_800];
			const over = (amount: number, free: number, price: number) => (Math.max(0, amount - free) * price) / 1e6;
			const figures = [
				over(calls * seconds + 12 * minutes, 1e6, 0.15),
				over(rows * seconds + 2 * metrics * minutes + 18 * minutes, 50e6, 1),
				over(awake * 0.125 * seconds, 0.4e6, 12.5),
			];
			const sum = 5 + figures.reduce((all, one) => all + one, 0);
			for (const [j, figure] of [...figures, sum].entries()) {
				expect(Math.abs((dollars(table[i] as string)[j] as number) - figure), `${table[i]} [${j}]`).toBeLessThanOrEqual(
					0.5,
				);
			}
		}
	});

	it("gives a reason for every package", () => {
		const part = README.slice(README.indexOf("## Packages"), README.indexOf("## When to choose what"));
		const named = quoted(part);
		const all = Object.keys({ ...PACKAGE.dependencies, ...PACKAGE.devDependencies });
		expect(all.filter((name) => !named.includes(name))).toEqual([]);
	});
});

describe("the documents", () => {
	it.each(DOCUMENTS)("%s names scripts of npm that exist", (file) => {
		for (const [, name] of read(file).matchAll(/npm run ([\w:-]+)/g))
			expect(Object.keys(PACKAGE.scripts)).toContain(name);
	});

	it.each(DOCUMENTS)("%s links to files and headings that exist", (file) => {
		const text = read(file);
		const headings = [...text.matchAll(/^#+ (.*)$/gm)].map((found) =>
			(found[1] as string)
				.toLowerCase()
				.replaceAll(/[^\w\- ]/g, "")
				.replaceAll(" ", "-"),
		);
		for (const [, target] of text.matchAll(/\]\(([^)]+)\)/g)) {
			if (target?.startsWith("https://")) continue;
			if (target?.startsWith("#")) expect(headings).toContain(target.slice(1));
			else expect(existsSync(join(ROOT, dirname(file), target as string)), target).toBe(true);
		}
	});
});

describe("the map", () => {
	/** Every folder with a file in it: git knows no others. */
	const files = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" }).filter((name) =>
		/\.\w+$/.test(name),
	);
	const folders = [...new Set(files.map((name) => `${dirname(name)}/`))].filter((name) => name !== "./");
	const rooms = [...MAP.matchAll(/^\| `([\w./-]+)` +\|/gm)].map((found) => found[1] as string);

	it("shows every folder of src", () => {
		expect(folders.filter((folder) => !rooms.includes(folder))).toEqual([]);
	});

	it("shows no room that does not exist", () => {
		expect(rooms.filter((room) => !existsSync(join(ROOT, "src", room)))).toEqual([]);
	});

	it("names files that exist, those without a folder in the room of their line", () => {
		const missing: string[] = [];
		for (const line of MAP.split("\n")) {
			const room = /^\| `([\w./-]+\/)` +\|/.exec(line)?.[1] ?? "";
			for (const name of quoted(line).filter((text) => /^[\w/-]+\.(?:ts|yaml)$/.test(text))) {
				const places = [join("src", name), join("src", room, name), name];
				if (!places.some((place) => existsSync(join(ROOT, place)))) missing.push(name);
			}
		}
		expect(missing).toEqual([]);
	});

	it("draws the floors that the test of the layers holds", () => {
		const floors = (blocks(MAP.replace("```\nlib", "```text\nlib"), "text")[0] ?? "").trim().split("\n");
		const drawn = floors.map((floor) => floor.trim().split(/\s+/).sort());
		const source = read("test/layers.test.ts");
		const list = source.slice(source.indexOf("FLOORS"), source.indexOf("];"));
		const held = [...list.matchAll(/^\t\[(.*)\],$/gm)].map((found) =>
			[...(found[1] as string).matchAll(/"([^"]+)"/g)].map((name) => name[1] as string),
		);
		const standing = held.map((floor) =>
			floor.filter((room) => room.endsWith(".ts") || folders.includes(`${room}/`)).sort(),
		);
		expect(drawn).toEqual(standing);
	});
});
