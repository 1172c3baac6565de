/**
 * Reads YAML (and JSON, which is YAML) node by node, so that whatever is wrong is named with its line and column. Hostile
 * text costs bounded time: tokens are counted before a tree is made, and what aliases repeat counts as often as they
 * repeat it. Scalars are texts as they were written; the caller knows what they should be.
 */
import { CST, isAlias, isMap, isScalar, isSeq, Lexer, LineCounter, type Node, parseDocument, visit } from "yaml";
import { err, ok, type Result } from "../lib/result.ts";
import { type Failure, type Issue, invalid } from "../model/errors.ts";
import { RULE_FILE_BYTES_MAX, RULE_FILE_DEPTH_MAX, RULE_FILE_TOKENS_MAX, RULE_ISSUES_MAX } from "../model/limits.ts";

/** A node with its alias resolved; `at` is where it stands, or the alias that points to it. */
export type YamlNode = { readonly node: Node | null; readonly at: number };

/** What a map holds, by key; `keyAt` is where the key stands. */
export type Entries = ReadonlyMap<string, { readonly keyAt: number; readonly value: YamlNode }>;

const TOO_DEEP = "nested too deeply";

/** A document that is being read: notes every issue, and how much was read of it. */
export class YamlSource {
	readonly text: string;
	readonly root: YamlNode;
	readonly #lines: LineCounter;
	readonly #targets: ReadonlyMap<Node, Node>;
	readonly #issues: Issue[] = [];
	#issueCount = 0;
	#charsRead = 0;

	constructor(text: string, root: Node | null, lines: LineCounter, targets: ReadonlyMap<Node, Node>) {
		this.text = text;
		this.#lines = lines;
		this.#targets = targets;
		this.root = this.#resolve(root, 0);
	}

	/** `line 4, column 7`, both from 1. */
	placeOf(offset: number): string {
		const { line, col } = this.#lines.linePos(offset);
		return `line ${Math.max(1, line)}, column ${Math.max(1, col)}`;
	}

	/** Notes what is wrong, and answers null, so that a reader can end with it. */
	complain(at: number, reason: string): null {
		this.#issueCount++;
		if (this.#issues.length < RULE_ISSUES_MAX) this.#issues.push({ place: this.placeOf(at), reason });
		return null;
	}

	/** What is wrong with what was read so far, or null. */
	failure(): Failure | null {
		if (this.#charsRead > RULE_FILE_BYTES_MAX) {
			const what = "characters of the rules once their aliases are expanded";
			return { code: "too_large", what, limit: RULE_FILE_BYTES_MAX, got: this.#charsRead };
		}
		const more = this.#issueCount - this.#issues.length;
		const rest = more > 0 ? [{ place: "further on", reason: `${more} more issues` }] : [];
		return this.#issueCount === 0 ? null : { code: "invalid", issues: [...this.#issues, ...rest] };
	}

	/** Whether so much was read already that the answer can only be "too large": readers stop at it. */
	get isExhausted(): boolean {
		return this.#charsRead > RULE_FILE_BYTES_MAX;
	}

	/** The entries of a map by key, each with the place of the key; nothing there gives an empty one. */
	entries(from: YamlNode, what: string): Entries | null {
		const entries = new Map<string, { keyAt: number; value: YamlNode }>();
		if (isNothing(from.node)) return entries;
		if (!isMap(from.node)) return this.complain(from.at, `${what} must be a map, not ${kindOf(from.node)}`);
		for (const pair of from.node.items) {
			const key = pair.key as Node | null;
			const keyAt = offsetOf(key, from.at);
			if (!isScalar(key) || typeof key.value !== "string") {
				this.complain(keyAt, `a key of ${what} must be a text`);
				continue;
			}
			this.#charsRead += key.value.length;
			const before = entries.get(key.value);
			if (before !== undefined) this.complain(keyAt, `'${short(key.value)}' stands twice in ${what}`);
			else entries.set(key.value, { keyAt, value: this.#resolve(pair.value as Node | null, keyAt) });
		}
		return entries;
	}

	/** The items of a list; nothing there gives an empty one. */
	items(from: YamlNode, what: string): readonly YamlNode[] | null {
		if (isNothing(from.node)) return [];
		if (!isSeq(from.node)) return this.complain(from.at, `${what} must be a list, not ${kindOf(from.node)}`);
		return from.node.items.map((item) => this.#resolve(item as Node | null, from.at));
	}

	/** A scalar as it was written, without quotes; a number is the text of the number. Null: nothing there, or an issue. */
	scalar(from: YamlNode, what: string): string | null {
		if (isNothing(from.node)) return null;
		if (!isScalar(from.node) || typeof from.node.value !== "string") {
			return this.complain(from.at, `${what} must be a text, not ${kindOf(from.node)}`);
		}
		this.#charsRead += from.node.value.length;
		if (!from.node.value.isWellFormed()) return this.complain(from.at, `${what} holds half a surrogate pair`);
		return from.node.value;
	}

	#resolve(node: Node | null, fallback: number): YamlNode {
		const at = offsetOf(node, fallback);
		return { node: node === null ? null : (this.#targets.get(node) ?? node), at };
	}
}

/** Opens a text: the failure says that it is too large or where it is no YAML. */
export function openYaml(text: string): Result<YamlSource, Failure> {
	const bytes = text.length > RULE_FILE_BYTES_MAX ? text.length : new TextEncoder().encode(text).length;
	if (bytes > RULE_FILE_BYTES_MAX) {
		return err({ code: "too_large", what: "bytes of a rule file", limit: RULE_FILE_BYTES_MAX, got: bytes });
	}
	const tooMuch = countTokens(text);
	if (tooMuch !== null) return err(tooMuch);
	const lines = new LineCounter();
	try {
		// Double keys are looked for by `entries`: the library compares each key with each other one.
		const options = { schema: "failsafe", uniqueKeys: false, prettyErrors: false, lineCounter: lines } as const;
		const document = parseDocument(text, options);
		const targets = new Map<Node, Node>();
		const source = new YamlSource(text, document.contents, lines, targets);
		const deep = document.errors.find(({ code }) => code === "RESOURCE_EXHAUSTION");
		if (deep !== undefined) return err(invalid(source.placeOf(deep.pos[0]), TOO_DEEP));
		for (const { pos, message } of document.errors) source.complain(pos[0], message);
		if (document.errors.length === 0) resolveAliases(document.contents, targets, source);
		const failure = source.failure();
		return failure === null ? ok(source) : err(failure);
	} catch (error) {
		// The library recurses, and throws when the stack is at its end.
		if (error instanceof RangeError) return err(invalid("line 1, column 1", TOO_DEEP));
		throw error;
	}
}

/** Looks at the tokens before a tree is made of them: their number, and how deep they nest within one line or in flow. */
function countTokens(text: string): Failure | null {
	let tokens = 0;
	let flowDepth = 0;
	let itemsOfLine = 0;
	let at = 0;
	for (const token of new Lexer().lex(text)) {
		const type = CST.tokenType(token);
		if (++tokens > RULE_FILE_TOKENS_MAX) {
			return { code: "too_large", what: "YAML tokens", limit: RULE_FILE_TOKENS_MAX, got: tokens };
		}
		if (type === "flow-seq-start" || type === "flow-map-start") flowDepth++;
		else if (type === "flow-seq-end" || type === "flow-map-end") flowDepth--;
		else if (type === "newline") itemsOfLine = 0;
		else if (type === "seq-item-ind" || type === "explicit-key-ind") itemsOfLine++;
		if (flowDepth + itemsOfLine > RULE_FILE_DEPTH_MAX) return invalid(placeIn(text, at), TOO_DEEP);
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

/** Finds for each alias the node that it means: the last one before it with that anchor. */
function resolveAliases(root: Node | null, targets: Map<Node, Node>, source: YamlSource): void {
	const anchors = new Map<string, Node>();
	visit(root, {
		Node: (_key, node) => {
			if (isAlias(node)) {
				const target = anchors.get(node.source);
				if (target === undefined) source.complain(offsetOf(node, 0), "no anchor of this name stands before it");
				else targets.set(node, target);
			} else if (node.anchor !== undefined) {
				anchors.set(node.anchor, node);
			}
		},
	});
}

/** Absent, empty, or a null written without quotes. */
function isNothing(node: Node | null): boolean {
	if (node === null) return true;
	return isScalar(node) && node.type === "PLAIN" && /^(?:~|null|Null|NULL|)$/.test(String(node.value));
}

function kindOf(node: Node | null): string {
	return isMap(node) ? "a map" : isSeq(node) ? "a list" : "a text";
}

function offsetOf(node: Node | null, fallback: number): number {
	return node?.range?.[0] ?? fallback;
}

function short(text: string): string {
	return text.slice(0, 60);
}
