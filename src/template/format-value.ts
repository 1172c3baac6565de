/** Values of any kind under one verb of Go's fmt package: `%v` is how templates print whatever they insert. */
import { TEMPLATE_DEPTH_MAX } from "../model/limits.ts";
import { formatScalar, PLAIN, pad, TEXT_VERBS, type Verb } from "./format-scalar.ts";
import {
	sortedKeys,
	type TemplateList,
	type TemplateMap,
	type TemplateStruct,
	type TemplateValue,
	textOf,
	typeName,
} from "./value.ts";
import { Writer } from "./writer.ts";

/** The text of a value as `{{ value }}` prints it, at most so many characters; null: it is longer. */
export function printed(value: TemplateValue, charsMax: number): string | null {
	const writer = new Writer(charsMax);
	writeValue(writer, value, PLAIN);
	return writer.isFull ? null : writer.text;
}

/** Writes a value under a verb, which goes for the elements of a list, and for the keys and values of a map, each. */
export function writeValue(writer: Writer, value: TemplateValue, verb: Verb, depth = 0): void {
	if (writer.isFull) return;
	if (value === null || typeof value !== "object") writer.add(formatScalar(value, verb));
	else if (value.kind === "safe" || value.kind === "time" || value.kind === "duration") {
		writer.add(formatScalar(value, verb));
	} else if (verb.letter === "T") writer.add(pad(typeName(value), verb));
	else if (depth > TEMPLATE_DEPTH_MAX) writer.add("...");
	else if (value.kind === "struct") writeStruct(writer, value, verb, depth);
	else {
		const text = ownText(value, verb);
		if (text !== null) writer.add(formatScalar(text, verb));
		else if (value.kind === "list") writeItems(writer, value.items, verb, depth);
		else writeMap(writer, value, verb, depth);
	}
}

function writeItems(writer: Writer, items: readonly TemplateValue[], verb: Verb, depth: number): void {
	writer.add("[");
	for (const [i, item] of items.entries()) {
		if (writer.isFull) return;
		if (i > 0) writer.add(" ");
		writeValue(writer, item, verb, depth + 1);
	}
	writer.add("]");
}

function writeMap(writer: Writer, map: TemplateMap, verb: Verb, depth: number): void {
	writer.add("map[");
	for (const [i, key] of sortedKeys(map).entries()) {
		if (writer.isFull) return;
		if (i > 0) writer.add(" ");
		writer.add(formatScalar(key, verb));
		writer.add(":");
		writeValue(writer, map.entries.get(key) ?? null, verb, depth + 1);
	}
	writer.add("]");
}

function writeStruct(writer: Writer, { fields }: TemplateStruct, verb: Verb, depth: number): void {
	writer.add("{");
	let isFirst = true;
	for (const [name, value] of fields) {
		if (!isFirst) writer.add(" ");
		if (verb.names) writer.add(`${name}:`);
		writeValue(writer, value, verb, depth + 1);
		isFirst = false;
	}
	writer.add("}");
}

/** What a value says of itself where a text can stand, or null: its method `String`. */
function ownText(value: TemplateList | TemplateMap, verb: Verb): string | null {
	if (!TEXT_VERBS.includes(verb.letter)) return null;
	const method = value.kind === "list" ? value.method?.("String", value) : value.method?.("String", value);
	const text = method?.call([], NO_CONTEXT);
	return text?.ok ? textOf(text.value) : null;
}

/** A method `String` needs nothing of the expansion. */
const NO_CONTEXT = { nowMs: null, externalUrl: "", html: false, charsMax: 0, spend: () => true } as const;
