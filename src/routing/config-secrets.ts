/**
 * A configuration file as it may be shown: whatever stands under a key that names a secret is blotted out, however it is
 * written (in one line, in braces, over several lines), and so is the same value wherever else it stands, for an anchor or
 * an alias may put it under a harmless key. Comments are left out. Pure.
 */
import {
	type Alias,
	type Document,
	isAlias,
	isNode,
	isPair,
	isScalar,
	type Node,
	type Pair,
	parseDocument,
	stringify,
	visit,
} from "yaml";
import { SECRET_CHARS_MIN } from "../model/limits.ts";

/** Keys whose values are secrets, in Alertmanager's file and in ours. An address often is one: who knows it may post there. */
const SECRET_KEY = /(?:url|token|key|secret|secret_old|password|credentials|headers)$/i;
/** What `amtool` reads as an address, where it wants one. */
const SECRET_URL = "https://secret.invalid/";
const SECRET = "<secret>";
const OPTIONS = { merge: true, intAsBigInt: true } as const;
const ALIASES_MAX = 10_000;

/** The file without its secrets, in the same order; a text that is no YAML is not shown at all. */
export function withoutSecrets(text: string): string {
	let parsed: unknown;
	let secrets: ReadonlySet<string>;
	try {
		const document = parseDocument(text, OPTIONS);
		if (document.errors.length > 0) throw document.errors[0];
		secrets = secretsOf(document);
		parsed = document.toJS({ maxAliasCount: ALIASES_MAX });
	} catch {
		return "# the stored configuration cannot be read any more, and is not shown, since it may hold secrets\n";
	}
	return stringify(blotted(parsed, secrets, null), { lineWidth: 0, aliasDuplicateObjects: false });
}

/**
 * The values of all secrets that would be recognised elsewhere: long ones, since a short one may be a common word by chance, and
 * those that an anchor shares, whatever their length.
 */
function secretsOf(document: Document): ReadonlySet<string> {
	const targets = targetsOf(document);
	const found = new Set<string>();
	const followed = new Set<Node>();
	const collect = (root: Node | Document, isShared: boolean): void => {
		visit(root, (place, node, path) => {
			if (place === "key" || (!isShared && !path.some(isSecretPair))) return;
			const target = isAlias(node) ? targets.get(node) : undefined;
			// Each once: aliases inside of what aliases mean multiply.
			if (target !== undefined && !followed.has(target)) {
				followed.add(target);
				collect(target, true);
			}
			const value = isScalar(node) ? String(node.value ?? "") : "";
			const isKnown = isShared || (isScalar(node) && node.anchor !== undefined);
			if (value.length >= SECRET_CHARS_MIN || (isKnown && value !== "")) found.add(value);
		});
	};
	collect(document, false);
	return found;
}

/** What each alias means, in one walk: the library's own look-up walks the document for each of them. */
function targetsOf(document: Document): ReadonlyMap<Alias, Node> {
	const anchors = new Map<string, Node>();
	const targets = new Map<Alias, Node>();
	visit(document, (_, node) => {
		if (isAlias(node)) {
			const target = anchors.get(node.source);
			if (target !== undefined) targets.set(node, target);
		} else if (isNode(node) && node.anchor !== undefined) anchors.set(node.anchor, node);
	});
	return targets;
}

function isSecretPair(node: unknown): boolean {
	return isPair(node) && secretOf(keyText(node)) !== null;
}

function keyText({ key }: Pair): string {
	return isScalar(key) ? String(key.value) : "";
}

/** Every text below a secret key is a secret: maps and lists keep their form. Elsewhere those are that equal one of them. */
function blotted(value: unknown, secrets: ReadonlySet<string>, secret: string | null): unknown {
	if (Array.isArray(value)) return value.map((item) => blotted(item, secrets, secret));
	if (typeof value === "object" && value !== null) {
		return Object.fromEntries(
			Object.entries(value).map(([key, item]) => [
				secrets.has(key) ? SECRET : key,
				blotted(item, secrets, secret ?? secretOf(key)),
			]),
		);
	}
	if (value === null || value === "") return value;
	return secret ?? (secrets.has(String(value)) ? SECRET : value);
}

function secretOf(key: string): string | null {
	if (!SECRET_KEY.test(key)) return null;
	return /url$/i.test(key) ? SECRET_URL : SECRET;
}
