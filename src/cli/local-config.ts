/**
 * The configuration of a local Perdure: wrangler.toml with local settings on top, written where git does not look. The token
 * is made once and kept, so that a command copied from the last start still works.
 */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** The project's own folder. */
export const PROJECT = resolve(import.meta.dirname, "../..");

/** Mail has somebody to go to, so that the first alert shows what it looks like. */
const LOCAL_VARS = {
	ENVIRONMENT: "development",
	DEVELOPMENT: "true",
	RECEIVER_EMAIL_FROM: "perdure@example.com",
	RECEIVER_EMAIL_TO: "you@example.com",
};

export type LocalConfig = {
	/** Configurations of all Workers, the one with the address first. */
	readonly configs: readonly string[];
	/** Accepted by the local Perdure for everything. */
	readonly token: string;
	readonly stateFolder: string;
};

/** Where the local server at this port keeps its configuration and its log: a second one beside it has its own. */
export function localFolder(port: number): string {
	return join(PROJECT, ".wrangler/local", String(port));
}

/** Writes the configuration below `.wrangler`; `vars` are added to Perdure's own. */
export async function writeLocalConfig(
	port: number,
	vars: Readonly<Record<string, string>> = {},
): Promise<LocalConfig> {
	const folder = localFolder(port);
	mkdirSync(folder, { recursive: true });
	const token = localToken(join(PROJECT, ".wrangler/local/token"));
	// Loaded here, not above: it takes half a second, which `--help` need not wait for.
	const { experimental_readRawConfig } = await import("wrangler");
	const { rawConfig } = experimental_readRawConfig({ config: join(PROJECT, "wrangler.toml") });
	const config = {
		...rawConfig,
		main: join(PROJECT, "src/index.ts"),
		d1_databases: rawConfig.d1_databases?.map((database: Readonly<Record<string, unknown>>) => ({
			...database,
			migrations_dir: join(PROJECT, "migrations"),
		})),
		// What it sends is written to files, whose names stand in the log.
		send_email: [{ name: "EMAIL" }],
		vars: { ...rawConfig.vars, ...LOCAL_VARS, ADMIN_TOKEN: token, ...vars },
	};
	const file = join(folder, "wrangler.json");
	writeFileSync(file, JSON.stringify(config, null, "\t"));
	const examples = join(PROJECT, "examples");
	return {
		configs: [join(examples, "local/wrangler.toml"), file, join(examples, "notify-api/wrangler.toml")],
		token,
		stateFolder: join(PROJECT, ".wrangler/state"),
	};
}

function localToken(file: string): string {
	if (existsSync(file)) return readFileSync(file, "utf8");
	const token = `local-${randomBytes(18).toString("base64url")}`;
	writeFileSync(file, token, { mode: 0o600 });
	return token;
}
