/** Fields of a YAML map that is being read: which keys it may have, and durations in it. Every issue is noted in the source. */
import { parseDuration } from "./duration.ts";
import type { Entries, YamlNode, YamlSource } from "./yaml-source.ts";

/** The fields that are there, by name. */
export type Fields = ReadonlyMap<string, YamlNode>;

const KEY_CHARS_SHOWN = 60;

/** The entries of a map whose keys are known; any other is refused by name. */
export function knownFields(source: YamlSource, entries: Entries, what: string, known: readonly string[]): Fields {
	const fields = new Map<string, YamlNode>();
	for (const [name, { keyAt, value }] of entries) {
		if (known.includes(name)) fields.set(name, value);
		else {
			const reason = `'${name.slice(0, KEY_CHARS_SHOWN)}' is not known in ${what}: it has ${known.join(", ")}`;
			source.complain({ at: keyAt, path: value.path }, reason);
		}
	}
	return fields;
}

/** Milliseconds, or null when there is none (or none that is right). */
export function readDuration(source: YamlSource, from: YamlNode | undefined, what: string): number | null {
	const text = from === undefined ? null : source.scalar(from, what);
	if (from === undefined || text === null) return null;
	const duration = parseDuration(text);
	return duration.ok ? duration.value : source.complain(from, `${what}: ${duration.failure}`);
}
