/** Where something in a template is. Kept with every parsed text, so that failures while it runs can say their place too. */

/** A text with templates; `name` is that of its file, null for a text by itself. */
export type Source = { readonly name: string | null; readonly text: string };

/** What is wrong at an offset of a text. */
export type TemplateIssue = { readonly at: number; readonly reason: string };

export type Place = { readonly line: number; readonly column: number };

/** Line and column from 1. */
export function placeOf(text: string, at: number): Place {
	const before = text.slice(0, at);
	return { line: before.split("\n").length, column: at - before.lastIndexOf("\n") };
}

/** One sentence: `line 2, column 5: reason`, with the file before it if there is one. */
export function sentence(source: Source, { at, reason }: TemplateIssue): string {
	const { line, column } = placeOf(source.text, at);
	return `${source.name === null ? "" : `${source.name}: `}line ${line}, column ${column}: ${reason}`;
}
