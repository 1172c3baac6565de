/** Which variables a template text asks for: fields of its dot. What a `range` or `with` makes of the dot is not looked into. */
import { functionIssue, NOTIFICATION_FUNCTIONS } from "./libraries.ts";
import { parse } from "./parse.ts";
import type { Node, Operand, Pipe } from "./tree.ts";

/** The names, each once, in the order of their first use; none for a text that cannot be parsed. */
export function variablesOf(text: string): readonly string[] {
	const check = (name: string): string | null => functionIssue(NOTIFICATION_FUNCTIONS, name);
	const parsed = parse({ name: null, text }, { check });
	if (!parsed.ok) return [];
	const names = new Set<string>();
	walk(parsed.value.main.nodes, true, names);
	return [...names];
}

/** `isRoot`: the dot is still the one that the text began with. `$` always is. */
function walk(nodes: readonly Node[], isRoot: boolean, names: Set<string>): void {
	for (const node of nodes) {
		if ("pipe" in node && node.pipe !== null) walkPipe(node.pipe, isRoot, names);
		if (!("nodes" in node)) continue;
		walk(node.nodes, isRoot && node.kind === "if", names);
		// The dot of `else` is that outside.
		walk(node.otherwise, isRoot, names);
	}
}

function walkPipe(pipe: Pipe, isRoot: boolean, names: Set<string>): void {
	for (const { words } of pipe.commands) for (const word of words) walkOperand(word, isRoot, names);
}

function walkOperand(operand: Operand, isRoot: boolean, names: Set<string>): void {
	if (operand.kind === "pipe") walkPipe(operand.pipe, isRoot, names);
	else if (operand.kind === "chain") walkOperand(operand.of, isRoot, names);
	else if (operand.kind === "field" && isRoot) addName(operand.fields, names);
	else if (operand.kind === "variable" && operand.name === "$") addName(operand.fields, names);
}

function addName(fields: readonly string[], names: Set<string>): void {
	const [name] = fields;
	if (name !== undefined) names.add(name);
}
