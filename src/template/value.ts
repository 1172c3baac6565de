/**
 * The values that templates work on, which keep Go's types apart where Go prints or compares them differently, and the
 * functions they are given to. Plain data: how a value is printed stands in format-value.ts.
 */
import type { Result } from "../lib/result.ts";

/**
 * A JavaScript number is Go's float64, a bigint is Go's int, null is nil. Never make an int of a number by accident:
 * `eq 1 1.0` is an error in Go, and `printf "%d"` of a float says so.
 */
export type TemplateValue =
	| string
	| number
	| bigint
	| boolean
	| null
	| SafeText
	| TemplateList
	| TemplateMap
	| TemplateStruct
	| TemplateTime
	| TemplateDuration;

/** Text that is not escaped when it is inserted into HTML. */
export type SafeText = { readonly kind: "safe"; readonly text: string };

export type TemplateList = {
	readonly kind: "list";
	readonly items: readonly TemplateValue[];
	/** Go's name of the type, such as `[]string`. */
	readonly type: string;
	readonly method?: MethodOf<TemplateList>;
};

export type TemplateMap = {
	readonly kind: "map";
	readonly entries: ReadonlyMap<string, TemplateValue>;
	/** What a key that is missing is worth: "" in a map of strings. */
	readonly zero: string | null;
	readonly type: string;
	readonly method?: MethodOf<TemplateMap>;
};

export type TemplateStruct = {
	readonly kind: "struct";
	/** In the order in which they are printed. */
	readonly fields: ReadonlyMap<string, TemplateValue>;
	readonly type: string;
};

/** An instant: Unix milliseconds, shown in a zone of the IANA database. */
export type TemplateTime = { readonly kind: "time"; readonly ms: number; readonly zone: string };

/** Nanoseconds, as in Go. */
export type TemplateDuration = { readonly kind: "duration"; readonly ns: bigint };

/** The methods of a value by name; null: there is none of that name. A part of a list has the methods of the whole. */
export type MethodOf<T> = (name: string, self: T) => TemplateFunction | null;

/** Go's type of a parameter; `texts` is `[]string`. An argument of another type is refused before the call. */
export type Parameter = "any" | "text" | "float" | "int" | "time" | "duration" | "texts";

/** What a function may use of the expansion it is called in. */
export type CallContext = {
	/** Unix milliseconds; null: this expansion has no clock. */
	readonly nowMs: number | null;
	/** Where the sender is reached; "" when it is not known. */
	readonly externalUrl: string;
	/** Inserted texts are escaped for HTML. */
	readonly html: boolean;
	/** Characters that one text may have. */
	readonly charsMax: number;
	/** Spends steps on work that grows with the input; false: they are used up, and the call has to end. */
	readonly spend: (steps: number) => boolean;
};

export type TemplateFunction = {
	readonly parameters: readonly Parameter[];
	/** The type of any further arguments; null: there are none. */
	readonly rest: Parameter | null;
	/** The arguments have the types of the parameters. The failure is a sentence. */
	readonly call: (args: readonly TemplateValue[], context: CallContext) => Result<TemplateValue, string>;
};

/** A list of texts: Go's `[]string`. */
export function textList(items: readonly string[]): TemplateList {
	return { kind: "list", items, type: "[]string" };
}

/** A map from text to text, as the labels of a rule's template. */
export function textMap(record: Readonly<Record<string, string>>): TemplateMap {
	return { kind: "map", entries: new Map(Object.entries(record)), zero: "", type: "map[string]string" };
}

export function struct(type: string, fields: Readonly<Record<string, TemplateValue>>): TemplateStruct {
	return { kind: "struct", fields: new Map(Object.entries(fields)), type };
}

/** Whether `if`, `with`, `and`, `or` and `not` take the value for true: neither nil, zero nor empty. */
export function isTrue(value: TemplateValue): boolean {
	if (value === null) return false;
	if (typeof value !== "object") return value !== "" && value !== 0 && value !== 0n && value !== false;
	switch (value.kind) {
		case "safe":
			return value.text !== "";
		case "list":
			return value.items.length > 0;
		case "map":
			return value.entries.size > 0;
		case "duration":
			return value.ns !== 0n;
		default:
			return true;
	}
}

/** Go's name of a value's type, as its error messages and `%T` have it. */
export function typeName(value: TemplateValue): string {
	switch (typeof value) {
		case "string":
			return "string";
		case "number":
			return "float64";
		case "bigint":
			return "int";
		case "boolean":
			return "bool";
		default:
	}
	if (value === null) return "<nil>";
	switch (value.kind) {
		case "safe":
			return "template.HTML";
		case "time":
			return "time.Time";
		case "duration":
			return "time.Duration";
		default:
			return value.type;
	}
}

/** The text of a text, escaped or not; null: the value is none. */
export function textOf(value: TemplateValue): string | null {
	if (typeof value === "string") return value;
	return value !== null && typeof value === "object" && value.kind === "safe" ? value.text : null;
}

/** The keys of a map in the order in which `range` and printing go through it. */
export function sortedKeys(map: TemplateMap): string[] {
	return [...map.entries.keys()].sort(byCodePoint);
}

/** Go compares bytes of UTF-8, which is the order of code points, not that of UTF-16. */
export function byCodePoint(a: string, b: string): number {
	const length = Math.min(a.length, b.length);
	for (let i = 0; i < length; i++) {
		const left = a.charCodeAt(i);
		const right = b.charCodeAt(i);
		if (left === right) continue;
		const bothSurrogate = left >= 0xd800 && left <= 0xdfff && right >= 0xd800 && right <= 0xdfff;
		if (bothSurrogate) return left - right;
		if (left >= 0xd800 && left <= 0xdfff) return 1;
		if (right >= 0xd800 && right <= 0xdfff) return -1;
		return left - right;
	}
	return a.length - b.length;
}
