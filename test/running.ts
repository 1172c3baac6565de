/** What of the Worker is at work in this isolate. Kept outside of modules, since every test file has its own. */
const KEY = Symbol.for("perdure.tests.running");
const global = globalThis as { [KEY]?: Set<Promise<unknown>> };

/** Events that have not ended, and what they left to `waitUntil`. */
export const running: Set<Promise<unknown>> = global[KEY] ?? new Set();
global[KEY] = running;
