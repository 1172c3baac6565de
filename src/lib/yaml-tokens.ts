/** Looks at the tokens of a YAML text before a tree is made of them: hostile text is stopped here, at a cost that is bounded. */
import { CST, Lexer } from "yaml";

/** What stops a text: more tokens than may be, or too much inside each other (`line 1, column 1`, both from 1). */
export type TokenStop =
	| { readonly kind: "tokens"; readonly got: number }
	| { readonly kind: "depth"; readonly place: string };

/** Counts the tokens, and how deep they nest within one line or in flow. Null: within both limits. */
export function countTokens(text: string, tokensMax: number, depthMax: number): TokenStop | null {
	let tokens = 0;
	let flowDepth = 0;
	let itemsOfLine = 0;
	let at = 0;
	for (const token of new Lexer().lex(text)) {
		const type = CST.tokenType(token);
		if (++tokens > tokensMax) return { kind: "tokens", got: tokens };
		if (type === "flow-seq-start" || type === "flow-map-start") flowDepth++;
		else if (type === "flow-seq-end" || type === "flow-map-end") flowDepth--;
		else if (type === "newline") itemsOfLine = 0;
		else if (type === "seq-item-ind" || type === "explicit-key-ind") itemsOfLine++;
		if (flowDepth + itemsOfLine > depthMax) return { kind: "depth", place: placeIn(text, at) };
		if (!isMark(type)) at += token.length;
	}
	return null;
}

/** The lexer puts marks between its tokens that do not stand in the text. */
function isMark(type: CST.TokenType | null): boolean {
	return type === "doc-mode" || type === "flow-error-end" || type === "scalar";
}

function placeIn(text: string, offset: number): string {
	const before = text.slice(0, offset);
	return `line ${before.split("\n").length}, column ${offset - before.lastIndexOf("\n")}`;
}
