/** A place in the tokens of one expression, and the first thing that was wrong with it. Used by the parser alone. */
import { EXPRESSION_DEPTH_MAX } from "../model/limits.ts";
import { type SyntaxFailure, syntaxFailure } from "./failure.ts";
import type { Token } from "./tokens.ts";

/** Moves forward only. Once `failure` is set everything that reads answers null until the parser is out. */
export class Cursor {
	readonly text: string;
	failure: SyntaxFailure | null = null;
	readonly #tokens: readonly Token[];
	#at = 0;
	#depth = 0;

	constructor(text: string, tokens: readonly Token[]) {
		this.text = text;
		this.#tokens = tokens;
	}

	/** The token `ahead` of the next one; past the end it is always the end. */
	peek(ahead = 0): Token {
		return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)] as Token;
	}

	take(): Token {
		const token = this.peek();
		this.#at++;
		return token;
	}

	/** Where the last token ended. */
	get end(): number {
		return this.#tokens[this.#at - 1]?.to ?? 0;
	}

	isSymbol(text: string): boolean {
		const token = this.peek();
		return token.kind === "symbol" && token.text === text;
	}

	/** Takes the symbol if it comes next. */
	skip(text: string): boolean {
		const found = this.isSymbol(text);
		if (found) this.#at++;
		return found;
	}

	/** Takes the symbol, or fails and names the place where it was wanted. */
	expect(text: string, context: string): boolean {
		if (this.skip(text)) return true;
		this.unexpected(context, JSON.stringify(text));
		return false;
	}

	/** One level deeper; false, and a failure, at the bound. Every `enter` needs its `leave`. */
	enter(): boolean {
		this.#depth++;
		if (this.#depth <= EXPRESSION_DEPTH_MAX) return true;
		this.fail(this.peek().from, `expression is nested too deeply: more than ${EXPRESSION_DEPTH_MAX} levels`);
		return false;
	}

	leave(): void {
		this.#depth--;
	}

	/** Notes the first failure; always null, so that it can be returned. */
	fail(offset: number, reason: string): null {
		this.failure ??= syntaxFailure(this.text, offset, reason);
		return null;
	}

	/** Fails at the next token: `unexpected identifier "x" in label matching, expected "}"`. */
	unexpected(context: string, expected: string | null): null {
		const tail = expected === null ? "" : `, expected ${expected}`;
		return this.fail(
			this.peek().from,
			`unexpected ${describe(this.peek())}${context === "" ? "" : ` in ${context}`}${tail}`,
		);
	}
}

function describe(token: Token): string {
	switch (token.kind) {
		case "end":
			return "end of input";
		case "identifier":
			return `identifier ${JSON.stringify(token.text.slice(0, 60))}`;
		case "string":
			return `string ${token.text.slice(0, 60)}`;
		case "number":
			return `number ${JSON.stringify(token.text.slice(0, 60))}`;
		case "symbol":
			return JSON.stringify(token.text);
	}
}
