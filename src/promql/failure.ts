/** What can be wrong with an expression or with its evaluation, in Prometheus' words. Values, never exceptions. */

/** The text is not an expression, or its types do not fit. `offset` counts UTF-16 units from 0, line and column from 1. */
export type SyntaxFailure = {
	readonly code: "syntax";
	readonly reason: string;
	readonly offset: number;
	readonly line: number;
	readonly column: number;
};

export type QueryFailure =
	| SyntaxFailure
	/** The question cannot be asked so: a step of zero, too many points. Prometheus' `bad_data`. */
	| { readonly code: "bad_request"; readonly reason: string }
	/** The data do not allow an answer: many-to-many matching, too many samples. Prometheus' `execution`. */
	| { readonly code: "execution"; readonly reason: string }
	/** The deadline came before the answer. Prometheus' `timeout`. */
	| { readonly code: "timeout"; readonly reason: string }
	/** The querier threw. */
	| { readonly code: "storage"; readonly reason: string };

/** A syntax failure at an offset of a text. */
export function syntaxFailure(text: string, offset: number, reason: string): SyntaxFailure {
	return { code: "syntax", reason, offset, ...placeOf(text, offset) };
}

/** Line and column of an offset, both from 1. */
export function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
	const before = text.slice(0, offset);
	return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}

/** One sentence for a person, in the form of Prometheus: `1:5: parse error: unexpected end of input`. */
export function failureText(failure: QueryFailure): string {
	if (failure.code !== "syntax") return failure.reason;
	return `${failure.line}:${failure.column}: parse error: ${failure.reason}`;
}

/** What a querier throws that will not give what is asked for, since it is too much: a failure of the evaluation, not of storage. */
export class SelectRefused extends Error {}

/** A failure of the evaluation. */
export function executionFailure(reason: string): QueryFailure {
	return { code: "execution", reason };
}
