/**
 * The `global` section of a configuration file: what channels take their defaults from, what has no effect here (a warning with
 * the reason), and what cannot be done here (refused). An issue never holds the value of a setting: it may be a secret.
 */
import { parseDuration } from "../lib/duration.ts";
import type { YamlNode } from "../lib/yaml-source.ts";
import { RESOLVE_TIMEOUT_MS } from "../model/limits.ts";
import { type ConfigReading, shown } from "./config-reading.ts";

export type GlobalSection = {
	readonly settings: Readonly<Record<string, unknown>>;
	readonly resolveTimeoutMs: number;
};

const NO_SMTP = "mail leaves by the deployment's email binding, not by SMTP";
const NO_CHANNEL = "there is no channel here that reads it";

/** What channels read. */
const USED = ["smtp_from", "slack_api_url", "slack_api_url_file", "pagerduty_url", "telegram_api_url"];
/** What has no effect, and why. */
const UNUSED: Readonly<Record<string, string>> = {
	smtp_smarthost: NO_SMTP,
	smtp_hello: NO_SMTP,
	smtp_auth_username: NO_SMTP,
	smtp_auth_password: NO_SMTP,
	smtp_auth_password_file: NO_SMTP,
	smtp_auth_secret: NO_SMTP,
	smtp_auth_secret_file: NO_SMTP,
	smtp_auth_identity: NO_SMTP,
	smtp_require_tls: NO_SMTP,
	smtp_tls_config: NO_SMTP,
	opsgenie_api_url: NO_CHANNEL,
	opsgenie_api_key: NO_CHANNEL,
	opsgenie_api_key_file: NO_CHANNEL,
	wechat_api_url: NO_CHANNEL,
	wechat_api_secret: NO_CHANNEL,
	wechat_api_corp_id: NO_CHANNEL,
	victorops_api_url: NO_CHANNEL,
	victorops_api_key: NO_CHANNEL,
	victorops_api_key_file: NO_CHANNEL,
	webex_api_url: NO_CHANNEL,
	jira_api_url: NO_CHANNEL,
	rocketchat_api_url: NO_CHANNEL,
	rocketchat_token: NO_CHANNEL,
	rocketchat_token_file: NO_CHANNEL,
	rocketchat_token_id: NO_CHANNEL,
	rocketchat_token_id_file: NO_CHANNEL,
};
const HTTP_UNUSED: Readonly<Record<string, string>> = {
	follow_redirects: "redirects are never followed",
	enable_http2: "the platform chooses the version of HTTP",
};
/** What channels that speak HTTP read, and check. */
const HTTP_USED = ["authorization", "basic_auth", "bearer_token", "bearer_token_file"];
const NO_PROXY = "a Worker cannot go through a proxy: take it out";
/** What would change where or how messages go, and cannot be done. */
const HTTP_REFUSED: Readonly<Record<string, string>> = {
	proxy_url: NO_PROXY,
	no_proxy: NO_PROXY,
	proxy_from_environment: NO_PROXY,
	proxy_connect_header: NO_PROXY,
	tls_config: "a Worker checks certificates by the public authorities only, and presents none: take it out",
	oauth2: "there are authorization, basic_auth and bearer_token",
	http_headers: "there are authorization, basic_auth and bearer_token",
};

/** The section; nothing there gives the defaults. Every issue is noted with its place. */
export function readGlobal(reading: ConfigReading, from: YamlNode | undefined): GlobalSection {
	const { source } = reading;
	const value = from === undefined ? null : source.value(from, "global");
	if (from === undefined || value === null) return { settings: {}, resolveTimeoutMs: RESOLVE_TIMEOUT_MS };
	if (typeof value !== "object" || Array.isArray(value)) {
		source.complain(from, "global must be a map");
		return { settings: {}, resolveTimeoutMs: RESOLVE_TIMEOUT_MS };
	}
	const settings = value as Readonly<Record<string, unknown>>;
	for (const key of Object.keys(settings)) {
		const place = source.find(from, key);
		if (key === "http_config") readHttpConfig(reading, place, settings[key]);
		else if (Object.hasOwn(UNUSED, key)) reading.warn(place, `has no effect: ${UNUSED[key]}`);
		else if (!USED.includes(key) && key !== "resolve_timeout") {
			const known = ["resolve_timeout", "http_config", ...USED, ...Object.keys(UNUSED)];
			source.complain(place, `${shown(key)} is not known in global: it has ${known.join(", ")}`);
		}
		if (Object.hasOwn(settings, `${key}_file`))
			source.complain(place, `at most one of ${key} & ${key}_file must be configured`);
	}
	return { settings, resolveTimeoutMs: readResolveTimeout(reading, from, settings["resolve_timeout"]) };
}

function readResolveTimeout(reading: ConfigReading, from: YamlNode, value: unknown): number {
	if (value === undefined || value === null) return RESOLVE_TIMEOUT_MS;
	const duration = parseDuration(String(value));
	if (duration.ok) return duration.value;
	reading.complainWithin(from, [{ place: "resolve_timeout", reason: `resolve_timeout: ${duration.failure}` }]);
	return RESOLVE_TIMEOUT_MS;
}

function readHttpConfig(reading: ConfigReading, from: YamlNode, value: unknown): void {
	const { source } = reading;
	if (value === null) return;
	if (typeof value !== "object" || Array.isArray(value)) {
		source.complain(from, "http_config must be a map");
		return;
	}
	for (const key of Object.keys(value as object)) {
		const place = source.find(from, key);
		if (Object.hasOwn(HTTP_UNUSED, key)) reading.warn(place, `has no effect: ${HTTP_UNUSED[key]}`);
		else if (Object.hasOwn(HTTP_REFUSED, key)) source.complain(place, `${key} is not supported: ${HTTP_REFUSED[key]}`);
		else if (!HTTP_USED.includes(key)) source.complain(place, `${shown(key)} is not known in http_config`);
	}
}
