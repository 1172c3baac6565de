/**
 * A configuration file as it may be shown: whatever stands under a key that names a secret is blotted out, however it is
 * written (in one line, in braces, over several lines, behind an alias), and comments are left out. Pure.
 */
import { parse, stringify } from "yaml";

/** Keys whose values are secrets, in Alertmanager's file and in ours. An address often is one: who knows it may post there. */
const SECRET_KEY = /(?:url|token|key|secret|secret_old|password|credentials|headers)$/i;
/** What `amtool` reads as an address, where it wants one. */
const SECRET_URL = "https://secret.invalid/";
const SECRET = "<secret>";
const OPTIONS = { merge: true, intAsBigInt: true, maxAliasCount: 10_000 } as const;

/** The file without its secrets, in the same order; a text that is no YAML is not shown at all. */
export function withoutSecrets(text: string): string {
	let parsed: unknown;
	try {
		parsed = parse(text, OPTIONS);
	} catch {
		return "# the stored configuration cannot be read any more, and is not shown, since it may hold secrets\n";
	}
	return stringify(blotted(parsed), { lineWidth: 0, aliasDuplicateObjects: false });
}

/** Every text below a secret key is a secret: maps and lists keep their form. */
function blotted(value: unknown, secret: string | null = null): unknown {
	if (Array.isArray(value)) return value.map((item) => blotted(item, secret));
	if (typeof value === "object" && value !== null) {
		return Object.fromEntries(
			Object.entries(value).map(([key, item]) => [key, blotted(item, secret ?? secretOf(key))]),
		);
	}
	return secret === null || value === null || value === "" ? value : secret;
}

function secretOf(key: string): string | null {
	if (!SECRET_KEY.test(key)) return null;
	return /url$/i.test(key) ? SECRET_URL : SECRET;
}
