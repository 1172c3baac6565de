/**
 * What `JSON.parse` does not say: where a document is broken, and which members stand twice in one object. As strict as
 * `JSON.parse` (RFC 8259) up to a bound of depth and of values, which keep a small body from filling the isolate's
 * memory with objects. It builds no values, and must not recurse.
 */
import { JSON_DEPTH_MAX, JSON_VALUES_MAX } from "../model/limits.ts";

/** A path into a document: member names and array indexes. */
export type JsonPath = readonly (string | number)[];

export type JsonCheck =
	| { readonly kind: "malformed"; readonly offset: number; readonly expected: string }
	| { readonly kind: "excessive"; readonly what: string; readonly limit: number }
	/** `duplicates`: where a member stands again; at most one for each element on the second level. */
	| { readonly kind: "wellformed"; readonly duplicates: readonly JsonPath[] };

type Frame = { readonly keys: Set<string> | null; at: string | number };

/** Walks a whole document. */
export function checkJson(text: string): JsonCheck {
	const walker = new Walker(text);
	const expected = walker.walk();
	if (walker.excess !== null) return { kind: "excessive", ...walker.excess };
	if (expected !== null) return { kind: "malformed", offset: walker.pos, expected };
	return { kind: "wellformed", duplicates: walker.duplicates };
}

/** A place in a text as people count: `line 4, column 7`. */
export function lineColumn(text: string, offset: number): string {
	const before = text.slice(0, offset);
	const line = before.split("\n").length;
	return `line ${line}, column ${offset - (before.lastIndexOf("\n") + 1) + 1}`;
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = /[ \t\n\r]*/y;

class Walker {
	readonly duplicates: JsonPath[] = [];
	excess: { readonly what: string; readonly limit: number } | null = null;
	#values = 0;
	readonly #text: string;
	readonly #stack: Frame[] = [];
	pos = 0;

	constructor(text: string) {
		this.#text = text;
	}

	/** Null, or what should have stood at `pos`. */
	walk(): string | null {
		for (;;) {
			const wrong = this.#value();
			if (wrong !== null) return wrong;
			for (;;) {
				this.#skip(SPACE);
				const frame = this.#stack.at(-1);
				const char = this.#text[this.pos];
				if (frame === undefined) return this.pos === this.#text.length ? null : "the end of the document";
				if (char === ",") {
					this.pos++;
					const missing = this.#next(frame);
					if (missing !== null) return missing;
					break;
				}
				if (char !== (frame.keys === null ? "]" : "}")) return frame.keys === null ? "',' or ']'" : "',' or '}'";
				this.pos++;
				this.#stack.pop();
			}
		}
	}

	/** One scalar, or the opening of everything down to the first scalar; empty containers count as scalars. */
	#value(): string | null {
		for (;;) {
			this.#skip(SPACE);
			const char = this.#text[this.pos];
			if (++this.#values > JSON_VALUES_MAX) this.excess = { what: "values in a document", limit: JSON_VALUES_MAX };
			if (this.#stack.length > JSON_DEPTH_MAX) this.excess = { what: "levels of nesting", limit: JSON_DEPTH_MAX };
			if (this.excess !== null) return "less";
			if (char === "{" || char === "[") {
				this.pos++;
				this.#skip(SPACE);
				if (this.#text[this.pos] === (char === "{" ? "}" : "]")) {
					this.pos++;
					return null;
				}
				const frame: Frame = { keys: char === "{" ? new Set() : null, at: -1 };
				this.#stack.push(frame);
				const missing = this.#next(frame);
				if (missing !== null) return missing;
				continue;
			}
			if (char === '"') return this.#string() === null ? "a character that may stand in a text" : null;
			for (const word of ["true", "false", "null"]) {
				if (this.#text.startsWith(word, this.pos)) {
					this.pos += word.length;
					return null;
				}
			}
			return this.#skip(NUMBER) ? null : "a value";
		}
	}

	/** Steps to the next element, or reads the next member's name and its colon. */
	#next(frame: Frame): string | null {
		if (frame.keys === null) {
			frame.at = (frame.at as number) + 1;
			return null;
		}
		this.#skip(SPACE);
		if (this.#text[this.pos] !== '"') return "a member's name in double quotes";
		const name = this.#string();
		if (name === null) return "a character that may stand in a text";
		frame.at = name;
		if (frame.keys.has(name)) this.#repeat(this.#stack.map((each) => each.at));
		frame.keys.add(name);
		this.#skip(SPACE);
		if (this.#text[this.pos] !== ":") return "':'";
		this.pos++;
		return null;
	}

	#repeat(path: JsonPath): void {
		const last = this.duplicates.at(-1);
		if (last === undefined || last[0] !== path[0] || last[1] !== path[1]) this.duplicates.push(path);
	}

	/** The text in the quotes, unescaped; null if it does not end. */
	#string(): string | null {
		const start = this.pos;
		let escaped = false;
		this.pos++;
		for (;;) {
			const code = this.#text.charCodeAt(this.pos);
			if (code === QUOTE) break;
			if (code === BACKSLASH) {
				escaped = true;
				if (!this.#skip(ESCAPE)) return null;
			} else if (code >= 0x20) this.pos++;
			else return null; // A control character, or NaN past the end.
		}
		this.pos++;
		const raw = this.#text.slice(start, this.pos);
		return escaped ? (JSON.parse(raw) as string) : raw.slice(1, -1);
	}

	/** Steps over what the sticky expression matches; whether that was anything. */
	#skip(expression: RegExp): boolean {
		expression.lastIndex = this.pos;
		if (!expression.test(this.#text)) return false;
		const moved = expression.lastIndex > this.pos;
		this.pos = expression.lastIndex;
		return moved;
	}
}
