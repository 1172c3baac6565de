/** Alertmanager's http_config as request headers: what a receiver wants to know us by. Its secrets stay in the headers. */
import { CHANNEL_SETTING_CHARS_MAX } from "../../model/limits.ts";
import { type HttpConfig, httpConfig, readSettings, type SettingsReader } from "./settings.ts";

/** What can stand in a header: a line feed would begin another one. */
const HEADER_TEXT = /^[\x20-\x7e]+$/;
const SCHEME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,50}$/;

/** The header Authorization of an integration's own http_config, else of the global one; no header if neither has one. */
export function authHeaders(reader: SettingsReader, own: HttpConfig | undefined): Readonly<Record<string, string>> {
	const config = own ?? globalConfig(reader);
	if (config === undefined) return {};
	const prefix = own === undefined ? "global.http_config." : "http_config.";
	const found = [bearer(reader, config, prefix), custom(reader, config, prefix), basic(reader, config, prefix)];
	const given = found.filter((header) => header !== null);
	if (given.length > 1)
		reader.complain(prefix.slice(0, -1), "only one of authorization, basic_auth and bearer_token can be given");
	const [authorization] = given;
	return authorization === undefined ? {} : { authorization };
}

function globalConfig(reader: SettingsReader): HttpConfig | undefined {
	const global = reader.context.global["http_config"];
	if (global === undefined || global === null) return undefined;
	const read = readSettings(httpConfig, global);
	if (read.ok) return read.value;
	for (const { place, reason } of read.failure) reader.complain(`global.http_config.${place}`, reason);
	return undefined;
}

function bearer(reader: SettingsReader, config: HttpConfig, prefix: string): string | null {
	const token = reader.secret(config, "bearer_token", prefix);
	return token === null ? null : checked(reader, `Bearer ${token}`, `${prefix}bearer_token`);
}

function custom(reader: SettingsReader, { authorization }: HttpConfig, prefix: string): string | null {
	if (authorization === undefined) return null;
	const scheme = authorization.type?.trim() || "Bearer";
	const place = `${prefix}authorization.`;
	if (!SCHEME.test(scheme) || scheme.toLowerCase() === "basic") {
		reader.complain(`${place}type`, "must be the name of a scheme; for Basic there is basic_auth");
		return null;
	}
	const credentials = reader.secret(authorization, "credentials", place);
	return credentials === null ? null : checked(reader, `${scheme} ${credentials}`, `${place}credentials`);
}

function basic(reader: SettingsReader, config: HttpConfig, prefix: string): string | null {
	if (config.basic_auth === undefined) return null;
	const place = `${prefix}basic_auth.`;
	const username = reader.secret(config.basic_auth, "username", place) ?? "";
	const password = reader.secret(config.basic_auth, "password", place) ?? "";
	if (username === "" || username.includes(":")) {
		reader.complain(`${place}username`, "must be given, and must not hold a colon");
		return null;
	}
	// Basic is of UTF-8 (RFC 7617), and btoa of bytes.
	const bytes = new TextEncoder().encode(`${username}:${password}`);
	return `Basic ${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))}`;
}

function checked(reader: SettingsReader, header: string, place: string): string | null {
	if (HEADER_TEXT.test(header) && header.length <= CHANNEL_SETTING_CHARS_MAX) return header;
	reader.complain(place, "must be printable ASCII");
	return null;
}
