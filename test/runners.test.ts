/** The programs that measure and those that kill: what they may be told, before they do anything. */
import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "..");
/** Script and file of each. */
const RUNNERS = Object.entries<string>(JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).scripts).flatMap(
	([script, command]) => {
		const file = /^node ((?:bench|test)\/\S+)$/.exec(command)?.[1];
		return file === undefined ? [] : [[script, file] as const];
	},
);

type Run = { readonly code: number; readonly out: string; readonly err: string };

function run(file: string, option: string): Promise<Run> {
	return new Promise((done) => {
		execFile(process.execPath, [join(ROOT, file), option], (error, out, err) => {
			done({ code: typeof error?.code === "number" ? error.code : 0, out, err });
		});
	});
}

describe("a runner", { timeout: 60_000 }, () => {
	it("is one of package.json", () => {
		const files = globSync("test/*/run.ts", { cwd: ROOT });
		expect(RUNNERS.map(([, file]) => file)).toEqual(expect.arrayContaining(files));
		expect(RUNNERS.length).toBeGreaterThan(files.length);
	});

	it.each(RUNNERS)("%s reads its options by name, before it waits for anything", (script, file) => {
		const text = readFileSync(join(ROOT, file), "utf8");
		const reads = new RegExp(`(?:readOptions|wantsJson)\\(\\s*"${script}",`).exec(text)?.index ?? Infinity;
		const statement = text.search(/^(?:\t|try \{\n\t)?(?:const .* = |return )?await /m);
		expect(reads).toBeLessThan(statement);
	});

	it("says in one line that it does not know an option", async () => {
		const { code, out, err } = await run("test/oracle/run.ts", "--no-such-thing");
		expect(err).toMatch(/^Unknown option '--no-such-thing'.*\n$/);
		expect({ code, out }).toEqual({ code: 2, out: "" });
	});

	it("explains itself", async () => {
		const { code, out, err } = await run("bench/sketch.ts", "--help");
		expect({ code, err }).toEqual({ code: 0, err: "" });
		expect(out).toMatch(/^npm run bench:sketch /);
		expect(out).toMatch(/^ {2}--json {2}\S/m);
	});
});
