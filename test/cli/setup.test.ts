/**
 * The set-up command. Its plan is run for real. Of its walk the outer edge alone is not the real one: there is no Cloudflare
 * on this machine, so fixtures/wrangler.mjs answers as wrangler 4.156 does, as a process of its own.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { planSetup, runSetup, wranglerAt } from "../../src/cli/run-setup.ts";
import { adviceFor, namesOf, setupSteps } from "../../src/cli/setup-steps.ts";
import { parseConfig } from "../../src/config.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const NAMES = { worker: "perdure", database: "perdure", queues: ["perdure-deliveries", "perdure-deliveries-dead"] };
const HASH = createHash("sha256").update("a token").digest("hex");

type Run = { readonly code: number; readonly out: string; readonly err: string };

/** Loaded before the command: whoever opens a connection ends with 99. */
const NO_NETWORK = "data:text/javascript,import{Socket}from'node:net';Socket.prototype.connect=()=>process.exit(99)";

/** `node src/cli/setup.ts` with a home without credentials, and without a network. */
function command(...args: readonly string[]): Promise<Run> {
	const env = { ...process.env, HOME: tmpdir(), CLOUDFLARE_API_TOKEN: "" };
	const all = [`--import=${NO_NETWORK}`, join(ROOT, "src/cli/setup.ts"), ...args];
	return new Promise((done) => {
		execFile(process.execPath, all, { env }, (error, out, err) => {
			done({ code: typeof error?.code === "number" ? error.code : 0, out, err });
		});
	});
}

// Each starts processes, on machines that may be busy.
const TIMEOUT = { timeout: 60_000 };

describe("npm run setup -- --dry-run", TIMEOUT, () => {
	it("says every command it would run, with the names of wrangler.toml, and changes nothing", async () => {
		const { code, out, err } = await command("--dry-run");
		expect(err).toBe("");
		expect(code).toBe(0);
		for (const made of [
			"npx wrangler d1 create perdure",
			"npx wrangler d1 migrations apply perdure --remote",
			"npx wrangler queues create perdure-deliveries",
			"npx wrangler queues create perdure-deliveries-dead",
			"npx wrangler secret put ADMIN_TOKEN_HASH --name perdure",
		]) {
			expect(out).toContain(`${made}\n`);
		}
		expect(out).toContain("Nothing was changed. Then: npx wrangler deploy");
		expect(out).not.toContain("perdure_");
	});

	it("says the same as one JSON object, without a token", async () => {
		const { code, out } = await command("--dry-run", "--json");
		expect(code).toBe(0);
		const body = JSON.parse(out) as { readonly dryRun: boolean; readonly ok: boolean; readonly steps: unknown[] };
		expect(body).toMatchObject({ dryRun: true, ok: true });
		expect(body.steps).toHaveLength(6);
		expect(out).not.toContain('token":');
	});

	it("explains itself, and refuses what it does not know", async () => {
		const [help, wrong] = await Promise.all([command("--help"), command("--dry-rum")]);
		expect(help.code).toBe(0);
		expect(help.out).toContain("--dry-run");
		expect(wrong.code).toBe(2);
		expect(wrong.err).toContain("--dry-rum");
	});
});

describe("npm run setup", TIMEOUT, () => {
	let cloud = "";
	const wrangler = wranglerAt(join(import.meta.dirname, "fixtures/wrangler.mjs"), ROOT);
	const run = (hash = HASH, replaceToken = false) =>
		runSetup(setupSteps(NAMES, hash, replaceToken), wrangler, () => {});
	const states = async () => (await run()).map(({ state }) => state);
	const secretOf = () => JSON.parse(readFileSync(cloud, "utf8")).secrets.ADMIN_TOKEN_HASH as string;

	beforeEach(() => {
		cloud = join(mkdtempSync(join(tmpdir(), "perdure-setup-")), "cloud.json");
		vi.stubEnv("FAKE_CLOUD", cloud);
	});
	afterEach(() => {
		vi.unstubAllEnvs();
		rmSync(dirname(cloud), { recursive: true });
	});

	it("makes everything on a bare account, in the order in which it is needed", async () => {
		expect(await states()).toEqual(["already there", "made", "made", "made", "made", "made"]);
		expect(JSON.parse(readFileSync(cloud, "utf8"))).toEqual({
			databases: ["perdure"],
			migrated: ["perdure"],
			queues: ["perdure-deliveries", "perdure-deliveries-dead"],
			secrets: { ADMIN_TOKEN_HASH: HASH },
		});
	});

	it("leaves alone what is there when it is run again", async () => {
		await run();
		const before = readFileSync(cloud, "utf8");
		expect(await states()).toEqual(new Array(6).fill("already there"));
		expect(readFileSync(cloud, "utf8")).toBe(before);
	});

	it("replaces the token only when asked to", async () => {
		await run();
		const other = createHash("sha256").update("another token").digest("hex");
		await run(other);
		expect(secretOf()).toBe(HASH);
		await run(other, true);
		expect(secretOf()).toBe(other);
	});

	it("hands the hash over by standard input, in the form that the Worker reads", async () => {
		await run();
		expect(readFileSync(`${cloud}.calls`, "utf8")).not.toContain(HASH);
		expect(parseConfig({ ADMIN_TOKEN_HASH: secretOf() })).toMatchObject({ adminTokenHash: HASH, problems: [] });
	});

	it("stops without a login, and says how to get one", async () => {
		vi.stubEnv("FAKE_LOGIN", "no");
		const reports = await run();
		expect(reports).toHaveLength(1);
		expect(reports[0]?.problem?.advice).toContain("npx wrangler login");
		expect(existsSync(cloud)).toBe(false);
	});

	it("stops at the step that failed, and goes on from there the next time", async () => {
		vi.stubEnv("FAKE_REFUSAL", "queues create perdure-deliveries-dead");
		vi.stubEnv("FAKE_WORDS", "More than one account available but unable to select one in non-interactive mode.");
		const reports = await run();
		expect(reports.map(({ state }) => state)).toEqual(["already there", "made", "made", "made", "failed"]);
		expect(reports[4]?.problem?.said).toMatch(/^✘ \[ERROR\] More than one account/);
		expect(reports[4]?.problem?.advice).toContain("CLOUDFLARE_ACCOUNT_ID");
		vi.stubEnv("FAKE_REFUSAL", "");
		expect((await states()).slice(3)).toEqual(["already there", "made", "made"]);
	});

	it("does not take a look that failed for something that is missing", async () => {
		for (const look of ["whoami", "d1 list", "d1 migrations list", "queues info", "secret list"]) {
			vi.stubEnv("FAKE_REFUSAL", look);
			vi.stubEnv("FAKE_WORDS", "fetch failed");
			const last = (await run()).at(-1);
			expect(last?.state, look).toBe("failed");
			expect(last?.problem?.advice, look).toContain("not reached");
		}
	});
});

describe("the steps", () => {
	it("take their names from wrangler.toml, or say what it lacks", () => {
		expect(namesOf({})).toMatchObject({ ok: false, failure: "wrangler.toml has no 'name'" });
		expect(namesOf({ name: "p" }).ok).toBe(false);
		expect(namesOf({ name: "p", d1_databases: [{ database_name: "d" }] })).toEqual({
			ok: true,
			value: { worker: "p", database: "d", queues: [] },
		});
	});

	it("name no secret in what they print", () => {
		expect(JSON.stringify(planSetup(setupSteps(NAMES, HASH, false)))).not.toContain(HASH);
	});

	it("know what to do about what many meet first, and nothing about the rest", () => {
		expect(adviceFor("You need a workers.dev subdomain [code: 10063]")).toContain("dashboard");
		expect(adviceFor("Authentication error [code: 10000]")).toContain("npx wrangler login");
		expect(adviceFor("something else")).toBeNull();
	});
});
