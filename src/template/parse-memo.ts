/**
 * Keeps the trees of texts that are expanded again and again: the annotations of a rule at every tick, the texts of a
 * receiver at every message. Trees are data that nobody changes, so that they can be shared.
 */
import type { Result } from "../lib/result.ts";
import { TEMPLATE_MEMO_CHARS_MAX, TEMPLATE_MEMO_MAX } from "../model/limits.ts";
import { functionIssue } from "./libraries.ts";
import { parse } from "./parse.ts";
import type { FunctionTable } from "./run.ts";
import type { TemplateIssue } from "./source.ts";
import type { ParsedText } from "./tree.ts";

export type Parsed = Result<ParsedText, TemplateIssue>;

/** Parses texts for one table of functions; dropped whole when it is full. */
export class ParseMemo {
	readonly #functions: FunctionTable;
	readonly #known = new Map<string, Parsed>();

	constructor(functions: FunctionTable) {
		this.#functions = functions;
	}

	/** `variables`: names, with their signs, that the text may use. */
	parse(text: string, variables: readonly string[]): Parsed {
		const key = `${variables.join(" ")}\n${text}`;
		const before = this.#known.get(key);
		if (before !== undefined) return before;
		const check = (name: string): string | null => functionIssue(this.#functions, name);
		const parsed = parse({ name: null, text }, { check, variables });
		if (key.length > TEMPLATE_MEMO_CHARS_MAX) return parsed;
		if (this.#known.size >= TEMPLATE_MEMO_MAX) this.#known.clear();
		this.#known.set(key, parsed);
		return parsed;
	}
}
