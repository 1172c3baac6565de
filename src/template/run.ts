/** The state of one expansion: what was written, what it may still spend, its variables, and its first failure. */
import { TEMPLATE_DEPTH_MAX, TEMPLATE_VARIABLES_MAX } from "../model/limits.ts";
import { type Source, sentence } from "./source.ts";
import type { Tree } from "./tree.ts";
import type { CallContext, TemplateFunction, TemplateValue } from "./value.ts";
import { Writer } from "./writer.ts";

/** Functions by name. */
export type FunctionTable = ReadonlyMap<string, TemplateFunction>;

/** What an expansion may call. */
export type Library = {
	readonly functions: FunctionTable;
	readonly template: (name: string) => Tree | null;
};

export type Bounds = {
	readonly stepsMax: number;
	/** Characters of the whole text, and of any text within. */
	readonly charsMax: number;
	/** A text that gets too long is cut instead of refused. */
	readonly cuts: boolean;
};

type Variable = { readonly name: string; value: TemplateValue };

const CHARS_PER_STEP = 16;

export class Run {
	/** A sentence with its place; from then on nothing is done. */
	failure: string | null = null;
	readonly library: Library;
	readonly context: CallContext;
	readonly out: Writer;
	readonly #bounds: Bounds;
	#source: Source;
	#steps = 0;
	#depth = 0;
	#variables: Variable[] = [];

	constructor(source: Source, library: Library, bounds: Bounds, context: Omit<CallContext, "spend" | "charsMax">) {
		this.library = library;
		this.out = new Writer(bounds.charsMax);
		this.#bounds = bounds;
		this.#source = source;
		this.context = { ...context, charsMax: bounds.charsMax, spend: (steps) => this.#spend(steps) };
	}

	/** Whether there is anything left to do. */
	get isOver(): boolean {
		return this.failure !== null || this.out.isFull;
	}

	/** Notes the first failure. Null, so that it can be returned for a value. */
	fail(at: number, reason: string): null {
		this.failure ??= sentence(this.#source, { at, reason });
		return null;
	}

	/** Pays for one step and for moving so many characters; false: nothing is left, and that is noted. */
	step(at: number, chars = 0): boolean {
		if (this.isOver) return false;
		if (this.#spend(1 + chars / CHARS_PER_STEP)) return true;
		this.fail(at, `the expansion takes more than ${this.#bounds.stepsMax} steps`);
		return false;
	}

	#spend(steps: number): boolean {
		this.#steps += steps;
		return this.#steps <= this.#bounds.stepsMax;
	}

	/** Adds to the text. */
	write(at: number, text: string): void {
		if (!this.step(at, text.length)) return;
		this.out.add(text);
		if (this.out.isFull && !this.#bounds.cuts) this.tooLong(at);
	}

	/** Notes that a text has more characters than it may. */
	tooLong(at: number): null {
		return this.fail(at, `the text has more than ${this.#bounds.charsMax} characters`);
	}

	/** Does something one level deeper, unless that is too deep. */
	deeper(at: number, act: () => void): void {
		if (++this.#depth > TEMPLATE_DEPTH_MAX) {
			this.fail(at, `blocks, values and templates are nested deeper than ${TEMPLATE_DEPTH_MAX}`);
		} else act();
		this.#depth--;
	}

	/** Does something after which the variables that it made are gone. */
	inScope<T>(act: () => T): T {
		const mark = this.#variables.length;
		const result = act();
		this.#variables.length = mark;
		return result;
	}

	/** Does something in another template: with its source for places, and with no variable but `$`. */
	inTemplate(source: Source, dot: TemplateValue, act: () => void): void {
		const before = { source: this.#source, variables: this.#variables };
		this.#source = source;
		this.#variables = [{ name: "$", value: dot }];
		act();
		this.#source = before.source;
		this.#variables = before.variables;
	}

	declare(at: number, name: string, value: TemplateValue): void {
		if (this.#variables.length >= 2 * TEMPLATE_VARIABLES_MAX) this.fail(at, "too many variables");
		else this.#variables.push({ name, value });
	}

	/** Gives a variable that exists another value. */
	assign(at: number, name: string, value: TemplateValue): void {
		const variable = this.#variables.findLast((one) => one.name === name);
		if (variable === undefined) this.fail(at, `undefined variable ${name}`);
		else variable.value = value;
	}

	variable(at: number, name: string): TemplateValue {
		const variable = this.#variables.findLast((one) => one.name === name);
		return variable === undefined ? this.fail(at, `undefined variable ${name}`) : variable.value;
	}
}
