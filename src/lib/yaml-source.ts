/**
 * Reads YAML (and JSON, which is YAML) node by node, so that whatever is wrong is named with its line and column. Hostile
 * text costs bounded time: tokens are counted before a tree is made, and what aliases repeat counts as often as they
 * repeat it. Scalars are texts as they were written; the caller knows what they should be.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from "yaml";
import { err, ok, type Result } from "./result.ts";
import { countTokens } from "./yaml-tokens.ts";
import { plainValue } from "./yaml-value.ts";

/** Bounds of one kind of text. `paths`: places say the path too, `line 4, column 7 (route.routes[0])`. */
export type YamlLimits = {
	/** `a rule file`: what the reader of a failure calls the text. */
	readonly what: string;
	readonly bytes: number;
	readonly tokens: number;
	/** Brackets and list marks inside each other. The YAML library recurses. */
	readonly depth: number;
	/** Issues that are named; the rest are counted. */
	readonly issues: number;
	readonly paths?: boolean;
	/** `<<` merges other maps into one; without it, it is a key like any other. */
	readonly merge?: boolean;
};

export type YamlIssue = { readonly place: string; readonly reason: string };
export type YamlFailure =
	| { readonly code: "invalid"; readonly issues: readonly YamlIssue[] }
	| { readonly code: "too_large"; readonly what: string; readonly limit: number; readonly got: number };

/** Where something stands: the offset in the text, and the path from the root. */
export type YamlPlace = { readonly at: number; readonly path: string };

/** A node with its alias resolved; `at` is where it stands, or the alias that points to it. */
export type YamlNode = YamlPlace & { readonly node: Node | null };

/** What a map holds, by key; `keyAt` is where the key stands. */
export type Entries = ReadonlyMap<string, { readonly keyAt: number; readonly value: YamlNode }>;
type Collected = Map<string, { readonly keyAt: number; readonly value: YamlNode }>;

const TOO_DEEP = "nested too deeply";
const KEY_CHARS_SHOWN = 60;
const MERGE_KEY = "<<";

/** A document that is being read: notes every issue, and how much was read of it. */
export class YamlSource {
	readonly text: string;
	readonly root: YamlNode;
	readonly #limits: YamlLimits;
	readonly #lines: LineCounter;
	readonly #targets: ReadonlyMap<Node, Node>;
	readonly #issues: YamlIssue[] = [];
	#issueCount = 0;
	#charsRead = 0;

	constructor(
		text: string,
		root: Node | null,
		lines: LineCounter,
		targets: ReadonlyMap<Node, Node>,
		limits: YamlLimits,
	) {
		this.text = text;
		this.#limits = limits;
		this.#lines = lines;
		this.#targets = targets;
		this.root = this.#resolve(root, { at: 0, path: "" }, "");
	}

	/** `line 4, column 7`, both from 1; with the path behind it when the limits ask for it. */
	placeOf(where: number | YamlPlace): string {
		const { line, col } = this.#lines.linePos(typeof where === "number" ? where : where.at);
		const place = `line ${Math.max(1, line)}, column ${Math.max(1, col)}`;
		if (this.#limits.paths !== true || typeof where === "number" || where.path === "") return place;
		return `${place} (${where.path})`;
	}

	/** Notes what is wrong, and answers null, so that a reader can end with it. */
	complain(where: number | YamlPlace, reason: string): null {
		this.#issueCount++;
		if (this.#issues.length < this.#limits.issues) this.#issues.push({ place: this.placeOf(where), reason });
		return null;
	}

	/** What is wrong with what was read so far, or null. */
	failure(): YamlFailure | null {
		if (this.isExhausted) {
			const what = `characters of ${this.#limits.what} once its aliases are expanded`;
			return { code: "too_large", what, limit: this.#limits.bytes, got: this.#charsRead };
		}
		const more = this.#issueCount - this.#issues.length;
		const rest = more > 0 ? [{ place: "further on", reason: `${more} more issues` }] : [];
		return this.#issueCount === 0 ? null : { code: "invalid", issues: [...this.#issues, ...rest] };
	}

	/** Whether so much was read already that the answer can only be "too large": readers stop at it. */
	get isExhausted(): boolean {
		return this.#charsRead > this.#limits.bytes;
	}

	/** The entries of a map by key, with what `<<` merges into it; nothing there gives an empty one. */
	entries(from: YamlNode, what: string): Entries | null {
		const entries: Collected = new Map();
		return this.#collect(from, what, entries, 0) ? entries : null;
	}

	/** The items of a list; nothing there gives an empty one. */
	items(from: YamlNode, what: string): readonly YamlNode[] | null {
		if (isNothing(from.node)) return [];
		if (!isSeq(from.node)) return this.complain(from, `${what} must be a list, not ${kindOf(from.node)}`);
		this.#charsRead += from.node.items.length;
		return from.node.items.map((item, i) => this.#resolve(item as Node | null, from, `[${i}]`));
	}

	/** A scalar as it was written, without quotes; a number is the text of the number. Null: nothing there, or an issue. */
	scalar(from: YamlNode, what: string): string | null {
		if (isNothing(from.node)) return null;
		if (!isScalar(from.node) || typeof from.node.value !== "string") {
			return this.complain(from, `${what} must be a text, not ${kindOf(from.node)}`);
		}
		this.#charsRead += from.node.value.length;
		if (!from.node.value.isWellFormed()) return this.complain(from, `${what} holds half a surrogate pair`);
		return from.node.value;
	}

	/** Whether there is nothing: no value, or a null without quotes. */
	isNothing(from: YamlNode): boolean {
		return isNothing(from.node);
	}

	/**
	 * The whole of a node: maps, lists, and scalars. Without quotes `true`, `false`, null, and numbers that come back as they were
	 * written, become such; every other scalar is its text.
	 */
	value(from: YamlNode, what: string, depth = 0): unknown {
		if (this.isExhausted) return null;
		if (depth > this.#limits.depth) return this.complain(from, TOO_DEEP);
		if (isMap(from.node)) {
			const entries = [...(this.entries(from, what) ?? [])];
			return Object.fromEntries(entries.map(([key, { value }]) => [key, this.value(value, what, depth + 1)]));
		}
		if (isSeq(from.node)) return this.items(from, what)?.map((item) => this.value(item, what, depth + 1)) ?? [];
		const text = this.scalar(from, what);
		return text !== null && isScalar(from.node) && from.node.type === "PLAIN" ? plainValue(text) : text;
	}

	/** The node under a path such as `a.b[0]`, or the deepest one on the way to it; its own path is the whole one. */
	find(from: YamlNode, path: string): YamlNode {
		let found = from;
		for (const [, key, index] of path.matchAll(/([^.[\]]+)|\[(\d{1,9})\]/g)) {
			const next: unknown =
				index !== undefined && isSeq(found.node)
					? found.node.items[Number(index)]
					: isMap(found.node)
						? found.node.items.find((pair) => isScalar(pair.key) && pair.key.value === key)?.value
						: undefined;
			if (next === undefined || next === null) break;
			found = this.#resolve(next as Node, found, "");
		}
		const whole = path === "" || path.startsWith("[") || from.path === "" ? path : `.${path}`;
		return { ...found, path: from.path + whole };
	}

	/** Own keys first, then what is merged: a key that is there already stays. */
	#collect(from: YamlNode, what: string, into: Collected, depth: number): boolean {
		if (isNothing(from.node)) return true;
		if (!isMap(from.node)) {
			this.complain(from, `${what} must be a map, not ${kindOf(from.node)}`);
			return false;
		}
		const own = new Set<string>();
		const merges: YamlNode[] = [];
		for (const pair of from.node.items) {
			const key = pair.key as Node | null;
			const keyAt = offsetOf(key, from.at);
			if (!isScalar(key) || typeof key.value !== "string") {
				this.complain({ at: keyAt, path: from.path }, `a key of ${what} must be a text`);
				continue;
			}
			this.#charsRead += key.value.length + 1;
			const step = `${from.path === "" ? "" : "."}${short(key.value)}`;
			const value = this.#resolve(pair.value as Node | null, { at: keyAt, path: from.path }, step);
			if (this.#limits.merge === true && key.value === MERGE_KEY && key.type === "PLAIN") merges.push(value);
			else if (own.has(key.value)) {
				this.complain({ at: keyAt, path: value.path }, `'${short(key.value)}' stands twice in ${what}`);
			} else if (depth === 0 || !into.has(key.value)) into.set(key.value, { keyAt, value });
			own.add(key.value);
		}
		for (const merge of merges) this.#merge({ ...merge, path: from.path }, what, into, depth + 1);
		return true;
	}

	#merge(from: YamlNode, what: string, into: Collected, depth: number): void {
		if (this.isExhausted) return;
		if (depth > this.#limits.depth) this.complain(from, TOO_DEEP);
		else if (isSeq(from.node))
			for (const item of this.items(from, what) ?? []) this.#merge(item, what, into, depth + 1);
		else this.#collect(from, what, into, depth);
	}

	#resolve(node: Node | null, from: YamlPlace, step: string): YamlNode {
		const at = offsetOf(node, from.at);
		return { node: node === null ? null : (this.#targets.get(node) ?? node), at, path: from.path + step };
	}
}

/** Opens a text: the failure says that it is too large or where it is no YAML. */
export function openYaml(text: string, limits: YamlLimits): Result<YamlSource, YamlFailure> {
	const bytes = text.length > limits.bytes ? text.length : new TextEncoder().encode(text).length;
	if (bytes > limits.bytes) {
		return err({ code: "too_large", what: `bytes of ${limits.what}`, limit: limits.bytes, got: bytes });
	}
	const stop = countTokens(text, limits.tokens, limits.depth);
	if (stop?.kind === "tokens") {
		return err({ code: "too_large", what: "YAML tokens", limit: limits.tokens, got: stop.got });
	}
	if (stop !== null) return err(tooDeep(stop.place));
	const lines = new LineCounter();
	try {
		// Double keys are looked for by `entries`: the library compares each key with each other one.
		const options = { schema: "failsafe", uniqueKeys: false, prettyErrors: false, lineCounter: lines } as const;
		const document = parseDocument(text, options);
		const targets = new Map<Node, Node>();
		const source = new YamlSource(text, document.contents, lines, targets, limits);
		const deep = document.errors.find(({ code }) => code === "RESOURCE_EXHAUSTION");
		if (deep !== undefined) return err(tooDeep(source.placeOf(deep.pos[0])));
		for (const { pos, message } of document.errors) source.complain(pos[0], message);
		if (document.errors.length === 0) resolveAliases(document.contents, targets, source);
		const failure = source.failure();
		return failure === null ? ok(source) : err(failure);
	} catch (error) {
		// The library recurses, and throws when the stack is at its end.
		if (error instanceof RangeError) return err(tooDeep("line 1, column 1"));
		throw error;
	}
}

function tooDeep(place: string): YamlFailure {
	return { code: "invalid", issues: [{ place, reason: TOO_DEEP }] };
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
	return text.slice(0, KEY_CHARS_SHOWN);
}
