/**
 * From the text of a template to its trees, as Go's text/template/parse reads it. Never runs anything: whether a named
 * template exists is asked by whoever has the others (see template-set.ts).
 */

import { unquote } from "../lib/go-string.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { TEMPLATE_CHARS_MAX } from "../model/limits.ts";
import { Cursor } from "./cursor.ts";
import { type CheckFunction, KEYWORDS, type PipeContext, parsePipe } from "./parse-pipe.ts";
import type { Source, TemplateIssue } from "./source.ts";
import { type Token, tokenize } from "./tokens.ts";
import type { Branch, Node, ParsedText, Tree } from "./tree.ts";

export type ParseOptions = {
	readonly check: CheckFunction;
	/** Variables that are there from the start, with their signs; `$` always is. */
	readonly variables?: readonly string[];
};

/** Parses a text and the templates it defines. The failure is the first thing that is wrong. */
export function parse(source: Source, { check, variables = [] }: ParseOptions): Result<ParsedText, TemplateIssue> {
	const { text } = source;
	if (text.length > TEMPLATE_CHARS_MAX) {
		const reason = `a template of ${text.length} characters; the limit is ${TEMPLATE_CHARS_MAX}`;
		return err({ at: 0, reason });
	}
	const tokens = tokenize(text);
	if (!tokens.ok) return tokens;
	const cursor = new Cursor(tokens.value, ["$", ...variables]);
	const parser: Parser = { cursor, check, source, defined: new Map(), ranges: 0 };
	const { nodes, ending } = readNodes(parser, true);
	if (ending.kind !== "end") cursor.fail(ending.at, `unexpected {{${ending.text}}}`);
	if (cursor.issue !== null) return err(cursor.issue);
	return ok({ main: { name: "", source, nodes }, defined: parser.defined });
}

/** Whether a tree prints nothing but spaces: such a definition does not replace another one. */
export function isEmpty({ nodes }: Tree): boolean {
	return nodes.every((node) => node.kind === "text" && node.text.trim() === "");
}

type Parser = {
	readonly cursor: Cursor;
	readonly check: CheckFunction;
	readonly source: Source;
	readonly defined: Map<string, Tree>;
	/** How many ranges are open. */
	ranges: number;
};

/** Nodes up to an `else`, an `end`, or the end of the text; `ending` is that word, or the token `end`. */
type Block = { readonly nodes: readonly Node[]; readonly ending: Token };

function readNodes(parser: Parser, isTop: boolean): Block {
	const { cursor } = parser;
	const nodes: Node[] = [];
	for (;;) {
		const token = cursor.next();
		if (token.kind === "end") return { nodes, ending: token };
		if (token.kind === "text") {
			nodes.push({ kind: "text", text: token.text, at: token.at });
			continue;
		}
		const word = cursor.peekFull();
		const keyword = word.kind === "word" && KEYWORDS.includes(word.text) ? word.text : null;
		if (keyword === "end" || keyword === "else") return { nodes, ending: cursor.next() };
		if (keyword === "define") {
			cursor.next();
			if (isTop) readDefinition(parser);
			else cursor.unexpected(word, "a block");
			continue;
		}
		const node = readAction(parser, keyword, word.at);
		if (node !== null) nodes.push(node);
	}
}

function readAction(parser: Parser, keyword: string | null, at: number): Node | null {
	const { cursor, check } = parser;
	if (keyword !== null) cursor.next();
	switch (keyword) {
		case "if":
		case "with":
		case "range":
			return readBranch(parser, keyword, at);
		case "template":
		case "block":
			return readTemplate(parser, keyword, at);
		case "break":
		case "continue": {
			if (parser.ranges === 0) return cursor.fail(at, `{{${keyword}}} outside {{range}}`);
			expectClose(cursor, `{{${keyword}}}`);
			return { kind: keyword, at };
		}
		default: {
			const pipe = parsePipe(cursor, check, "command");
			return pipe === null ? null : { kind: "action", pipe, at };
		}
	}
}

function readBranch(parser: Parser, kind: Branch["kind"], at: number): Branch | null {
	if (!parser.cursor.enter(at)) return null;
	const branch = parser.cursor.inScope(() => readBranchInside(parser, kind, at));
	parser.cursor.leave();
	return branch;
}

function readBranchInside(parser: Parser, kind: Branch["kind"], at: number): Branch | null {
	const { cursor, check } = parser;
	const pipe = parsePipe(cursor, check, kind satisfies PipeContext);
	if (pipe === null) return null;
	if (kind === "range") parser.ranges++;
	const { nodes, ending } = readNodes(parser, false);
	if (kind === "range") parser.ranges--;
	const otherwise = readOtherwise(parser, kind, ending);
	return otherwise === null ? null : { kind, pipe, nodes, otherwise, at };
}

/** What follows a branch: its end, `else`, or for `if` and `with` another one of the same kind. */
function readOtherwise(parser: Parser, kind: Branch["kind"], ending: Token): readonly Node[] | null {
	const { cursor } = parser;
	if (ending.kind === "end")
		return cursor.fail(ending.at, `unexpected end of the template: {{${kind}}} has no {{end}}`);
	if (ending.text === "end") {
		expectClose(cursor, "end");
		return [];
	}
	const next = cursor.peekFull();
	if (next.kind === "word" && next.text === kind && kind !== "range") {
		cursor.next();
		const branch = readBranch(parser, kind, next.at);
		return branch === null ? null : [branch];
	}
	expectClose(cursor, "else");
	const { nodes, ending: last } = readNodes(parser, false);
	if (last.text !== "end") {
		return cursor.fail(
			last.at,
			last.kind === "end" ? "unexpected end of the template" : "expected end; found {{else}}",
		);
	}
	expectClose(cursor, "end");
	return nodes;
}

/** `{{template "name" pipeline}}`, and `{{block "name" pipeline}}`, which also defines the template. */
function readTemplate(parser: Parser, kind: "template" | "block", at: number): Node | null {
	const { cursor, check } = parser;
	const name = readName(cursor, `${kind} clause`);
	if (name === null) return null;
	let pipe = null;
	if (kind === "block" || cursor.peekFull().kind !== "close") pipe = parsePipe(cursor, check, `${kind} clause`);
	else cursor.next();
	if (kind === "block") readBody(parser, name, at);
	return cursor.issue === null ? { kind: "template", name, pipe, at } : null;
}

function readDefinition(parser: Parser): void {
	const { cursor } = parser;
	const { at } = cursor.peekFull();
	const name = readName(cursor, "define clause");
	if (name === null) return;
	expectClose(cursor, "define clause");
	readBody(parser, name, at);
}

/** The body of a named template, up to its end: it sees no variables from outside, and no range. */
function readBody(parser: Parser, name: string, at: number): void {
	const { cursor, source, defined } = parser;
	if (!cursor.enter(at)) return;
	const inner: Parser = { ...parser, ranges: 0 };
	const { nodes, ending } = cursor.inScope(() => readNodes(inner, false), ["$"]);
	cursor.leave();
	if (ending.text !== "end") {
		const found = ending.kind === "end" ? "the end of the template" : `{{${ending.text}}}`;
		cursor.fail(ending.at, `template ${JSON.stringify(name)} has no {{end}}: found ${found}`);
		return;
	}
	expectClose(cursor, "end");
	const tree: Tree = { name, source, nodes };
	const before = defined.get(name);
	if (before === undefined || isEmpty(before)) defined.set(name, tree);
	else if (!isEmpty(tree)) cursor.fail(at, `multiple definition of template ${JSON.stringify(name)}`);
}

function readName(cursor: Cursor, where: string): string | null {
	const token = cursor.nextFull();
	if (token.kind === "raw") return token.text.slice(1, -1);
	if (token.kind !== "string") return cursor.unexpected(token, where);
	const name = unquote(token.text.slice(1, -1), '"', "replace");
	return name.ok ? name.value : cursor.fail(token.at, name.failure);
}

function expectClose(cursor: Cursor, where: string): void {
	const token = cursor.nextFull();
	if (token.kind !== "close") cursor.unexpected(token, where);
}
