/**
 * A walk over the tokens of a template that never goes back further than one token. The first complaint stays; from then
 * on there is nothing but the end, so that every loop of the parser ends without asking.
 */
import { TEMPLATE_DEPTH_MAX, TEMPLATE_VARIABLES_MAX } from "../model/limits.ts";
import type { TemplateIssue } from "./source.ts";
import type { Token } from "./tokens.ts";

export class Cursor {
	/** The first thing that is wrong; null: nothing so far. */
	issue: TemplateIssue | null = null;
	readonly #tokens: readonly Token[];
	readonly #end: Token;
	#at = 0;
	#depth = 0;
	/** Variables that can be seen here, the innermost last. */
	#variables: string[];

	constructor(tokens: readonly Token[], variables: readonly string[]) {
		this.#tokens = tokens;
		this.#end = tokens.at(-1) ?? { kind: "end", text: "", at: 0 };
		this.#variables = [...variables];
	}

	peek(): Token {
		return this.#tokens[this.#at] ?? this.#end;
	}

	next(): Token {
		const token = this.peek();
		if (this.#at < this.#tokens.length) this.#at++;
		return token;
	}

	/** The next token that is no space; it stays the next one. */
	peekFull(): Token {
		while (this.peek().kind === "space") this.#at++;
		return this.peek();
	}

	nextFull(): Token {
		this.peekFull();
		return this.next();
	}

	/** The token behind the next one, spaces aside. */
	peekSecondFull(): Token {
		let at = this.#at + 1;
		while (this.#tokens[at]?.kind === "space") at++;
		return this.#tokens[at] ?? this.#end;
	}

	fail(at: number, reason: string): null {
		this.issue ??= { at, reason };
		this.#at = this.#tokens.length;
		return null;
	}

	unexpected(token: Token, where: string): null {
		if (token.kind === "end") return this.fail(token.at, "unexpected end of the template");
		return this.fail(token.at, `unexpected ${JSON.stringify(token.text.slice(0, 40))} in ${where}`);
	}

	/** Goes one level down; false: that is too deep, and noted. */
	enter(at: number): boolean {
		if (++this.#depth <= TEMPLATE_DEPTH_MAX) return true;
		this.fail(at, `blocks and parentheses are nested deeper than ${TEMPLATE_DEPTH_MAX}`);
		return false;
	}

	leave(): void {
		this.#depth--;
	}

	declare(name: string, at: number): void {
		this.#variables.push(name);
		if (this.#variables.length > TEMPLATE_VARIABLES_MAX) {
			this.fail(at, `more than ${TEMPLATE_VARIABLES_MAX} variables at one place`);
		}
	}

	isDeclared(name: string): boolean {
		return this.#variables.includes(name);
	}

	/** Reads something whose variables end with it. `only`: those that it starts with, instead of the ones from outside. */
	inScope<T>(read: () => T, only?: readonly string[]): T {
		const outside = this.#variables;
		this.#variables = [...(only ?? outside)];
		const result = read();
		this.#variables = outside;
		return result;
	}
}
