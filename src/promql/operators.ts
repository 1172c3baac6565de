/** What the operators do with two numbers, exactly as Go's mathematics do. */
import type { ArithmeticOp, BinaryOp, CompareOp } from "./ast.ts";

type OfNumbers = (left: number, right: number) => number;

const ARITHMETIC: Readonly<Record<ArithmeticOp, OfNumbers>> = {
	"+": (left, right) => left + right,
	"-": (left, right) => left - right,
	"*": (left, right) => left * right,
	"/": (left, right) => left / right,
	"%": (left, right) => left % right,
	"^": power,
	atan2: Math.atan2,
};

const COMPARE: Readonly<Record<CompareOp, (left: number, right: number) => boolean>> = {
	"==": (left, right) => left === right,
	"!=": (left, right) => left !== right,
	">": (left, right) => left > right,
	"<": (left, right) => left < right,
	">=": (left, right) => left >= right,
	"<=": (left, right) => left <= right,
};

/** An arithmetic operator, or null when `op` is none. */
export function arithmetic(op: BinaryOp): OfNumbers | null {
	return Object.hasOwn(ARITHMETIC, op) ? ARITHMETIC[op as ArithmeticOp] : null;
}

/** A comparison. */
export function comparison(op: CompareOp): (left: number, right: number) => boolean {
	return COMPARE[op];
}

/** The greater of two, as in Go: infinity wins over NaN, NaN over numbers. */
export function greater(a: number, b: number): number {
	return a === Number.POSITIVE_INFINITY || b === Number.POSITIVE_INFINITY ? Number.POSITIVE_INFINITY : Math.max(a, b);
}

/** The lesser of two, likewise. */
export function lesser(a: number, b: number): number {
	return a === Number.NEGATIVE_INFINITY || b === Number.NEGATIVE_INFINITY ? Number.NEGATIVE_INFINITY : Math.min(a, b);
}

/** JavaScript gives NaN for 1 ^ NaN and (-1) ^ Inf, where C, Go and IEEE 754 give 1. */
function power(base: number, exponent: number): number {
	if (base === 1 || (base === -1 && Math.abs(exponent) === Number.POSITIVE_INFINITY)) return 1;
	return base ** exponent;
}
