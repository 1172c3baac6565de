/** The matchers of a route or of a side of an inhibition rule: `match`, `match_re` (both old) and `matchers`, sorted. */
import type { Fields } from "../lib/yaml-fields.ts";
import type { YamlNode } from "../lib/yaml-source.ts";
import { MATCHERS_MAX } from "../model/limits.ts";
import type { Matcher } from "../model/matcher.ts";
import { type ConfigReading, isLabelName, shown } from "./config-reading.ts";
import { parseMatchers, sortMatchers } from "./matcher-text.ts";

type Placed = { readonly matcher: Matcher; readonly node: YamlNode };

/** All three words, whose names begin with `prefix` (`source_`). Every issue is noted with its place. */
export function readMatchers(reading: ConfigReading, fields: Fields, prefix: string): readonly Matcher[] {
	const placed = [
		...readMap(reading, fields.get(`${prefix}match`), `${prefix}match`, false),
		...readMap(reading, fields.get(`${prefix}match_re`), `${prefix}match_re`, true),
		...readList(reading, fields.get(`${prefix}matchers`), `${prefix}matchers`),
	];
	const [first] = placed;
	if (placed.length > MATCHERS_MAX) {
		reading.source.complain(first?.node ?? 0, `${placed.length} matchers; the limit is ${MATCHERS_MAX}`);
		return [];
	}
	return sortMatchers(
		placed.filter(({ matcher, node }) => reading.checkMatcher(node, matcher)).map(({ matcher }) => matcher),
	);
}

/** Alertmanager keeps the expressions of `match_re` with their anchors, and shows them so in keys. */
function readMap(reading: ConfigReading, from: YamlNode | undefined, what: string, isRegex: boolean): Placed[] {
	const entries = from === undefined ? null : reading.source.entries(from, what);
	return [...(entries ?? [])].flatMap(([name, { keyAt, value: node }]): Placed[] => {
		if (!isLabelName(name)) {
			reading.source.complain({ at: keyAt, path: node.path }, `invalid label name ${shown(name)} in ${what}`);
			return [];
		}
		const text = reading.source.scalar(node, `${what}: ${name}`);
		if (!isRegex) return [{ matcher: { name, op: "=", value: text ?? "" }, node }];
		if (text === null) reading.source.complain(node, `invalid regexp value for ${shown(name)}: it is empty`);
		return text === null ? [] : [{ matcher: { name, op: "=~", value: `^(?:${text})$` }, node }];
	});
}

function readList(reading: ConfigReading, from: YamlNode | undefined, what: string): Placed[] {
	return reading.texts(from, what, MATCHERS_MAX).flatMap(({ text, node }) => {
		const matchers = parseMatchers(text);
		if (matchers.ok) return matchers.value.map((matcher) => ({ matcher, node }));
		reading.source.complain(node, matchers.failure);
		return [];
	});
}
