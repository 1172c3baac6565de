/** What a command of `npx perdure` is: its words, its options, and what it asks of a deployment. It prints nothing itself. */
import type { ParseArgsOptionsConfig } from "node:util";
import type { Result } from "../lib/result.ts";
import type { Api, CliFailure } from "./perdure-api.ts";

/**
 * `body` is for programs, `text` for people. `notice`: what both have to know of the answer, such as that it is not the whole one: a
 * line beside it, on stderr. `isBad`: it was answered, but the answer is bad news: exit code 1.
 */
export type Answer = {
	readonly body: unknown;
	readonly text: string;
	readonly notice?: string;
	readonly isBad?: boolean;
};

export type Input = {
	readonly api: Api;
	/** What stands behind the words of the command. */
	readonly operands: readonly string[];
	readonly option: (name: string) => string | null;
	readonly flag: (name: string) => boolean;
	/** Who is at the keyboard, as the machine calls him. */
	readonly user: string;
	readonly nowMs: number;
};

export type Command = {
	/** `silence add`. */
	readonly words: string;
	/** What may follow, such as `MATCHER...`, and how many of it at least and at most. */
	readonly operands: string;
	readonly operandsMin: number;
	readonly operandsMax: number;
	readonly about: string;
	/** Lines on its options and an example. */
	readonly help: string;
	readonly options: ParseArgsOptionsConfig;
	readonly run: (input: Input) => Promise<Result<Answer, CliFailure>>;
};
