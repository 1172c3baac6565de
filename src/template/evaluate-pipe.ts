/** The values of pipelines, commands and operands. After a failure, which the run has noted, every value is null. */
import type { Run } from "./run.ts";
import { durationMethod, timeMethod } from "./time-methods.ts";
import type { Command, NumberLiteral, Operand, Pipe } from "./tree.ts";
import { isTrue, type Parameter, type TemplateFunction, type TemplateValue, textOf, typeName } from "./value.ts";

/** What the command before hands on; undefined: there is none. */
type Final = TemplateValue | undefined;

const GO_TYPES: Readonly<Record<Parameter, string>> = {
	any: "interface {}",
	text: "string",
	float: "float64",
	int: "int",
	time: "time.Time",
	duration: "time.Duration",
	texts: "[]string",
};

/** The value of the last command; the variables of the pipeline take it. */
export function evaluatePipe(run: Run, pipe: Pipe, dot: TemplateValue): TemplateValue {
	let value: Final;
	run.deeper(pipe.at, () => {
		for (const command of pipe.commands) {
			if (!run.step(command.at)) return;
			value = evaluateCommand(run, command, dot, value);
		}
	});
	if (run.isOver) return null;
	for (const name of pipe.variables) {
		if (pipe.assigns) run.assign(pipe.at, name, value ?? null);
		else run.declare(pipe.at, name, value ?? null);
	}
	return value ?? null;
}

function evaluateCommand(run: Run, { words, at }: Command, dot: TemplateValue, final: Final): TemplateValue {
	const [first, ...args] = words;
	switch (first.kind) {
		case "function":
			return callByName(run, first.name, { args, final, dot, at });
		case "field":
			return follow(run, dot, first.fields, { args, final, dot, at });
		case "chain":
			return follow(run, argument(run, first.of, "any", dot), first.fields, { args, final, dot, at });
		case "variable": {
			const value = run.variable(at, first.name);
			if (run.isOver) return null;
			return first.fields.length > 0
				? follow(run, value, first.fields, { args, final, dot, at })
				: unlessCalled(run, value, { args, final, dot, at });
		}
		case "nil":
			return run.fail(at, "nil is not a command");
		default:
			return unlessCalled(run, argument(run, first, "any", dot), { args, final, dot, at });
	}
}

/** How something was called: with which operands, and with what from the command before. */
type Call = {
	readonly args: readonly Operand[];
	readonly final: Final;
	readonly dot: TemplateValue;
	readonly at: number;
};

/** Only functions and methods take arguments. */
function unlessCalled(run: Run, value: TemplateValue, { args, final, at }: Call): TemplateValue {
	return args.length === 0 && final === undefined ? value : run.fail(at, "can't give argument to non-function");
}

/** Goes along fields, keys and methods; the last one gets the arguments. */
function follow(run: Run, start: TemplateValue, fields: readonly string[], call: Call): TemplateValue {
	let value = start;
	for (const [i, field] of fields.entries()) {
		if (run.isOver) return null;
		const isLast = i === fields.length - 1;
		value = access(run, value, field, isLast ? call : { ...call, args: [], final: undefined });
	}
	return value;
}

/** One field, key or method of a value; nil has all of them, and each is nil. */
function access(run: Run, value: TemplateValue, name: string, call: Call): TemplateValue {
	if (value === null) return null;
	const method = methodOf(value, name);
	if (method !== null) return invoke(run, name, method, call);
	const isCalled = call.args.length > 0 || call.final !== undefined;
	if (typeof value === "object" && value.kind === "map") {
		if (isCalled) return run.fail(call.at, `${name} is not a method but has arguments`);
		return value.entries.get(name) ?? value.zero;
	}
	const field = typeof value === "object" && value.kind === "struct" ? value.fields.get(name) : undefined;
	if (field === undefined) return run.fail(call.at, `can't evaluate field ${name} in type ${typeName(value)}`);
	return isCalled ? run.fail(call.at, `${name} has arguments but cannot be invoked as function`) : field;
}

function methodOf(value: TemplateValue, name: string): TemplateFunction | null {
	if (value === null || typeof value !== "object") return null;
	switch (value.kind) {
		case "time":
			return timeMethod(value, name);
		case "duration":
			return durationMethod(value, name);
		case "list":
			return value.method?.(name, value) ?? null;
		case "map":
			return value.method?.(name, value) ?? null;
		default:
			return null;
	}
}

function callByName(run: Run, name: string, call: Call): TemplateValue {
	if (name === "and" || name === "or") return shortCircuit(run, name, call);
	const found = run.library.functions.get(name);
	return found === undefined
		? run.fail(call.at, `function ${JSON.stringify(name)} not defined`)
		: invoke(run, name, found, call);
}

/** The first operand that decides, or the last; those behind it are not evaluated. */
function shortCircuit(run: Run, name: "and" | "or", call: Call): TemplateValue {
	const { args, final, at } = call;
	if (args.length === 0 && final === undefined) {
		return run.fail(at, `wrong number of args for ${name}: want at least 1 got 0`);
	}
	let value: TemplateValue = null;
	for (const arg of args) {
		value = argument(run, arg, "any", call.dot);
		if (run.isOver || isTrue(value) === (name === "or")) return value;
	}
	return final === undefined ? value : final;
}

function invoke(run: Run, name: string, callee: TemplateFunction, { args, final, dot, at }: Call): TemplateValue {
	const { parameters, rest } = callee;
	const got = args.length + (final === undefined ? 0 : 1);
	if (got < parameters.length || (rest === null && got > parameters.length)) {
		const least = rest === null ? "" : "at least ";
		return run.fail(at, `wrong number of args for ${name}: want ${least}${parameters.length} got ${got}`);
	}
	const values: TemplateValue[] = [];
	for (const [i, arg] of args.entries()) {
		values.push(argument(run, arg, parameters[i] ?? rest ?? "any", dot));
		if (run.isOver) return null;
	}
	if (final !== undefined) values.push(convert(run, final, parameters[args.length] ?? rest ?? "any", at));
	const chars = values.reduce((sum: number, value) => sum + weight(value), 0);
	if (!run.step(at, chars)) return null;
	if (chars > 2 * run.context.charsMax) return run.tooLong(at);
	const result = callee.call(values, run.context);
	if (!result.ok) return run.fail(at, `error calling ${name}: ${result.failure}`);
	const size = weight(result.value);
	if (size > run.context.charsMax) return run.tooLong(at);
	return run.step(at, size) ? result.value : null;
}

/** About what it costs to go through a value once, in characters. */
function weight(value: TemplateValue): number {
	if (typeof value === "string") return value.length;
	if (value === null || typeof value !== "object") return 0;
	if (value.kind === "safe") return value.text.length;
	if (value.kind === "map") return value.entries.size;
	if (value.kind !== "list") return 0;
	return value.items.reduce((sum: number, item) => sum + (typeof item === "string" ? item.length + 1 : 1), 0);
}

/** An operand as an argument of a type. A literal number takes the type that is wanted. */
function argument(run: Run, operand: Operand, wanted: Parameter, dot: TemplateValue): TemplateValue {
	switch (operand.kind) {
		case "number":
			return literal(run, operand, wanted);
		case "string":
			return convert(run, operand.value, wanted, operand.at);
		case "bool":
			return convert(run, operand.value, wanted, operand.at);
		case "dot":
			return convert(run, dot, wanted, operand.at);
		case "nil":
			return wanted === "any" ? null : run.fail(operand.at, `cannot assign nil to ${GO_TYPES[wanted]}`);
		case "pipe":
			return convert(run, evaluatePipe(run, operand.pipe, dot), wanted, operand.at);
		default: {
			const value = evaluateCommand(run, { words: [operand], at: operand.at }, dot, undefined);
			return convert(run, value, wanted, operand.at);
		}
	}
}

function literal(run: Run, { int, float, isFloat, text, at }: NumberLiteral, wanted: Parameter): TemplateValue {
	if (wanted === "float") return float;
	if (wanted === "any") return isFloat || int === null ? float : int;
	if (wanted === "int" && int !== null) return int;
	if (wanted === "duration" && int !== null) return { kind: "duration", ns: int };
	return run.fail(at, `expected ${GO_TYPES[wanted]}; found ${text}`);
}

/** A value as one of the wanted type: a safe text is a text, an int a duration; anything else has to be what it is. */
function convert(run: Run, value: TemplateValue, wanted: Parameter, at: number): TemplateValue {
	if (wanted === "any" || run.isOver) return value;
	const expected = GO_TYPES[wanted];
	if (value === null) return run.fail(at, `invalid value; expected ${expected}`);
	if (wanted === "text") return textOf(value) ?? run.fail(at, mismatch(expected, value));
	if (wanted === "duration" && typeof value === "bigint") return { kind: "duration", ns: value };
	return typeName(value) === expected ? value : run.fail(at, mismatch(expected, value));
}

function mismatch(expected: string, value: TemplateValue): string {
	return `wrong type for value; expected ${expected}; got ${typeName(value)}`;
}
