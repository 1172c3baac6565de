/**
 * Reads a channel's settings: the parts of the schemas that channels share, and everything that is looked up besides
 * them (secrets by name, addresses, templates). Issues name a place, never a value: most values here are secrets.
 */
import * as v from "valibot";
import { err, ok, type Result } from "../../lib/result.ts";
import type { Issue } from "../../model/errors.ts";
import { CHANNEL_LIST_MAX, CHANNEL_SETTING_CHARS_MAX } from "../../model/limits.ts";
import type { Outcome } from "../../model/notification.ts";
import { parseReceiverUrl } from "../address.ts";
import type { ChannelIo, Integration, OpenContext } from "./integration.ts";

export type Settings = Readonly<Record<string, unknown>>;

const TOO_LONG = `must have at most ${CHANNEL_SETTING_CHARS_MAX} characters`;
/** Any text, most often a template. */
export const text = v.pipe(v.string("must be a text"), v.maxLength(CHANNEL_SETTING_CHARS_MAX, TOO_LONG));
export const flag = v.boolean("must be true or false");
/** Name and template. */
export const texts = v.record(text, text, "must be a map of texts");
/** A list of a bounded length. */
export const listOf = <T extends v.GenericSchema>(item: T) =>
	v.pipe(
		v.array(item, "must be a list"),
		v.maxLength(CHANNEL_LIST_MAX, `must have at most ${CHANNEL_LIST_MAX} entries`),
	);

const auth = {
	type: v.optional(text),
	credentials: v.optional(text),
	credentials_file: v.optional(text),
};
const basic = {
	username: v.optional(text),
	username_file: v.optional(text),
	password: v.optional(text),
	password_file: v.optional(text),
};
/** Of Alertmanager's http_config what a Worker can do; the rest is refused as unknown. */
export const httpConfig = v.strictObject({
	authorization: v.optional(v.strictObject(auth)),
	basic_auth: v.optional(v.strictObject(basic)),
	bearer_token: v.optional(text),
	bearer_token_file: v.optional(text),
	follow_redirects: v.optional(flag),
	enable_http2: v.optional(flag),
});
export type HttpConfig = v.InferOutput<typeof httpConfig>;

/** What every integration has. */
export const common = { send_resolved: v.optional(flag) };
/** What those have that write our own messages. */
export const spoken = { ...common, language: v.optional(v.picklist(["en", "zh"], "must be en or zh")) };

/** Of http_config, over all channels that have it: known, without effect. */
export const HTTP_CONFIG_UNUSED = {
	"http_config.follow_redirects": "redirects are never followed: they could lead to an address that is not allowed",
	"http_config.enable_http2": "the platform chooses the version of HTTP",
};

/** Settings in the shape of a schema; nothing (`key:` in YAML) counts as absent. */
export function readSettings<T extends v.GenericSchema>(
	schema: T,
	settings: unknown,
): Result<v.InferOutput<T>, Issue[]> {
	const parsed = v.safeParse(schema, withoutNulls(settings));
	return parsed.success ? ok(parsed.output) : err(parsed.issues.map(tellIssue));
}

/** Collects what is wrong while settings are read; a value that is wrong reads as its absence. */
export class SettingsReader {
	readonly issues: Issue[] = [];
	readonly context: OpenContext;

	constructor(context: OpenContext) {
		this.context = context;
	}

	complain(place: string, reason: string): void {
		this.issues.push({ place, reason });
	}

	/** The text of `key`, or of the variable or secret that `key_file` names; null: neither is given. */
	secret(settings: Settings, key: string, prefix = ""): string | null {
		const inline = settings[key];
		const name = settings[`${key}_file`];
		const hasInline = typeof inline === "string" && inline !== "";
		if (typeof name !== "string" || name === "") return hasInline ? inline.trim() : null;
		if (hasInline) this.complain(`${prefix}${key}_file`, `only one of ${key} and ${key}_file can be given`);
		const value = this.context.secret(name)?.trim() ?? "";
		if (value !== "") return value;
		const reason =
			"there are no files here: it must be the name of a variable or secret of this deployment that is set";
		this.complain(`${prefix}${key}_file`, reason);
		return null;
	}

	/** The first of several settings that is given, each with the place it has; the last ones are global. */
	firstSecret(
		settings: Settings,
		key: string,
		globalKey: string,
	): { readonly value: string; readonly place: string } | null {
		const own = this.secret(settings, key);
		if (own !== null) return { value: own, place: placeOf(settings, key) };
		if (typeof settings[`${key}_file`] === "string") return null;
		const global = this.secret(this.context.global, globalKey, "global.");
		return global === null ? null : { value: global, place: `global.${placeOf(this.context.global, globalKey)}` };
	}

	/** A receiver's address, checked; null: it is refused, and the issue says why. */
	url(found: string, place: string): URL | null {
		const url = parseReceiverUrl(found, this.context.loopback);
		if (!url.ok) this.complain(place, url.failure);
		return url.ok ? url.value : null;
	}

	/** Checks templates before they are ever needed. */
	templates(fields: Readonly<Record<string, string | undefined>>): void {
		for (const [place, template] of Object.entries(fields)) {
			const reason = template === undefined ? null : this.context.templates.check(template);
			if (reason !== null) this.complain(place, reason);
		}
	}

	/** The integration, unless something was wrong. */
	done(make: () => Integration | null): Result<Integration, readonly Issue[]> {
		if (this.issues.length > 0) return err(this.issues);
		const made = make();
		return made === null ? err([{ place: "", reason: "it is not complete" }]) : ok(made);
	}
}

/** Where a secret of `key` came from. */
export function placeOf(settings: Settings, key: string): string {
	const name = settings[`${key}_file`];
	return typeof name === "string" && name !== "" ? `${key}_file` : key;
}

/**
 * The settings that variables of the deployment stand for: key and name of each. Null: the first of them is not set, without
 * which a channel is not meant to be there.
 */
export function settingsFrom(variables: Settings, names: Readonly<Record<string, string>>): Settings | null {
	const given = Object.entries(names).map(([key, name]): readonly [string, string] => {
		const value = variables[name];
		return [key, typeof value === "string" ? value.trim() : ""];
	});
	return given[0]?.[1] === "" ? null : Object.fromEntries(given.filter(([, value]) => value !== ""));
}

/** The outcome of what only a change of the settings can mend. */
export function never(why: string, httpStatus: number | null): Outcome {
	return { kind: "never", why, httpStatus };
}

/** How `test` and `send` are given the same words: nothing may throw through them. */
export async function guarded(io: ChannelIo, attempt: (io: ChannelIo) => Promise<Outcome>): Promise<Outcome> {
	try {
		return await attempt(io);
	} catch {
		return { kind: "retry", why: "the attempt broke off", httpStatus: null, retryAfterMs: null };
	}
}

function withoutNulls(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(withoutNulls);
	if (typeof value !== "object" || value === null) return value;
	return Object.fromEntries(
		Object.entries(value).flatMap(([key, inner]) => (inner === null ? [] : [[key, withoutNulls(inner)]])),
	);
}

function tellIssue(issue: v.BaseIssue<unknown>): Issue {
	const place = (issue.path ?? []).reduce((path, item) => {
		const key: unknown = item.key;
		if (typeof key === "number") return `${path}[${key}]`;
		return path === "" ? String(key) : `${path}.${String(key)}`;
	}, "");
	if (issue.type !== "strict_object") return { place, reason: issue.message };
	if (issue.expected === "never") return { place, reason: "is not known, or not supported here" };
	return { place, reason: issue.received === "undefined" ? "is missing" : "must be a map" };
}
