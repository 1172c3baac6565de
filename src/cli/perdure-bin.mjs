#!/usr/bin/env node
/**
 * `npx perdure`: starts perdure.ts. The commands are TypeScript, which the machine's Node may not run (before 22.18); the one
 * that `npm ci` installed does. Plain JavaScript, so that any Node gets this far.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

if (process.features.typescript) {
	await import("./perdure.ts");
} else {
	const node = fileURLToPath(new URL("../../node_modules/node/bin/node", import.meta.url));
	if (!existsSync(node)) {
		process.stderr.write("perdure needs Node 22.18 or later, or the one that 'npm ci' installs: run it first\n");
		process.exit(1);
	}
	const command = [fileURLToPath(new URL("perdure.ts", import.meta.url)), ...process.argv.slice(2)];
	const { status, signal } = spawnSync(node, command, { stdio: "inherit" });
	process.exit(status ?? (signal === "SIGINT" ? 130 : 1));
}
