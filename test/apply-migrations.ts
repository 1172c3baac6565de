/** Every test file in workerd starts on a D1 database with the project's own migrations applied. */
import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";

await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);

/** The channel `log` writes a line for each message: what a test wants to see of it, it listens to. */
const say = console.log;
console.log = (...words: unknown[]) => {
	if (typeof words[0] !== "string" || !words[0].includes('"type":"notification"')) say(...words);
};
