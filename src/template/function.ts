/** Makers of functions, so that their tables read like signatures. No function is here. */
import type { Parameter, TemplateFunction } from "./value.ts";

/** A function with a fixed number of arguments. */
export function fixed(parameters: readonly Parameter[], call: TemplateFunction["call"]): TemplateFunction {
	return { parameters, rest: null, call };
}

/** A function with any number of further arguments. */
export function variadic(
	parameters: readonly Parameter[],
	rest: Parameter,
	call: TemplateFunction["call"],
): TemplateFunction {
	return { parameters, rest, call };
}
