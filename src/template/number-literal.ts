/** Numbers and characters as a template writes them. */

import { unquoteCharacter } from "../lib/go-string.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Token } from "./tokens.ts";
import type { NumberLiteral } from "./tree.ts";

const INT_MIN = -(2n ** 63n);
const INT_MAX = 2n ** 63n - 1n;
const INTEGER = /^[+-]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|[0-9]+)$/;
const FLOAT = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

/** What a number or a character is worth. A number behind a zero is octal, as in Go. */
export function parseNumber({ kind, text, at }: Token): Result<NumberLiteral, string> {
	if (kind === "char") return character(text, at);
	const plain = text.replaceAll("_", "");
	const shown = JSON.stringify(text.slice(0, 40));
	if (INTEGER.test(plain)) {
		const int = integer(plain);
		if (int === null) return err(`bad number syntax: ${shown}`);
		if (int < INT_MIN || int > INT_MAX) return err(`integer overflow: ${shown}`);
		return ok({ kind: "number", text, int, float: Number(int), isFloat: false, at });
	}
	if (!FLOAT.test(plain)) return err(`bad number syntax: ${shown}`);
	const float = Number(plain);
	if (!Number.isFinite(float)) return err(`number out of range: ${shown}`);
	const int = Number.isInteger(float) && Math.abs(float) < 2 ** 63 ? BigInt(float) : null;
	return ok({ kind: "number", text, int, float, isFloat: true, at });
}

function integer(text: string): bigint | null {
	const isNegative = text.startsWith("-");
	const digits = text.replace(/^[+-]/, "");
	const octal = /^0[0-9]+$/.test(digits);
	if (octal && /[89]/.test(digits)) return null;
	const size = BigInt(octal ? `0o${digits}` : digits.toLowerCase());
	return isNegative ? -size : size;
}

function character(text: string, at: number): Result<NumberLiteral, string> {
	const code = unquoteCharacter(text.slice(1, -1));
	if (!code.ok) return err(`malformed character constant: ${text.slice(0, 40)}`);
	return ok({ kind: "number", text, int: BigInt(code.value), float: code.value, isFloat: false, at });
}
