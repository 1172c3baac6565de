import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readCases } from "./promqltest.ts";

const FOLDER = join(import.meta.dirname, "vectors");

for (const file of readdirSync(FOLDER).filter((name) => name.endsWith(".test"))) {
	describe(`the vectors of ${file}`, () => {
		for (const { name, line, leftOut, run } of readCases(readFileSync(join(FOLDER, file), "utf8"))) {
			it(`line ${line}: ${name}`, async () => {
				const { got, wanted } = await run();
				expect(leftOut).toBeNull();
				expect(got).toEqual(wanted);
			});
		}
	});
}
