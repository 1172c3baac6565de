/** The comparisons of templates: eq, ne, lt, le, gt, ge. As in Go, an int and a float cannot be compared. */
import { err, ok, type Result } from "../lib/result.ts";
import { fixed, variadic } from "./function.ts";
import { byCodePoint, type TemplateFunction, type TemplateValue, textOf, typeName } from "./value.ts";

const INCOMPATIBLE = "incompatible types for comparison";

/** The functions by name. `eq` is true when the first argument equals any of the others. */
export const COMPARISONS: Readonly<Record<string, TemplateFunction>> = {
	eq: variadic(["any"], "any", ([first = null, ...others]) => equalsAny(first, others)),
	ne: fixed(["any", "any"], ([a = null, b = null]) => negate(equalsAny(a, [b]))),
	lt: fixed(["any", "any"], ([a = null, b = null]) => isLess(a, b)),
	le: fixed(["any", "any"], ([a = null, b = null]) => isLessOrEqual(a, b)),
	gt: fixed(["any", "any"], ([a = null, b = null]) => negate(isLessOrEqual(a, b))),
	ge: fixed(["any", "any"], ([a = null, b = null]) => negate(isLess(a, b))),
};

function equalsAny(first: TemplateValue, others: readonly TemplateValue[]): Result<boolean, string> {
	if (!isComparable(first)) return err(`uncomparable type ${typeName(first)}`);
	if (others.length === 0) return err("missing argument for comparison");
	for (const other of others) {
		const equal = equals(first, other);
		if (!equal.ok || equal.value) return equal;
	}
	return ok(false);
}

function equals(a: TemplateValue, b: TemplateValue): Result<boolean, string> {
	if (a === null || b === null) return ok(a === b);
	const left = basic(a);
	const right = basic(b);
	if (kindOf(left) !== kindOf(right)) return err(INCOMPATIBLE);
	if (left !== null) return ok(left === right);
	if (!isComparable(b)) return err(`uncomparable type ${typeName(b)}`);
	if (typeName(a) !== typeName(b)) return ok(false);
	return ok(a === b || (typeof a === "object" && typeof b === "object" && sameInstant(a, b)));
}

function sameInstant(a: TemplateValue & object, b: TemplateValue & object): boolean {
	return a.kind === "time" && b.kind === "time" && a.ms === b.ms && a.zone === b.zone;
}

/** Lists and maps have no equality, nor have the structs here, which hold some. */
function isComparable(value: TemplateValue): boolean {
	return value === null || typeof value !== "object" || !["list", "map", "struct"].includes(value.kind);
}

function isLess(a: TemplateValue, b: TemplateValue): Result<boolean, string> {
	const left = basic(a);
	const right = basic(b);
	if (left === null || right === null) return err("invalid type for comparison");
	if (kindOf(left) !== kindOf(right)) return err(INCOMPATIBLE);
	if (typeof left === "boolean") return err("invalid type for comparison");
	if (typeof left === "string" && typeof right === "string") return ok(byCodePoint(left, right) < 0);
	return ok(left < right);
}

function isLessOrEqual(a: TemplateValue, b: TemplateValue): Result<boolean, string> {
	const less = isLess(a, b);
	return !less.ok || less.value ? less : equals(a, b);
}

function negate(result: Result<boolean, string>): Result<boolean, string> {
	return result.ok ? ok(!result.value) : result;
}

/** What can be told apart by its kind alone; a duration is a whole number. */
function basic(value: TemplateValue): string | number | bigint | boolean | null {
	if (value !== null && typeof value === "object") return value.kind === "duration" ? value.ns : textOf(value);
	return value;
}

function kindOf(value: TemplateValue): string {
	return value === null ? "none" : typeof value;
}
