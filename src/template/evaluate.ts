/** Walks the trees of a template and writes what they give. Pure and bounded: its only world are its arguments. */
import { err, ok, type Result } from "../lib/result.ts";
import { escapeInsertedHtml } from "./escape.ts";
import { evaluatePipe } from "./evaluate-pipe.ts";
import { printed } from "./format-value.ts";
import type { Run } from "./run.ts";
import type { Branch, Node, Pipe, Tree } from "./tree.ts";
import { isTrue, sortedKeys, type TemplateValue, textOf, typeName } from "./value.ts";

/** How a list of nodes ended: `break` and `continue` belong to the next range outside. */
type Ending = "done" | "break" | "continue";

/** What the expansion of a tree gave; `isCut`: there would have been more. */
export type Expanded = { readonly text: string; readonly isCut: boolean };

/** Expands a tree with the dot and further variables (names with their signs). */
export function evaluate(
	run: Run,
	tree: Tree,
	dot: TemplateValue,
	variables: ReadonlyMap<string, TemplateValue>,
): Result<Expanded, string> {
	run.inTemplate(tree.source, dot, () => {
		for (const [name, value] of variables) run.declare(0, name, value);
		walk(run, tree.nodes, dot);
	});
	return run.failure === null ? ok({ text: run.out.text, isCut: run.out.isFull }) : err(run.failure);
}

function walk(run: Run, nodes: readonly Node[], dot: TemplateValue): Ending {
	for (const node of nodes) {
		if (!run.step(node.at)) return "done";
		switch (node.kind) {
			case "text":
				run.write(node.at, node.text);
				break;
			case "action":
				walkAction(run, node.pipe, dot);
				break;
			case "template":
				walkTemplate(run, node, dot);
				break;
			case "break":
			case "continue":
				return node.kind;
			default: {
				const ending = walkBranch(run, node, dot);
				if (ending !== "done") return ending;
			}
		}
	}
	return "done";
}

/** Prints the value of a pipeline, unless a variable takes it. */
function walkAction(run: Run, pipe: Pipe, dot: TemplateValue): void {
	const value = evaluatePipe(run, pipe, dot);
	if (run.isOver || pipe.variables.length > 0) return;
	const text = value === null ? "<no value>" : (textOf(value) ?? printed(value, run.context.charsMax));
	if (text === null) run.tooLong(pipe.at);
	else if (!run.context.html) run.write(pipe.at, text);
	else if (value !== null) run.write(pipe.at, isSafe(value) ? text : escapeInsertedHtml(text));
}

function isSafe(value: TemplateValue): boolean {
	return value !== null && typeof value === "object" && value.kind === "safe";
}

function walkTemplate(run: Run, node: Extract<Node, { kind: "template" }>, dot: TemplateValue): void {
	const tree = run.library.template(node.name);
	if (tree === null) {
		run.fail(node.at, `template ${JSON.stringify(node.name)} not defined`);
		return;
	}
	const inner = node.pipe === null ? null : run.inScope(() => evaluatePipe(run, node.pipe as Pipe, dot));
	if (run.isOver) return;
	run.deeper(node.at, () => run.inTemplate(tree.source, inner, () => walk(run, tree.nodes, inner)));
}

function walkBranch(run: Run, branch: Branch, dot: TemplateValue): Ending {
	let ending: Ending = "done";
	run.deeper(branch.at, () => {
		ending = run.inScope(() => (branch.kind === "range" ? walkRange(run, branch, dot) : walkIf(run, branch, dot)));
	});
	return ending;
}

function walkIf(run: Run, branch: Branch, dot: TemplateValue): Ending {
	const value = evaluatePipe(run, branch.pipe, dot);
	if (run.isOver) return "done";
	if (!isTrue(value)) return walk(run, branch.otherwise, dot);
	return walk(run, branch.nodes, branch.kind === "with" ? value : dot);
}

/** A `break` or `continue` in the part behind `else` belongs to a range further out. */
function walkRange(run: Run, branch: Branch, dot: TemplateValue): Ending {
	const subject = evaluatePipe(run, branch.pipe, dot);
	if (run.isOver) return "done";
	const entries = entriesOf(subject);
	if (entries === null) {
		run.fail(branch.pipe.at, `range can't iterate over a value of type ${typeName(subject)}`);
		return "done";
	}
	if (!run.step(branch.at, 16 * entries.length)) return "done";
	if (entries.length === 0) return walk(run, branch.otherwise, dot);
	for (const [key, value] of entries) {
		if (!run.step(branch.at)) break;
		const ending = run.inScope(() => {
			setRangeVariables(run, branch.pipe, key, value);
			return walk(run, branch.nodes, value);
		});
		if (ending === "break") break;
	}
	return "done";
}

type Entry = readonly [key: TemplateValue, value: TemplateValue];

/** Keys and values to go through; null: the value is nothing that has any. */
function entriesOf(value: TemplateValue): readonly Entry[] | null {
	if (value === null) return [];
	if (typeof value !== "object") return null;
	if (value.kind === "list") return value.items.map((item, i): Entry => [BigInt(i), item]);
	if (value.kind === "map") return sortedKeys(value).map((key): Entry => [key, value.entries.get(key) ?? null]);
	return null;
}

/** With one variable it is the element, with two the first is the key. */
function setRangeVariables(run: Run, pipe: Pipe, key: TemplateValue, value: TemplateValue): void {
	const [first, second] = pipe.variables;
	const set = (name: string, to: TemplateValue): void => {
		if (pipe.assigns) run.assign(pipe.at, name, to);
		else run.declare(pipe.at, name, to);
	};
	if (first !== undefined) set(first, second === undefined ? value : key);
	if (second !== undefined) set(second, value);
}
