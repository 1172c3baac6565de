/**
 * `npm run build [-- --out FOLDER]`: makes of the language what the package `perdure/promql` is, for Node refuses TypeScript in
 * node_modules: `promql.js`, one file without imports, and declarations. Fails when it grows above its bound.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { PROMQL_BUNDLE_BYTES_MAX } from "../model/limits.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const DOOR = "promql/index";

const { values } = parseArgs({ options: { out: { type: "string", default: join(ROOT, "dist") } } });
const out = resolve(values.out);
const types = join(out, "types");
rmSync(types, { recursive: true, force: true });
mkdirSync(types, { recursive: true });

const file = join(out, "promql.js");
await bundle(file);
declare(types);
prune(types);

const bytes = gzipSync(readFileSync(file), { level: 9 }).length;
const size = `${(bytes / 1_000).toFixed(1)} kB of ${PROMQL_BUNDLE_BYTES_MAX / 1_000} kB gzip`;
process.stdout.write(`${relative(process.cwd(), file)}: ${size}\n`);
if (bytes > PROMQL_BUNDLE_BYTES_MAX) {
	process.stderr.write(`perdure/promql is too large: ${size}\n`);
	process.exit(1);
}

/**
 * The regular expressions (re2js) are inlined: the file then runs as it is in Node, in a Worker and in a browser, and the licence
 * of what it holds goes with it.
 */
async function bundle(outfile: string): Promise<void> {
	const licence = readFileSync(join(ROOT, "node_modules/re2js/LICENSE"), "utf8").trim();
	await build({
		entryPoints: [join(ROOT, "src", `${DOOR}.ts`)],
		outfile,
		bundle: true,
		format: "esm",
		platform: "neutral",
		mainFields: ["module", "main"],
		target: "es2022",
		minify: true,
		banner: { js: `/*! perdure/promql, Apache-2.0. Holds re2js:\n${licence}\n*/` },
		logLevel: "warning",
	});
}

/** Without the types of Workers: what needs them does not compile. */
function declare(folder: string): void {
	const config = join(folder, "tsconfig.json");
	const compilerOptions = {
		noEmit: false,
		declaration: true,
		emitDeclarationOnly: true,
		rootDir: join(ROOT, "src"),
		outDir: folder,
		typeRoots: [join(ROOT, "node_modules/@types")],
		types: ["node"],
	};
	const files = [join(ROOT, "src", `${DOOR}.ts`)];
	writeFileSync(config, JSON.stringify({ extends: join(ROOT, "tsconfig.json"), compilerOptions, files, include: [] }));
	const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
	const { status } = spawnSync(process.execPath, [tsc, "-p", config], { stdio: "inherit" });
	rmSync(config);
	if (status !== 0) process.exit(1);
}

/** Keeps the declarations that the door leads to. */
function prune(folder: string): void {
	const reached = new Set<string>();
	const walk = (path: string): void => {
		if (reached.has(path) || !existsSync(path)) return;
		reached.add(path);
		for (const [, specifier = ""] of readFileSync(path, "utf8").matchAll(/(?:from|import\()\s*["'](\.[^"']+)\.ts["']/g))
			walk(join(dirname(path), `${specifier}.d.ts`));
	};
	walk(join(folder, `${DOOR}.d.ts`));
	for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
		const path = join(folder, name);
		if (name.endsWith(".d.ts") && !reached.has(path)) rmSync(path);
	}
}
