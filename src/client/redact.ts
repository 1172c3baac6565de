/**
 * Any value as plain JSON that may stand in a log: secrets by their key replaced, errors spelt out, cycles and depth cut.
 * Never throws, and never calls `toJSON` of what it is given: a log line must not run an application's code.
 */
import { LOG_DEPTH_MAX, LOG_ENTRIES_MAX, LOG_NODES_MAX, LOG_TEXT_CHARS_MAX } from "../model/limits.ts";

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What stands in place of a secret. */
export const REDACTED = "[redacted]";

const SECRET_KEYS =
	/^(?:.*[-_])?(?:authorization|cookie|password|passwd|passphrase|secret|token|credentials?|api[-_]?key|private[-_]?key|signature|session[-_]?id)s?$/i;
const CAMEL = /([a-z0-9])([A-Z])/g;
/** Credentials that stand in a text, as they do in messages of failed requests. */
const SECRET_TEXT = /\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{6,}/gi;

/** `value` as JSON without secrets. Errors become name, message, stack (and cause). */
export function redact(value: unknown): Json {
	return copy(value, 0, { nodes: 0, open: new Set() });
}

/** Whether a key names a secret: authorization, token, accessToken, x-api-key, password, ... */
export function isSecretKey(key: string): boolean {
	return SECRET_KEYS.test(key.slice(0, 200).replace(CAMEL, "$1_$2"));
}

type Walk = { nodes: number; readonly open: Set<object> };

function copy(value: unknown, depth: number, walk: Walk): Json {
	if (value === null || value === undefined) return null;
	if (typeof value === "string") return text(value);
	if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
	if (typeof value === "boolean") return value;
	if (typeof value !== "object") return text(String(value));
	if (++walk.nodes > LOG_NODES_MAX || depth >= LOG_DEPTH_MAX) return "[cut]";
	if (walk.open.has(value)) return "[circular]";
	walk.open.add(value);
	try {
		return copyObject(value, depth, walk);
	} catch {
		return "[unreadable]";
	} finally {
		walk.open.delete(value);
	}
}

function copyObject(value: object, depth: number, walk: Walk): Json {
	if (value instanceof Error) return copyEntries(errorEntries(value), depth, walk);
	if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
	if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
	if (value instanceof URL) return text(value.href.replace(/[?#].*$/, ""));
	if (value instanceof Map) return copyEntries([...value].slice(0, LOG_ENTRIES_MAX), depth, walk);
	if (value instanceof Headers) return copyEntries([...value].slice(0, LOG_ENTRIES_MAX), depth, walk);
	if (Array.isArray(value) || value instanceof Set) {
		return [...value].slice(0, LOG_ENTRIES_MAX).map((item) => copy(item, depth + 1, walk));
	}
	return copyEntries(Object.entries(value).slice(0, LOG_ENTRIES_MAX), depth, walk);
}

function errorEntries(error: Error): readonly (readonly [string, unknown])[] {
	const entries: [string, unknown][] = [
		["name", error.name],
		["message", error.message],
		["stack", error.stack],
	];
	if (error.cause !== undefined) entries.push(["cause", error.cause]);
	return entries;
}

function copyEntries(entries: readonly (readonly [unknown, unknown])[], depth: number, walk: Walk): Json {
	const result: Record<string, Json> = {};
	for (const [key, value] of entries) {
		if (value === undefined) continue;
		const name = String(key).slice(0, LOG_TEXT_CHARS_MAX);
		// defineProperty, since "__proto__" as a key would otherwise change the prototype.
		const safe = isSecretKey(name) && value !== null ? REDACTED : copy(value, depth + 1, walk);
		Object.defineProperty(result, name, { value: safe, enumerable: true, configurable: true });
	}
	return result;
}

function text(value: string): string {
	const cut = value.length > LOG_TEXT_CHARS_MAX ? `${value.slice(0, LOG_TEXT_CHARS_MAX)}… (${value.length})` : value;
	return cut.replace(SECRET_TEXT, `$1 ${REDACTED}`);
}
