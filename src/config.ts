/**
 * Settings of a deployment, parsed once from its variables and secrets. The only place that reads a variable which the
 * generated `Env` does not name. A wrong setting never stops the service: its default holds, and health says which.
 */
import * as v from "valibot";
import { COMMIT_EVERY_MS_MAX } from "./model/limits.ts";

/** What this build calls itself; the same as in package.json. */
export const RELEASE = "0.1.0";

export type Config = {
	/** `SERVICE_NAME`: what health and notifications call this deployment. */
	readonly serviceName: string;
	/** `ENVIRONMENT`: production, staging, development, ... */
	readonly environment: string;
	/** `DEVELOPMENT`: allows a moved clock and `/api/v1/dev`; only on a laptop and in tests. */
	readonly development: boolean;
	/** `PUBLIC_METRICS`: whether metrics and health details are shown without a token. */
	readonly publicMetrics: boolean;
	/** `COMMIT_EVERY_MS`: how long calls to one metric's object wait for a shared write at most; 0: as soon as can be. */
	readonly commitEveryMs: number;
	/** `ADMIN_TOKEN_HASH` (SHA-256 in hex): a first token with all scopes, before the catalog knows any. */
	readonly adminTokenHash: string | null;
	/** `ADMIN_TOKEN`: the same as clear text, for local development. */
	readonly adminToken: string | null;
	/** `MESSAGE_LANGUAGE`: of messages to people, unless an integration says another. */
	readonly language: "en" | "zh";
	/** `EXTERNAL_URL`: where Perdure is reached, for links in messages; "" when nobody said. */
	readonly externalUrl: string;
	/** `GRAFANA_WEBHOOK_USER` and `GRAFANA_WEBHOOK_PASS`: with them Grafana's webhook may come in by Basic Auth. */
	readonly grafanaUser: string | null;
	readonly grafanaPass: string | null;
	/** `GRAFANA_WEBHOOK_SECRET`: the key of its HMAC signature. */
	readonly grafanaSecret: string | null;
	/** `GRAFANA_WEBHOOK_TIMESTAMP_HEADER`: the header that Grafana was told to put the signature's time into. */
	readonly grafanaTimestampHeader: string;
	/** The id of the deployed version, if the platform says it. */
	readonly versionId: string | null;
	/** One sentence for each setting that was refused, for health; never its value. */
	readonly problems: readonly string[];
};

const flag = v.pipe(
	v.picklist(["true", "false", ""]),
	v.transform((text) => text === "true"),
);
const milliseconds = (max: number) =>
	v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number), v.integer(), v.minValue(0), v.maxValue(max));
const text = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(100));
const secret = v.pipe(v.string(), v.trim(), v.minLength(16), v.maxLength(1_000));
const password = v.pipe(v.string(), v.minLength(8), v.maxLength(1_000));
const address = v.pipe(v.string(), v.trim(), v.url(), v.regex(/^https?:/), v.maxLength(1_000));
const headerName = v.pipe(v.string(), v.trim(), v.toLowerCase(), v.regex(/^[a-z0-9-]{1,100}$/));
const sha256 = v.pipe(v.string(), v.trim(), v.toLowerCase(), v.regex(/^[0-9a-f]{64}$/));

const parsed = new WeakMap<object, Config>();

/** The settings of this environment. Parsed at the first call; the same object afterwards. */
export function configOf(env: Env): Config {
	const known = parsed.get(env);
	if (known !== undefined) return known;
	const config = parseConfig(env as unknown as Record<string, unknown>);
	parsed.set(env, config);
	return config;
}

/** Settings from whatever the environment holds. */
export function parseConfig(variables: Readonly<Record<string, unknown>>): Config {
	const problems: string[] = [];
	function setting<T>(name: string, schema: v.GenericSchema<unknown, T>, absent: T, wish: string): T {
		const value = variables[name];
		if (value === undefined || value === "") return absent;
		const result = v.safeParse(schema, value);
		if (result.success) return result.output;
		problems.push(`${name} must be ${wish}; its default is used`);
		return absent;
	}
	const version = variables["VERSION"] as { readonly id?: unknown } | undefined;
	return {
		serviceName: setting("SERVICE_NAME", text, "perdure", "a text of at most 100 characters"),
		environment: setting("ENVIRONMENT", text, "production", "a text of at most 100 characters"),
		development: setting("DEVELOPMENT", flag, false, "'true' or 'false'"),
		publicMetrics: setting("PUBLIC_METRICS", flag, false, "'true' or 'false'"),
		commitEveryMs: setting(
			"COMMIT_EVERY_MS",
			milliseconds(COMMIT_EVERY_MS_MAX),
			100,
			`a whole number from 0 to ${COMMIT_EVERY_MS_MAX}`,
		),
		adminTokenHash: setting<string | null>("ADMIN_TOKEN_HASH", sha256, null, "64 hexadecimal digits (a SHA-256)"),
		adminToken: setting<string | null>("ADMIN_TOKEN", secret, null, "a text of 16 to 1,000 characters"),
		language: setting("MESSAGE_LANGUAGE", v.picklist(["en", "zh"]), "en", "'en' or 'zh'"),
		externalUrl: setting("EXTERNAL_URL", address, "", "an http or https address"),
		grafanaUser: setting<string | null>("GRAFANA_WEBHOOK_USER", text, null, "a text of at most 100 characters"),
		grafanaPass: setting<string | null>("GRAFANA_WEBHOOK_PASS", password, null, "a text of 8 to 1,000 characters"),
		grafanaSecret: setting<string | null>("GRAFANA_WEBHOOK_SECRET", password, null, "a text of 8 to 1,000 characters"),
		grafanaTimestampHeader: setting(
			"GRAFANA_WEBHOOK_TIMESTAMP_HEADER",
			headerName,
			"x-grafana-alerting-timestamp",
			"the name of a header",
		),
		versionId: typeof version?.id === "string" && version.id !== "" ? version.id : null,
		problems,
	};
}
