/** What a template's text means: the nodes of its tree. Data only; `at` is an offset into the source. */
import type { Source } from "./source.ts";

export type Tree = { readonly name: string; readonly source: Source; readonly nodes: readonly Node[] };

/** A text parsed by itself: its own tree, and those that it defines. */
export type ParsedText = { readonly main: Tree; readonly defined: ReadonlyMap<string, Tree> };

export type Node =
	| { readonly kind: "text"; readonly text: string; readonly at: number }
	| { readonly kind: "action"; readonly pipe: Pipe; readonly at: number }
	| Branch
	| { readonly kind: "template"; readonly name: string; readonly pipe: Pipe | null; readonly at: number }
	| { readonly kind: "break" | "continue"; readonly at: number };

export type Branch = {
	readonly kind: "if" | "with" | "range";
	readonly pipe: Pipe;
	readonly nodes: readonly Node[];
	readonly otherwise: readonly Node[];
	readonly at: number;
};

/** Commands, the value of each of which is the last argument of the next; and the variables that take the last value. */
export type Pipe = {
	readonly variables: readonly string[];
	/** `=` instead of `:=`. */
	readonly assigns: boolean;
	readonly commands: readonly Command[];
	readonly at: number;
};

/** A value or a function, and its arguments. */
export type Command = { readonly words: readonly [Operand, ...Operand[]]; readonly at: number };

export type Operand =
	| { readonly kind: "dot" | "nil"; readonly at: number }
	| { readonly kind: "string"; readonly value: string; readonly at: number }
	| { readonly kind: "bool"; readonly value: boolean; readonly at: number }
	| NumberLiteral
	| { readonly kind: "function"; readonly name: string; readonly at: number }
	/** Of the dot: `.Labels.severity`. */
	| { readonly kind: "field"; readonly fields: readonly string[]; readonly at: number }
	/** `$x`, `$x.Labels`; the name has its sign. */
	| { readonly kind: "variable"; readonly name: string; readonly fields: readonly string[]; readonly at: number }
	/** `(index .Alerts 0).Labels`. */
	| { readonly kind: "chain"; readonly of: Operand; readonly fields: readonly string[]; readonly at: number }
	| { readonly kind: "pipe"; readonly pipe: Pipe; readonly at: number };

/** Go's constants have no type until they are used: `1e3` is an int where one is wanted, and a float otherwise. */
export type NumberLiteral = {
	readonly kind: "number";
	readonly text: string;
	readonly int: bigint | null;
	readonly float: number;
	/** It is a float where any type is taken. */
	readonly isFloat: boolean;
	readonly at: number;
};
