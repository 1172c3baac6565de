/** Where in a file a place inside an expression is: expressions stand in quotes, or in indented blocks of several lines. */
import { isScalar } from "yaml";
import type { YamlNode, YamlSource } from "../lib/yaml-source.ts";

/** What a checker says of an expression; line and column count from 1 inside the expression. */
export type ExpressionIssue = { readonly reason: string; readonly line?: number; readonly column?: number };

/** Notes an issue of an expression at its place in the file; where that cannot be told, at the expression's beginning. */
export function complainInside(source: YamlSource, from: YamlNode, issue: ExpressionIssue): null {
	const { reason, line = 1, column } = issue;
	if (column === undefined) return source.complain(from, reason);
	const start = startOfLine(source.text, from, line);
	if (start !== null) return source.complain({ at: start + column - 1, path: from.path }, reason);
	return source.complain(from, `${reason} (line ${line}, column ${column} of the text)`);
}

/** The offset in the file at which a line of the expression begins, or null: folded or escaped text has moved. */
function startOfLine(text: string, { node }: YamlNode, line: number): number | null {
	if (!isScalar(node) || typeof node.value !== "string" || !node.range) return null;
	const [from, to] = node.range;
	if (node.type === "BLOCK_LITERAL" || node.type === "BLOCK_FOLDED") {
		// The lines of a folded block are joined by spaces, so only its first one keeps its columns.
		if (node.type === "BLOCK_FOLDED" && line > 1) return null;
		return startOfBlockLine(text.slice(from, to), from, line);
	}
	const start = node.type === "PLAIN" ? from : from + 1;
	return line === 1 && text.startsWith(node.value, start) ? start : null;
}

/** In a block the content follows the header line; every line is indented as its first one with content is. */
function startOfBlockLine(block: string, from: number, line: number): number | null {
	const lines = block.split("\n");
	const indent =
		lines
			.slice(1)
			.find((text) => text.trim() !== "")
			?.search(/\S/) ?? 0;
	if (line >= lines.length) return null;
	const before = lines.slice(0, line).reduce((sum, text) => sum + text.length + 1, 0);
	return from + before + Math.min(indent, lines[line]?.length ?? 0);
}
