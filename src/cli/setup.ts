/**
 * `npm run setup`: makes on Cloudflare what the first `npx wrangler deploy` needs and does not make by itself. Can be run
 * again. The token is made here and shown once; only its hash leaves this machine.
 */
import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { PROJECT } from "./local-config.ts";
import { planSetup, runSetup, type StepReport, wranglerAt } from "./run-setup.ts";
import { namesOf, setupSteps, TOKEN_SECRET } from "./setup-steps.ts";

const HELP = `npm run setup -- [--dry-run] [--new-token] [--json]

Makes the D1 database and its tables, the queues, and the first token. What is there already is left alone.
KV and R2 are made by the deploy that follows:  npx wrangler deploy

  --dry-run    says what it would do; asks nobody, changes nothing
  --new-token  replaces the first token; the old one ends at once
  --json       one JSON object instead of lines
  --help       this text
`;

type Options = { readonly isDry: boolean; readonly isJson: boolean; readonly isNewToken: boolean };

const options = readOptions();
if (typeof options === "string") {
	process.stderr.write(`${options}\n\n${HELP}`);
	process.exitCode = 2;
} else if (options !== null) process.exitCode = await setup(options);

/** Null: the help was asked for, and given. A text: what is wrong with the arguments. */
function readOptions(): Options | string | null {
	try {
		const flag = { type: "boolean", default: false } as const;
		const { values } = parseArgs({ options: { "dry-run": flag, "new-token": flag, json: flag, help: flag } });
		if (!values.help) return { isDry: values["dry-run"], isJson: values.json, isNewToken: values["new-token"] };
		process.stdout.write(HELP);
		return null;
	} catch (error) {
		return error instanceof Error ? error.message : String(error);
	}
}

async function setup({ isDry, isJson, isNewToken }: Options): Promise<number> {
	// Loaded here, not above: it takes half a second, which `--help` need not wait for.
	const { experimental_readRawConfig } = await import("wrangler");
	const { rawConfig } = experimental_readRawConfig({ config: join(PROJECT, "wrangler.toml") });
	const names = namesOf(rawConfig);
	if (!names.ok) {
		process.stderr.write(`${names.failure}\n`);
		return 1;
	}
	const token = `perdure_${randomBytes(32).toString("base64url")}`;
	const steps = setupSteps(names.value, createHash("sha256").update(token).digest("hex"), isNewToken);
	const say = isJson ? () => {} : (report: StepReport) => process.stdout.write(line(report));
	const wrangler = wranglerAt(join(PROJECT, "node_modules/wrangler/bin/wrangler.js"), PROJECT);
	const reports = isDry ? planSetup(steps) : await runSetup(steps, wrangler, say);
	const isWhole = reports.every(({ state }) => state !== "failed");
	const isTokenSet = reports.some(({ title, state }) => title.includes(TOKEN_SECRET) && state === "made");
	if (isJson) {
		const body = { dryRun: isDry, ok: isWhole, steps: reports, ...(isTokenSet && { token }) };
		process.stdout.write(`${JSON.stringify(body, null, "\t")}\n`);
		return isWhole ? 0 : 1;
	}
	if (isDry) for (const report of reports) say(report);
	if (isTokenSet) process.stdout.write(`\nYour token, shown this once; it may do everything:\n  ${token}\n`);
	if (isWhole) process.stdout.write(`\n${isDry ? "Nothing was changed. " : ""}Then: npx wrangler deploy\n`);
	return isWhole ? 0 : 1;
}

function line({ title, state, command, problem }: StepReport): string {
	if (problem !== null) {
		const said = problem.said === "" ? "" : `${problem.said.replaceAll(/^/gm, "    ")}\n`;
		return `failed         ${title}\n${said}    -> ${problem.advice}\n`;
	}
	const how = state === "would make" ? `\n${" ".repeat(15)}${command}` : "";
	return `${state.padEnd(14)} ${title}${how}\n`;
}
