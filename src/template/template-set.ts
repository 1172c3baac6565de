/**
 * Named templates, and the expansion of texts that use them: what the texts of a receiver and its template files are read
 * by. A set never changes; one with more files is another one.
 */
import { err, ok, type Result } from "../lib/result.ts";
import { TEMPLATE_FILES_MAX, TEMPLATE_OUTPUT_CHARS_MAX, TEMPLATE_STEPS_MAX, TEMPLATES_MAX } from "../model/limits.ts";
import { evaluate } from "./evaluate.ts";
import { functionIssue, NOTIFICATION_FUNCTIONS } from "./libraries.ts";
import { isEmpty, parse } from "./parse.ts";
import { ParseMemo } from "./parse-memo.ts";
import { Run } from "./run.ts";
import { sentence } from "./source.ts";
import type { Node, ParsedText, Tree } from "./tree.ts";
import type { TemplateValue } from "./value.ts";

/** A text with `{{ define }}` blocks. */
export type TemplateFile = { readonly name: string; readonly text: string };

export type ExpandOptions = {
	/** What is inserted is escaped for HTML, as Go's html/template does in text; what `safeHtml` made is not. */
	readonly html?: boolean;
	/** Characters that the text may have; never more than TEMPLATE_OUTPUT_CHARS_MAX. */
	readonly charsMax?: number;
	/** Further variables; their names may leave out the `$`. */
	readonly variables?: Readonly<Record<string, TemplateValue>>;
	/** For `since`, Unix milliseconds. */
	readonly nowMs?: number;
	/** For `externalURL` and `pathPrefix`. */
	readonly externalUrl?: string;
};

type Trees = ReadonlyMap<string, Tree>;

const MEMO = new ParseMemo(NOTIFICATION_FUNCTIONS);

export class TemplateSet {
	static readonly empty: TemplateSet = new TemplateSet(new Map());
	readonly #trees: Trees;

	private constructor(trees: Trees) {
		this.#trees = trees;
	}

	/** The names of all templates, in the order of their definition. */
	get names(): readonly string[] {
		return [...this.#trees.keys()];
	}

	/**
	 * A set with these files added. A later definition replaces an earlier one, unless it is empty, as in Go. The failure
	 * says what is wrong in which file, line and column.
	 */
	with(files: readonly TemplateFile[]): Result<TemplateSet, string> {
		if (files.length > TEMPLATE_FILES_MAX) {
			return err(`${files.length} template files; the limit is ${TEMPLATE_FILES_MAX}`);
		}
		const trees = new Map(this.#trees);
		const check = (name: string): string | null => functionIssue(NOTIFICATION_FUNCTIONS, name);
		for (const source of files) {
			const parsed = parse(source, { check });
			if (!parsed.ok) return err(sentence(source, parsed.failure));
			for (const [name, tree] of definitions(source.name, parsed.value)) add(trees, name, tree);
		}
		if (trees.size > TEMPLATES_MAX) return err(`${trees.size} named templates; the limit is ${TEMPLATES_MAX}`);
		return ok(new TemplateSet(trees));
	}

	/**
	 * What is wrong with a text: its syntax, a function that is not known, a template that is not defined (in the text or
	 * in a template it uses), with line and column; or null. `variables`: names of variables it may use.
	 */
	check(text: string, variables: readonly string[] = []): string | null {
		const parsed = MEMO.parse(text, variables.map(withSign));
		if (!parsed.ok) return sentence({ name: null, text }, parsed.failure);
		return undefinedTemplate(parsed.value.main, this.#together(parsed.value));
	}

	/** Expands a text. Bounded in steps, depth and characters; the failure is a sentence with its place. */
	expand(text: string, dot: TemplateValue, options: ExpandOptions = {}): Result<string, string> {
		const variables = new Map(Object.entries(options.variables ?? {}).map(([name, value]) => [withSign(name), value]));
		const parsed = MEMO.parse(text, [...variables.keys()]);
		if (!parsed.ok) return err(sentence({ name: null, text }, parsed.failure));
		const trees = this.#together(parsed.value);
		const bounds = {
			stepsMax: TEMPLATE_STEPS_MAX,
			charsMax: Math.min(options.charsMax ?? TEMPLATE_OUTPUT_CHARS_MAX, TEMPLATE_OUTPUT_CHARS_MAX),
			cuts: false,
		};
		const library = { functions: NOTIFICATION_FUNCTIONS, template: (name: string) => trees.get(name) ?? null };
		const run = new Run(parsed.value.main.source, library, bounds, {
			nowMs: options.nowMs ?? null,
			externalUrl: options.externalUrl ?? "",
			html: options.html ?? false,
		});
		const expanded = evaluate(run, parsed.value.main, dot, variables);
		return expanded.ok ? ok(expanded.value.text) : expanded;
	}

	/** The set's templates and those that a text defines. */
	#together({ defined }: ParsedText): Trees {
		if (defined.size === 0) return this.#trees;
		const trees = new Map(this.#trees);
		for (const [name, tree] of defined) add(trees, name, tree);
		return trees;
	}
}

function withSign(name: string): string {
	return name.startsWith("$") ? name : `$${name}`;
}

/** What a file defines; what stands outside of its definitions is a template of the file's own name. */
function definitions(file: string, { main, defined }: ParsedText): Trees {
	const base = file.slice(file.lastIndexOf("/") + 1);
	return isEmpty(main) || base === "" ? defined : new Map([[base, main], ...defined]);
}

function add(trees: Map<string, Tree>, name: string, tree: Tree): void {
	if (!trees.has(name) || !isEmpty(tree)) trees.set(name, tree);
}

/** Says which template is used and not defined, by this tree or by one that it leads to; null: all are. */
function undefinedTemplate(main: Tree, trees: Trees): string | null {
	const seen = new Set<Tree>([main]);
	for (const tree of seen) {
		for (const { name, at } of uses(tree.nodes)) {
			const used = trees.get(name);
			if (used === undefined)
				return sentence(tree.source, { at, reason: `template ${JSON.stringify(name)} not defined` });
			seen.add(used);
		}
	}
	return null;
}

type Use = Extract<Node, { kind: "template" }>;

function uses(nodes: readonly Node[]): readonly Use[] {
	return nodes.flatMap((node): readonly Use[] => {
		if (node.kind === "template") return [node];
		return "nodes" in node ? [...uses(node.nodes), ...uses(node.otherwise)] : [];
	});
}
