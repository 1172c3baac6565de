/** A configuration file while it is read: its nodes, its issues, its warnings, and what all of its parts share. */

import type { YamlNode, YamlPlace, YamlSource } from "../lib/yaml-source.ts";
import { readBoolean } from "../lib/yaml-value.ts";
import type { Issue } from "../model/errors.ts";
import { CONFIG_ISSUES_MAX, CONFIG_REGEX_CHARS_MAX } from "../model/limits.ts";
import type { Matcher } from "../model/matcher.ts";
import { compileMatcher, type RegexBook } from "./compiled-matcher.ts";

const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

export class ConfigReading {
	readonly source: YamlSource;
	readonly #warnings: Issue[] = [];
	#moreWarnings = 0;
	readonly #book: RegexBook = new Map();
	#regexChars = 0;
	readonly #globalPlaces = new Set<string>();

	constructor(source: YamlSource) {
		this.source = source;
	}

	/** What was read and has no effect, each with its place and why. */
	get warnings(): readonly Issue[] {
		const more = this.#moreWarnings;
		return more === 0 ? this.#warnings : [...this.#warnings, { place: "further on", reason: `${more} more warnings` }];
	}

	/** Notes what has no effect here. */
	warn(where: YamlPlace, reason: string): void {
		if (this.#warnings.length >= CONFIG_ISSUES_MAX) this.#moreWarnings++;
		else this.#warnings.push({ place: this.source.placeOf(where), reason });
	}

	/** Notes issues whose places are paths within a node; one that begins with `global.` is of the whole file, and noted once. */
	complainWithin(from: YamlNode, issues: readonly Issue[]): void {
		for (const { place, reason } of issues) {
			const isGlobal = place.startsWith("global.");
			if (isGlobal && this.#globalPlaces.has(place)) continue;
			if (isGlobal) this.#globalPlaces.add(place);
			this.source.complain(this.source.find(isGlobal ? this.source.root : from, place), reason);
		}
	}

	/** Whether the matcher can be asked; what is wrong with it is noted. */
	checkMatcher(from: YamlPlace, matcher: Matcher): boolean {
		if (matcher.op === "=~" || matcher.op === "!~") {
			if (!this.#book.has(matcher.value)) this.#regexChars += matcher.value.length;
			if (this.#regexChars > CONFIG_REGEX_CHARS_MAX) {
				const got = `regular expressions of more than ${CONFIG_REGEX_CHARS_MAX} characters in one file`;
				this.source.complain(from, `${got}: list values (a|b|c) in fewer of them, or split the file`);
				return false;
			}
		}
		const compiled = compileMatcher(matcher, this.#book);
		if (!compiled.ok) this.source.complain(from, `matcher on label "${matcher.name}": ${compiled.failure}`);
		return compiled.ok;
	}

	/** A list of texts, each with where it stands; no more than `max`. */
	texts(
		from: YamlNode | undefined,
		what: string,
		max: number,
	): readonly { readonly text: string; readonly node: YamlNode }[] {
		const items = from === undefined ? null : this.source.items(from, what);
		if (from === undefined || items === null) return [];
		if (items.length > max) {
			this.source.complain(from, `${items.length} entries in ${what}; the limit is ${max}`);
			return [];
		}
		return items.flatMap((node) => {
			const text = this.source.scalar(node, `an entry of ${what}`);
			return text === null ? [] : [{ text, node }];
		});
	}

	/** Names of labels, each once. */
	labelNames(from: YamlNode | undefined, what: string, max: number): readonly string[] {
		const names = new Set<string>();
		for (const { text, node } of this.texts(from, what, max)) {
			if (!LABEL_NAME.test(text)) this.source.complain(node, `invalid label name ${shown(text)} in ${what}`);
			else if (names.has(text)) this.source.complain(node, `duplicated label ${shown(text)} in ${what}`);
			names.add(text);
		}
		return [...names];
	}

	/** True, false, or what stands for nothing. */
	boolean(from: YamlNode | undefined, what: string, absent: boolean): boolean {
		const text = from === undefined ? null : this.source.scalar(from, what);
		if (from === undefined || text === null) return absent;
		const value = readBoolean(text);
		if (value === null) this.source.complain(from, `${what} must be true or false`);
		return value ?? absent;
	}
}

/** Whether a text is the name of a label. */
export function isLabelName(text: string): boolean {
	return LABEL_NAME.test(text);
}

/** A text of the file in an issue: short, and in quotes. */
export function shown(text: string): string {
	return JSON.stringify(text.slice(0, 60));
}
