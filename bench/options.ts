/**
 * What the command line of a benchmark or of a test that is a program of its own may say. `--help` prints that and ends with 0;
 * what nobody knows is one line, and ends with 2, before anything was started.
 */
import { type ParseArgsConfig, parseArgs } from "node:util";

type Known = NonNullable<ParseArgsConfig["options"]>;
type Values<O extends Known> = ReturnType<
	typeof parseArgs<{ options: O; strict: true; allowPositionals: false }>
>["values"];

/** Reads the options of `npm run <script>`. `about` says in a sentence what it does; `says` what each option means. */
export function readOptions<O extends Known>(
	script: string,
	about: string,
	options: O,
	says: { readonly [K in keyof O]: string },
): Values<O> {
	try {
		const { values } = parseArgs({ options: { ...options, help: { type: "boolean" } } as O, strict: true });
		if ((values as { readonly help?: boolean }).help !== true) return values as Values<O>;
	} catch (error) {
		return refuse(error instanceof Error ? error.message : String(error));
	}
	const names = Object.entries({ ...options, help: { type: "boolean" } }).map(
		([name, { type }]) => `--${name}${type === "string" ? " <...>" : ""}`,
	);
	const width = Math.max(...names.map((name) => name.length));
	const lines = names.map((name, i) => `  ${name.padEnd(width)}  ${Object.values(says)[i] ?? "this text"}\n`);
	process.stdout.write(`npm run ${script} [-- options]\n\n${about}\n\n${lines.join("")}`);
	process.exit(0);
}

/** A whole number that an option gave, or the standard one. */
export function wholeOf(name: string, text: string | undefined, standardValue: number): number {
	const value = text === undefined ? standardValue : Number(text);
	if (Number.isSafeInteger(value) && value >= 0 && text !== "") return value;
	return refuse(`--${name} must be a whole number`);
}

function refuse(why: string): never {
	process.stderr.write(`${why.split("\n", 1)[0]} (--help says what there is)\n`);
	process.exit(2);
}

/** For those that know this one option alone. */
export function wantsJson(script: string, about: string): boolean {
	const { json } = readOptions(script, about, { json: { type: "boolean" } } as const, { json: JSON_SAYS });
	return json ?? false;
}

/** What `--json` does, wherever it is. */
export const JSON_SAYS = "print one JSON object instead of tables";
