/** A metric as tests of rules write it: `name{a="b", c='d'}`, `{a="b"}`, `{"a.name", b="c"}`. Equality only. Pure. */
import { unquote } from "../lib/go-string.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Labels } from "../model/labels.ts";

const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const STRING = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`/y;
const SPACE = /\s*/y;
const METRIC_NAME = "__name__";

/** The labels, `__name__` among them where it is given. The failure says where it is no metric. */
export function readMetric(text: string): Result<Labels, string> {
	const reader = new Reader(text);
	const labels: Record<string, string> = {};
	const name = reader.take(NAME);
	if (name !== null) labels[METRIC_NAME] = name;
	const isBraced = reader.skip("{");
	while (isBraced && !reader.skip("}")) {
		const pair = readPair(reader);
		if (!pair.ok) return pair;
		const [label, value] = pair.value;
		labels[label] = value;
		if (!reader.skip(",") && !reader.isAt("}")) return reader.fail('"," or "}"');
	}
	if (!reader.isDone || (name === null && !isBraced)) return reader.fail("a metric");
	return ok(Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== "")));
}

function readPair(reader: Reader): Result<readonly [string, string], string> {
	const quoted = reader.string();
	if (quoted !== null && !quoted.ok) return quoted;
	const label = quoted?.value ?? reader.take(LABEL);
	if (label === null) return reader.fail("a label");
	if (!reader.skip("=")) return quoted === null ? reader.fail('"="') : ok([METRIC_NAME, label]);
	const value = reader.string();
	if (value === null) return reader.fail("a text between quotes");
	return value.ok ? ok([label, value.value]) : value;
}

class Reader {
	readonly #text: string;
	#at = 0;

	constructor(text: string) {
		this.#text = text;
	}

	get isDone(): boolean {
		this.#match(SPACE);
		return this.#at === this.#text.length;
	}

	isAt(symbol: string): boolean {
		this.#match(SPACE);
		return this.#text.startsWith(symbol, this.#at);
	}

	skip(symbol: string): boolean {
		if (!this.isAt(symbol)) return false;
		this.#at += symbol.length;
		return true;
	}

	take(pattern: RegExp): string | null {
		this.#match(SPACE);
		return this.#match(pattern);
	}

	/** A text between quotes, without them; null: none stands here. */
	string(): Result<string, string> | null {
		const text = this.take(STRING);
		if (text === null) return null;
		const mark = text.charAt(0);
		return mark === "`" ? ok(text.slice(1, -1)) : unquote(text.slice(1, -1), mark, "refuse");
	}

	fail(wanted: string): { readonly ok: false; readonly failure: string } {
		const got = this.#at < this.#text.length ? JSON.stringify(this.#text.slice(this.#at, this.#at + 20)) : "the end";
		return err(`${got} at character ${this.#at + 1}, expected ${wanted}`);
	}

	#match(pattern: RegExp): string | null {
		pattern.lastIndex = this.#at;
		const found = pattern.exec(this.#text)?.[0] ?? null;
		if (found !== null) this.#at += found.length;
		return found;
	}
}
