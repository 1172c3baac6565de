/**
 * What every test file in workerd starts on: no objects, no rows, the project's own migrations, and modules that nobody has
 * touched. The files of one workerd share it, which spares each of them its start; so what the one before left is cleared here.
 */
import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { running } from "./running.ts";

vi.useRealTimers();
do {
	// What was cut off never ends: with it nobody waits for ever.
	await vi.waitUntil(() => running.size === 0, { timeout: 30_000, interval: 5 }).catch(() => running.clear());
	await reset();
	// What began meanwhile may still write a row of what became of it: once more, then.
} while (running.size > 0);
vi.resetModules();
await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);

/** The channel `log` writes a line for each message: what a test wants to see of it, it listens to. */
const KEY = Symbol.for("perdure.tests.say");
const global = globalThis as { [KEY]?: typeof console.log };
const say = global[KEY] ?? console.log;
global[KEY] = say;
console.log = (...words: unknown[]) => {
	if (typeof words[0] !== "string" || !words[0].includes('"type":"notification"')) say(...words);
};
