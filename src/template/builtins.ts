/** The functions that every Go template has. `and` and `or` stand in evaluate-pipe.ts, since they do not evaluate all. */
import { err, ok, type Result } from "../lib/result.ts";
import { COMPARISONS } from "./compare.ts";
import { escapeHtml, escapeJs, escapeQuery } from "./escape.ts";
import { fixed, variadic } from "./function.ts";
import { print, printf, println } from "./printf.ts";
import {
	type CallContext,
	isTrue,
	type TemplateFunction,
	type TemplateList,
	type TemplateValue,
	textOf,
	typeName,
} from "./value.ts";
import { Writer } from "./writer.ts";

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** The functions by name. */
export const BUILTINS: Readonly<Record<string, TemplateFunction>> = {
	...COMPARISONS,
	not: fixed(["any"], ([value = null]) => ok(!isTrue(value))),
	len: fixed(["any"], ([value = null]) => length(value)),
	index: variadic(["any"], "any", ([value = null, ...keys]) => index(value, keys)),
	slice: variadic(["any"], "any", ([value = null, ...bounds]) => slice(value, bounds)),
	print: variadic([], "any", (args, context) => written(context, (writer) => print(writer, args))),
	println: variadic([], "any", (args, context) => written(context, (writer) => println(writer, args))),
	printf: variadic(["text"], "any", ([format, ...args], context) =>
		written(context, (writer) => printf(writer, format as string, args)),
	),
	html: variadic([], "any", (args, context) => {
		const text = escaped(args, context, escapeHtml);
		// In HTML it would be escaped once more where it is inserted.
		return text.ok && context.html ? ok({ kind: "safe", text: text.value }) : text;
	}),
	js: variadic([], "any", (args, context) => escaped(args, context, escapeJs)),
	urlquery: variadic([], "any", (args, context) => escaped(args, context, escapeQuery)),
};

function written(context: CallContext, write: (writer: Writer) => void): Result<string, string> {
	const writer = new Writer(context.charsMax);
	write(writer);
	return writer.isFull ? err(`the text has more than ${context.charsMax} characters`) : ok(writer.text);
}

function escaped(
	args: readonly TemplateValue[],
	context: CallContext,
	escapeText: (text: string) => string,
): Result<string, string> {
	const only = args.length === 1 ? textOf(args[0] ?? null) : null;
	const text = only === null ? written(context, (writer) => print(writer, args)) : ok(only);
	return text.ok ? ok(escapeText(text.value)) : text;
}

/** Go counts the bytes of a text. */
function length(value: TemplateValue): Result<bigint, string> {
	const text = textOf(value);
	if (text !== null) return ok(BigInt(ENCODER.encode(text).length));
	if (value === null) return err("len of nil pointer");
	if (typeof value === "object" && value.kind === "list") return ok(BigInt(value.items.length));
	if (typeof value === "object" && value.kind === "map") return ok(BigInt(value.entries.size));
	return err(`len of type ${typeName(value)}`);
}

function index(value: TemplateValue, keys: readonly TemplateValue[]): Result<TemplateValue, string> {
	let item = value;
	if (value === null) return err("index of untyped nil");
	for (const key of keys) {
		const next = indexOnce(item, key);
		if (!next.ok) return next;
		item = next.value;
	}
	return ok(item);
}

function indexOnce(value: TemplateValue, key: TemplateValue): Result<TemplateValue, string> {
	if (value !== null && typeof value === "object" && value.kind === "map") {
		if (typeof key !== "string") return err(`value has type ${typeName(key)}; should be string`);
		return ok(value.entries.get(key) ?? value.zero);
	}
	const text = textOf(value);
	if (value === null) return err("index of nil pointer");
	if (text === null && !(typeof value === "object" && value.kind === "list")) {
		return err(`can't index item of type ${typeName(value)}`);
	}
	const items = text === null ? (value as TemplateList).items : ENCODER.encode(text);
	if (typeof key !== "bigint") return err(`cannot index slice/array with type ${typeName(key)}`);
	if (key < 0n || key >= BigInt(items.length)) return err(`index out of range: ${key}`);
	const item = items[Number(key)] ?? null;
	return ok(text !== null && typeof item === "number" ? BigInt(item) : item);
}

/** From the first bound to the second; of a text, bytes. */
function slice(value: TemplateValue, bounds: readonly TemplateValue[]): Result<TemplateValue, string> {
	const text = textOf(value);
	const isList = value !== null && typeof value === "object" && value.kind === "list";
	if (text === null && !isList) return err(`can't slice item of type ${typeName(value)}`);
	if (bounds.length > (isList ? 3 : 2)) return err(`too many slice indexes: ${bounds.length}`);
	const bytes = text === null ? null : ENCODER.encode(text);
	const size = BigInt(bytes?.length ?? (isList ? value.items.length : 0));
	const numbers: bigint[] = [];
	for (const bound of bounds) {
		if (typeof bound !== "bigint") return err(`cannot index slice/array with type ${typeName(bound)}`);
		if (bound < 0n || bound > size) return err(`index out of range: ${bound}`);
		numbers.push(bound);
	}
	const [from = 0n, to = size] = numbers;
	if (from > to) return err(`invalid slice index: ${from} > ${to}`);
	if (bytes !== null) return ok(DECODER.decode(bytes.subarray(Number(from), Number(to))));
	return isList ? ok({ ...value, items: value.items.slice(Number(from), Number(to)) }) : ok(value);
}
