/** The parts of an expression that name labels: `{a="b", c=~"d.*"}` and `(a, "b.c")`. Bounded by the number of matchers. */

import { unquote } from "../lib/go-string.ts";
import { MATCHERS_MAX } from "../model/limits.ts";
import { compileRegex, type Matcher, type MatchOp, matchesEmpty } from "../model/matcher.ts";
import type { VectorSelector } from "./ast.ts";
import type { Cursor } from "./cursor.ts";

const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** A selector, its name taken already or null when it begins with a brace. */
export function parseSelector(cursor: Cursor, name: string | null, from: number): VectorSelector | null {
	const matchers: Matcher[] = [];
	if (cursor.skip("{")) {
		while (!cursor.skip("}")) {
			const matcher = parseLabelMatcher(cursor, name !== null || matchers.some(isName));
			if (matcher === null) return null;
			matchers.push(matcher);
			if (matchers.length >= MATCHERS_MAX)
				return cursor.fail(cursor.peek().from, `more than ${MATCHERS_MAX - 1} matchers`);
			if (!cursor.skip(",") && !cursor.isSymbol("}")) return cursor.unexpected("label matching", '"," or "}"');
		}
	}
	if (name !== null) {
		const twice = matchers.find(isName);
		if (twice !== undefined)
			return cursor.fail(from, `metric name must not be set twice: "${name}" or "${twice.value}"`);
		matchers.unshift({ name: "__name__", op: "=", value: name });
	}
	if (matchers.every(matchesEmpty)) {
		return cursor.fail(from, "vector selector must contain at least one non-empty matcher");
	}
	return { kind: "selector", matchers, offsetMs: null, at: null, from, to: cursor.end };
}

/** Labels in parentheses, quoted ones among them; a comma may trail. */
export function parseLabelList(cursor: Cursor): readonly string[] | null {
	if (!cursor.expect("(", "grouping opts")) return null;
	const labels: string[] = [];
	while (!cursor.skip(")")) {
		const token = cursor.peek();
		const label =
			token.kind === "string" ? readString(cursor) : token.kind === "identifier" ? cursor.take().text : null;
		if (label === null) return cursor.unexpected("grouping opts", "label");
		if (token.kind === "identifier" && !LABEL_NAME.test(label)) {
			return cursor.fail(token.from, `unexpected identifier "${label}" in grouping opts, expected label`);
		}
		if (label === "") return cursor.fail(token.from, "label name must not be empty");
		labels.push(label);
		if (labels.length > MATCHERS_MAX) return cursor.fail(token.from, `more than ${MATCHERS_MAX} labels`);
		if (!cursor.skip(",") && !cursor.isSymbol(")")) return cursor.unexpected("grouping opts", '"," or ")"');
	}
	return labels;
}

/** Takes a string token and undoes its quotes. */
export function readString(cursor: Cursor): string | null {
	const token = cursor.take();
	const mark = token.text.charAt(0);
	const inner = token.text.slice(1, -1);
	if (mark === "`") return inner;
	const value = unquote(inner, mark, "refuse");
	return value.ok ? value.value : cursor.fail(token.from, `invalid escape sequence in ${token.text.slice(0, 60)}`);
}

function isName(matcher: Matcher): boolean {
	return matcher.name === "__name__" && matcher.op === "=";
}

function parseLabelMatcher(cursor: Cursor, named: boolean): Matcher | null {
	const token = cursor.peek();
	if (token.kind !== "identifier" && token.kind !== "string")
		return cursor.unexpected("label matching", 'identifier or "}"');
	const name = token.kind === "string" ? readString(cursor) : cursor.take().text;
	if (name === null) return null;
	if (name === "") return cursor.fail(token.from, "label name must not be empty");
	if (token.kind === "identifier" && !LABEL_NAME.test(name)) {
		return cursor.fail(token.from, `unexpected identifier "${name}" in label matching, expected a label name`);
	}
	// {"a.name"} alone names the metric.
	if (token.kind === "string" && (cursor.isSymbol(",") || cursor.isSymbol("}"))) {
		if (named)
			return cursor.fail(token.from, `metric name must not be set twice: ${JSON.stringify(name)} is the second`);
		return { name: "__name__", op: "=", value: name };
	}
	const op = cursor.peek();
	if (op.kind !== "symbol" || !["=", "!=", "=~", "!~"].includes(op.text)) {
		return cursor.unexpected("label matching", "label matching operator");
	}
	cursor.take();
	const quoted = cursor.peek();
	if (quoted.kind !== "string") return cursor.unexpected("label matching", "string");
	const value = readString(cursor);
	if (value === null) return null;
	const matcher = { name, op: op.text as MatchOp, value };
	if (matcher.op === "=~" || matcher.op === "!~") {
		const regex = compileRegex(value);
		if (!regex.ok) return cursor.fail(quoted.from, regex.failure);
	}
	return matcher;
}
