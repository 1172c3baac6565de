/**
 * Matchers of routes, inhibition rules and silences, compiled once. As in Alertmanager, and unlike in PromQL, a dot does not
 * match a newline. Must never use the host's RegExp on what somebody wrote: it backtracks.
 */
import { RE2JS } from "re2js";
import { err, ok, type Result } from "../lib/result.ts";
import type { Labels } from "../model/labels.ts";
import { ROUTING_MEMO_MAX } from "../model/limits.ts";
import { compileRegex, labelValue, type Matcher } from "../model/matcher.ts";

/** A matcher that can be asked. `values`: the only values that it accepts, where they can be listed; else null. */
export type CompiledMatcher = {
	readonly matcher: Matcher;
	readonly accepts: (value: string) => boolean;
	readonly values: readonly string[] | null;
};

/** Expressions that were compiled already, by their text. One for a file, or for all silences. */
export type RegexBook = Map<string, ValueTest>;
type ValueTest = { readonly accepts: (value: string) => boolean; readonly values: readonly string[] | null };

/** `a|b-c|d e`: alternatives of which each stands for itself. They are tests of equality, a thousand times as fast. */
const LITERALS = /^[\w \-:/@#%&,;~"'<>=]*(?:\|[\w \-:/@#%&,;~"'<>=]*)*$/;
/** What every value begins with that an expression without alternatives matches; the last character may be repeated, or not there. */
const PREFIX = /^([\w \-:/@#%&,;~"'<>=]*)(?:[\w \-:/@#%&,;~"'<>=][*?{]|[^\w \-:/@#%&,;~"'<>=*?{|])[^|]*$/;
/** How `match_re` is kept: with the anchors that Alertmanager shows. */
const ANCHORED = /^\^\(\?:([^()]*)\)\$$/;

/** The failure is a sentence that says what is wrong with the regular expression. */
export function compileMatcher(matcher: Matcher, book: RegexBook): Result<CompiledMatcher, string> {
	const { op, value: wanted } = matcher;
	if (op === "=") return ok({ matcher, accepts: (value) => value === wanted, values: [wanted] });
	if (op === "!=") return ok({ matcher, accepts: (value) => value !== wanted, values: null });
	const test = testOf(wanted, book);
	if (!test.ok) return test;
	const { accepts, values } = test.value;
	return ok(
		op === "=~" ? { matcher, accepts, values } : { matcher, accepts: (value) => !accepts(value), values: null },
	);
}

/** All of them, or the first failure. */
export function compileAll(matchers: readonly Matcher[], book: RegexBook): Result<readonly CompiledMatcher[], string> {
	const compiled: CompiledMatcher[] = [];
	for (const matcher of matchers) {
		const one = compileMatcher(matcher, book);
		if (!one.ok) return err(`matcher on label "${matcher.name}": ${one.failure}`);
		compiled.push(one.value);
	}
	return ok(compiled);
}

/** Whether all of them accept; an absent label equals the empty one. */
export function acceptsAll(matchers: readonly CompiledMatcher[], labels: Labels): boolean {
	for (const { matcher, accepts } of matchers) if (!accepts(labelValue(labels, matcher.name))) return false;
	return true;
}

function testOf(pattern: string, book: RegexBook): Result<ValueTest, string> {
	const before = book.get(pattern);
	if (before !== undefined) return ok(before);
	const test = makeTest(pattern);
	if (test.ok) book.set(pattern, test.value);
	return test;
}

function makeTest(pattern: string): Result<ValueTest, string> {
	const inner = ANCHORED.exec(pattern)?.[1] ?? pattern;
	if (LITERALS.test(inner)) {
		const values = [...new Set(inner.split("|"))];
		const known = new Set(values);
		return ok({ accepts: (value) => known.has(value), values });
	}
	// Looked at with PromQL's flags first, for the bound and the sentence.
	const checked = compileRegex(pattern);
	if (!checked.ok) return checked;
	const regex = RE2JS.compile(pattern);
	const matches = remembered((value) => regex.matches(value));
	const prefix = PREFIX.exec(inner)?.[1] ?? "";
	return ok({ accepts: (value) => value.startsWith(prefix) && matches(value), values: null });
}

/** The same few label values come again and again; the memo is dropped whole when it is full. */
function remembered(test: (value: string) => boolean): (value: string) => boolean {
	const known = new Map<string, boolean>();
	return (value) => {
		const before = known.get(value);
		if (before !== undefined) return before;
		if (known.size >= ROUTING_MEMO_MAX) known.clear();
		const now = test(value);
		known.set(value, now);
		return now;
	};
}
