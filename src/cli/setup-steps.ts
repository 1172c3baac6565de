/**
 * What has to be there before the first `wrangler deploy`, as data: how to see whether it is there, and the command that
 * makes it. Pure: nothing here runs anything. wrangler's deploy provisions KV, R2 and the queue that is bound by itself; the
 * database has to exist earlier, for its migrations, and nobody makes a dead letter queue.
 */
import { err, ok, type Result } from "../lib/result.ts";

/** What a wrangler command came to; `text` is all it printed. */
export type Output = { readonly code: number; readonly text: string };

/** True: it is there. False: it is to be made. Null: the look itself failed, and `text` says why. */
export type Seen = boolean | null;

export type Step = {
	readonly title: string;
	/** Arguments of the wrangler command that looks; it changes nothing. */
	readonly look: readonly string[];
	readonly isDone: (output: Output) => Seen;
	/** Arguments of the wrangler command that makes it; null: only a person can. */
	readonly make: readonly string[] | null;
	/** Goes to the command's standard input, never into its arguments, which other processes can read. */
	readonly input?: string;
	/** What to do when `make` is null, or when it failed and `adviceFor` knows nothing better. */
	readonly advice: string;
};

/** Names out of wrangler.toml. */
export type Names = {
	readonly worker: string;
	readonly database: string;
	readonly queues: readonly string[];
};

/** The secret that holds the hash of the first token (see config.ts). */
export const TOKEN_SECRET = "ADMIN_TOKEN_HASH";

/** The names that a parsed wrangler.toml gives, or what is missing in it. */
export function namesOf(config: Readonly<Record<string, unknown>>): Result<Names, string> {
	const {
		name,
		d1_databases: databases,
		queues,
	} = config as {
		readonly name?: string;
		readonly d1_databases?: readonly { readonly database_name?: string }[];
		readonly queues?: {
			readonly consumers?: readonly { readonly queue: string; readonly dead_letter_queue?: string }[];
		};
	};
	const database = databases?.[0]?.database_name;
	if (name === undefined) return err("wrangler.toml has no 'name'");
	if (database === undefined) return err("wrangler.toml has no 'database_name' in its first [[d1_databases]]");
	const all = (queues?.consumers ?? []).flatMap(({ queue, dead_letter_queue: dead }) => [
		queue,
		...(dead ? [dead] : []),
	]);
	return ok({ worker: name, database, queues: [...new Set(all)] });
}

/** All steps, in their order. `tokenHash`: SHA-256 in hex; `replaceToken`: an existing first token is replaced. */
export function setupSteps(names: Names, tokenHash: string, replaceToken: boolean): readonly Step[] {
	return [
		{
			title: "a login at Cloudflare",
			look: ["whoami", "--json"],
			isDone: ({ code, text }) => code === 0 || (isJson(text) ? false : null),
			make: null,
			advice: "run: npx wrangler login   (or set CLOUDFLARE_API_TOKEN), then this command again",
		},
		{
			title: `D1 database ${names.database}`,
			look: ["d1", "list", "--json"],
			isDone: (output) => hasName(output, names.database),
			make: ["d1", "create", names.database],
			advice: "see what wrangler says above, then run this command again: what is there stays",
		},
		{
			title: `tables of ${names.database}`,
			look: ["d1", "migrations", "list", names.database, "--remote"],
			isDone: ({ code, text }) => (code === 0 ? text.includes("No migrations to apply") : null),
			make: ["d1", "migrations", "apply", names.database, "--remote"],
			advice: "a migration that failed was rolled back; run this command again",
		},
		...names.queues.map((queue) => ({
			title: `queue ${queue}`,
			look: ["queues", "info", queue],
			isDone: ({ code, text }: Output) => code === 0 || (text.includes("does not exist") ? false : null),
			make: ["queues", "create", queue],
			advice: "see what wrangler says above, then run this command again: what is there stays",
		})),
		{
			title: `first token (secret ${TOKEN_SECRET} of ${names.worker})`,
			look: ["secret", "list", "--name", names.worker],
			isDone: (output) => !replaceToken && hasSecret(output),
			make: ["secret", "put", TOKEN_SECRET, "--name", names.worker],
			input: tokenHash,
			advice: "the token was not set; run this command again for a new one",
		},
	];
}

/** What to do about a failure that many meet first; null: nothing is known. */
export function adviceFor(text: string): string | null {
	return ADVICE.find(([sign]) => sign.test(text))?.[1] ?? null;
}

const ADVICE: readonly (readonly [RegExp, string])[] = [
	[
		/More than one account/,
		"choose one: export CLOUDFLARE_ACCOUNT_ID=<id from the list above>, then run this command again",
	],
	[/CLOUDFLARE_API_TOKEN|not logged in|Authentication error|code: 10000/i, "run: npx wrangler login"],
	[
		/workers\.dev subdomain|code: 10063/,
		"open Workers & Pages in the dashboard once: that gives the account its subdomain",
	],
	[
		/Unable to resolve|fetch failed|ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN/,
		"Cloudflare was not reached: look at the network or proxy",
	],
];

function isJson(text: string): boolean {
	return parseJson(text) !== null;
}

/** wrangler may print warnings such as "▲ [WARNING] ..." before its JSON, which begins on a line of its own. */
function parseJson(text: string): unknown {
	const found = /^[[{][\s\S]*[\]}]/m.exec(text);
	try {
		return found === null ? null : JSON.parse(found[0]);
	} catch {
		return null;
	}
}

function hasName({ code, text }: Output, name: string): Seen {
	const list = code === 0 ? parseJson(text) : null;
	return Array.isArray(list) ? list.some((one: { readonly name?: unknown }) => one.name === name) : null;
}

/** A Worker that does not exist yet has no secrets; wrangler makes it together with its first one. */
function hasSecret(output: Output): Seen {
	if (output.code !== 0 && /Worker "[^"]*".* not found/.test(output.text)) return false;
	return hasName(output, TOKEN_SECRET);
}
