/** `npx perdure`: finds the command, asks the deployment, and prints a table for people or JSON for programs. */
import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { err, ok, type Result } from "../lib/result.ts";
import { PROJECT } from "./local-config.ts";
import { ALERT_COMMANDS } from "./perdure-alerts.ts";
import { apiAt, type CliFailure } from "./perdure-api.ts";
import type { Command, Input } from "./perdure-command.ts";
import { NOTIFICATION_COMMANDS } from "./perdure-notifications.ts";
import { RULE_COMMANDS } from "./perdure-rules.ts";
import { SILENCE_COMMANDS } from "./perdure-silences.ts";

const COMMANDS: readonly Command[] = [
	...ALERT_COMMANDS,
	...SILENCE_COMMANDS,
	...NOTIFICATION_COMMANDS,
	...RULE_COMMANDS,
];
const LOCAL_URL = "http://localhost:8787";
const COMMON = {
	url: { type: "string" },
	token: { type: "string" },
	json: { type: "boolean" },
	help: { type: "boolean", short: "h" },
} as const;
const COMMON_HELP = `  --url URL          the deployment; or PERDURE_URL; else ${LOCAL_URL}
  --token TOKEN      or PERDURE_TOKEN; on this machine else the one that 'npm start' made
  --json             JSON, for programs
  --help             this text

Exit codes: 0 it went well, 1 it did not, 2 it was not understood.
`;
const EXIT = { failed: 1, usage: 2 } as const;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
	const words = wordsOf(args);
	const command = COMMANDS.find((one) => `${words.slice(0, 2).join(" ")} `.startsWith(`${one.words} `));
	if (command === undefined) return overview(words, args);
	const input = readInput(command, args);
	if (!input.ok) return complain(input.failure, command);
	if (input.value === null) {
		process.stdout.write(helpOf(command));
		return 0;
	}
	const answer = await command.run(input.value);
	if (!answer.ok) return complain(answer.failure, command);
	const { body, text, notice, isBad } = answer.value;
	process.stdout.write(input.value.flag("json") ? `${JSON.stringify(body, null, "\t")}\n` : text);
	if (notice !== undefined) process.stderr.write(`${notice}\n`);
	return isBad === true ? EXIT.failed : 0;
}

/** What is no option and no option's value. */
function wordsOf(args: readonly string[]): readonly string[] {
	const options = Object.assign({}, COMMON, ...COMMANDS.map((command) => command.options)) as ParseArgsOptionsConfig;
	return parseArgs({ args: [...args], options, allowPositionals: true, strict: false }).positionals;
}

/** Null: the help is wanted. */
function readInput(command: Command, args: readonly string[]): Result<Input | null, CliFailure> {
	let parsed: ReturnType<typeof parse>;
	try {
		parsed = parse(command, args);
	} catch (error) {
		return err({ code: "usage", reason: error instanceof Error ? error.message : String(error) });
	}
	const { values, positionals } = parsed;
	if (values["help"] === true) return ok(null);
	const operands = positionals.slice(command.words.split(" ").length);
	if (operands.length < command.operandsMin || operands.length > command.operandsMax) {
		const wanted = command.operands === "" ? "nothing" : command.operands;
		return err({ code: "usage", reason: `${command.words} is followed by ${wanted}` });
	}
	const option = (name: string): string | null => {
		const value = values[name];
		return typeof value === "string" ? value : null;
	};
	const url = option("url") ?? variable("PERDURE_URL") ?? LOCAL_URL;
	if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
		return err({ code: "usage", reason: `--url must be an address such as https://perdure.example.workers.dev` });
	}
	const token = option("token") ?? variable("PERDURE_TOKEN") ?? localToken(url);
	return ok({
		api: apiAt(url, token),
		operands,
		option,
		flag: (name) => values[name] === true,
		user: userName(),
		nowMs: Date.now(),
	});
}

function parse(command: Command, args: readonly string[]) {
	const options: ParseArgsOptionsConfig = { ...COMMON, ...command.options };
	return parseArgs({ args: [...args], options, allowPositionals: true });
}

/** An empty one is as good as none. */
function variable(name: string): string | null {
	const value = process.env[name];
	return value === undefined || value === "" ? null : value;
}

/** What `npm start` made; it leaves this machine for no other. */
function localToken(url: string): string | null {
	if (!["localhost", "127.0.0.1", "[::1]"].includes(new URL(url).hostname)) return null;
	try {
		return readFileSync(join(PROJECT, ".wrangler/local/token"), "utf8").trim();
	} catch {
		return null;
	}
}

function userName(): string {
	try {
		return userInfo().username;
	} catch {
		return "unknown";
	}
}

/** The list of commands: asked for, or because nothing else was understood. */
function overview(words: readonly string[], args: readonly string[]): number {
	const width = Math.max(...COMMANDS.map(({ words: name, operands }) => `${name} ${operands}`.length));
	const lines = COMMANDS.map(({ words: name, operands, about }) => {
		return `  perdure ${`${name} ${operands}`.padEnd(width)}  ${about}`;
	});
	const text = `${lines.join("\n")}\n\n${COMMON_HELP}`;
	if (words.length === 0 && (args.length === 0 || args.includes("--help") || args.includes("-h"))) {
		process.stdout.write(text);
		return 0;
	}
	// `perdure silence --help` lists what there is under the word.
	const under = lines.filter((line) => line.startsWith(`  perdure ${words[0] ?? ""} `));
	if (words.length === 1 && under.length > 0 && (args.includes("--help") || args.includes("-h"))) {
		process.stdout.write(`${under.join("\n")}\n\n${COMMON_HELP}`);
		return 0;
	}
	process.stderr.write(`'${words.join(" ").slice(0, 100)}' is no command\n\n${text}`);
	return EXIT.usage;
}

function helpOf({ words, operands, about, help }: Command): string {
	return `perdure ${[words, operands].join(" ").trim()}\n\n${about}\n\n${help}\n${COMMON_HELP}`;
}

function complain({ code, reason }: CliFailure, command: Command): number {
	const help = code === "usage" ? `\n\n${helpOf(command)}` : "\n";
	process.stderr.write(`${reason}${help}`);
	return EXIT[code];
}
