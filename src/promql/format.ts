/**
 * Expressions as Prometheus writes them: on one line (`String`), or broken over lines where one has too many columns
 * (`Prettify`). It needs the text that was parsed, because a tree does not say whether 300 was written as `5m`. Evaluates nothing.
 */
import { formatDuration, parseDuration } from "../lib/duration.ts";
import { quote } from "../lib/go-string.ts";
import { PRETTY_COLUMNS } from "../model/limits.ts";
import type { Matcher } from "../model/matcher.ts";
import type { Aggregate, Binary, Expr, Shift, Subquery, VectorSelector } from "./ast.ts";
import { typeOf } from "./check.ts";
import { formatValue } from "./format-value.ts";

const PLAIN_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const INDENT = "  ";
const ENCODER = new TextEncoder();

/** A number as it counts: Prometheus takes a sign before a literal as part of it. */
export type Literal = { readonly value: number; readonly isDuration: boolean };

/** The expression on one line. `text` is what it was parsed from. */
export function printExpression(expr: Expr, text: string): string {
	return new Printer(text).print(expr);
}

/** The expression over lines of at most `columns` bytes, as far as it can be broken. `text` is what it was parsed from. */
export function prettifyExpression(expr: Expr, text: string, columns = PRETTY_COLUMNS): string {
	return new Printer(text, columns).pretty(expr, 0);
}

/** The number that a literal, or a literal behind signs, stands for; null for any other expression. */
export function literalOf(expr: Expr, text: string): Literal | null {
	if (expr.kind === "number") {
		const written = text.slice(expr.from, expr.to);
		return { value: expr.value, isDuration: written !== "0" && parseDuration(written).ok };
	}
	const inner = expr.kind === "unary" ? literalOf(expr.operand, text) : null;
	if (inner === null || expr.kind !== "unary") return null;
	return expr.op === "-" ? { ...inner, value: -inner.value } : inner;
}

/** The name that stands before the braces of a selector, or "": one inside of them is a matcher like the others. */
export function nameBefore(selector: VectorSelector, text: string): string {
	return text.charAt(selector.from) === "{" ? "" : (selector.matchers[0]?.value ?? "");
}

class Printer {
	readonly #text: string;
	readonly #columns: number;
	/** Every level asks for the length of all that is below it. */
	readonly #printed = new Map<Expr, string>();

	constructor(text: string, columns = Number.POSITIVE_INFINITY) {
		this.#text = text;
		this.#columns = columns;
	}

	print(expr: Expr): string {
		let printed = this.#printed.get(expr);
		if (printed === undefined) {
			printed = this.#printAnew(expr);
			this.#printed.set(expr, printed);
		}
		return printed;
	}

	pretty(expr: Expr, level: number): string {
		const indent = INDENT.repeat(level);
		const printed = this.print(expr);
		if (expr.kind === "unary" && literalOf(expr, this.#text) === null) {
			return `${indent}${expr.op}${this.pretty(expr.operand, level).trim()}`;
		}
		if (!this.#isTooLong(printed)) return expr.kind === "subquery" ? printed : indent + printed;
		switch (expr.kind) {
			case "paren":
				return `${indent}(\n${this.pretty(expr.inner, level + 1)}\n${indent})`;
			case "subquery":
				return this.pretty(expr.inner, level) + suffixOf(expr);
			case "call": {
				const args = expr.args.map((arg) => this.pretty(arg, level + 1));
				return `${indent}${expr.name}(\n${args.join(",\n")}\n${indent})`;
			}
			case "aggregate": {
				const operands = expr.parameter === null ? [expr.operand] : [expr.parameter, expr.operand];
				const inside = operands.map((operand) => this.pretty(operand, level + 1));
				return `${indent}${headOf(expr)}(\n${inside.join(",\n")}\n${indent})`;
			}
			case "binary": {
				const [left, right] = [this.pretty(expr.left, level + 1), this.pretty(expr.right, level + 1)];
				return `${left}\n${indent}${operatorOf(expr)}\n${right}`;
			}
			default:
				return indent + printed;
		}
	}

	#isTooLong(printed: string): boolean {
		if (printed.length > this.#columns) return true;
		return printed.length * 3 > this.#columns && ENCODER.encode(printed).length > this.#columns;
	}

	#printAnew(expr: Expr): string {
		switch (expr.kind) {
			case "number":
				return printLiteral(literalOf(expr, this.#text) as Literal);
			case "string":
				return quote(expr.value);
			case "paren":
				return `(${this.print(expr.inner)})`;
			case "unary": {
				const literal = literalOf(expr, this.#text);
				return literal === null ? expr.op + this.print(expr.operand) : printLiteral(literal);
			}
			case "selector":
				return this.#printSelector(expr) + printAt(expr) + printOffset(expr);
			case "matrix": {
				const { selector, rangeMs } = expr;
				return `${this.#printSelector(selector)}[${formatDuration(rangeMs)}]${printAt(selector)}${printOffset(selector)}`;
			}
			case "subquery":
				return this.print(expr.inner) + suffixOf(expr);
			case "call":
				return `${expr.name}(${expr.args.map((arg) => this.print(arg)).join(", ")})`;
			case "aggregate": {
				const parameter = expr.parameter === null ? "" : `${this.print(expr.parameter)}, `;
				return `${headOf(expr)}(${parameter}${this.print(expr.operand)})`;
			}
			case "binary":
				return `${this.print(expr.left)} ${operatorOf(expr)} ${this.print(expr.right)}`;
		}
	}

	#printSelector(selector: VectorSelector): string {
		const name = nameBefore(selector, this.#text);
		const matchers = (name === "" ? selector.matchers : selector.matchers.slice(1)).map(printMatcher).sort();
		return matchers.length === 0 ? name : `${name}{${matchers.join(",")}}`;
	}
}

function printLiteral({ value, isDuration }: Literal): string {
	if (!isDuration) return formatValue(value);
	return (value < 0 ? "-" : "") + formatDuration(Math.abs(value) * 1_000);
}

function printMatcher({ name, op, value }: Matcher): string {
	return `${printName(name)}${op}${quote(value)}`;
}

function printName(name: string): string {
	return PLAIN_NAME.test(name) ? name : quote(name);
}

function printNames(names: readonly string[]): string {
	return `(${names.map(printName).join(", ")})`;
}

function printAt({ at }: Shift): string {
	if (at === null) return "";
	return at.kind === "time" ? ` @ ${(at.ms / 1_000).toFixed(3)}` : ` @ ${at.kind}()`;
}

function printOffset({ offsetMs }: Shift): string {
	if (offsetMs === null || offsetMs === 0) return "";
	return ` offset ${offsetMs < 0 ? "-" : ""}${formatDuration(Math.abs(offsetMs))}`;
}

function suffixOf(subquery: Subquery): string {
	const step = subquery.stepMs === null ? "" : formatDuration(subquery.stepMs);
	return `[${formatDuration(subquery.rangeMs)}:${step}]${printAt(subquery)}${printOffset(subquery)}`;
}

function headOf({ op, grouping }: Aggregate): string {
	if (grouping.without) return `${op} without ${printNames(grouping.labels)} `;
	return grouping.labels.length > 0 ? `${op} by ${printNames(grouping.labels)} ` : op;
}

/** An operator with what stands behind it. Matching means something between two vectors only; else it is not written. */
function operatorOf({ op, bool, matching, left, right }: Binary): string {
	const head = bool ? `${op} bool` : op;
	if (matching === null || !isVector(left) || !isVector(right)) return head;
	const { on, labels, group, include } = matching;
	if (!on && labels.length === 0 && group === "none") return head;
	const grouped = group === "none" ? "" : ` group_${group} ${printNames(include)}`;
	return `${head} ${on ? "on" : "ignoring"} ${printNames(labels)}${grouped}`;
}

function isVector(expr: Expr): boolean {
	const type = typeOf(expr);
	return type.ok && type.value === "vector";
}
