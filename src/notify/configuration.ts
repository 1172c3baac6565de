/**
 * The configuration in force: the file that was uploaded, or what the deployment's variables stand for. A stored file that this
 * version cannot read any more does not silence anyone: the default holds, and health says so.
 */
import { configOf } from "../config.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Failure, Issue } from "../model/errors.ts";
import { fingerprintOfText } from "../model/fingerprint.ts";
import type { IntegrationSource } from "../model/notification.ts";
import type { IntegrationConfig, RoutingConfig } from "../model/routing.ts";
import { parseConfig } from "../routing/config-file.ts";
import type { ConfigChannel } from "../routing/config-receivers.ts";
import { DEFAULT_TEMPLATES } from "../template/default-templates.ts";
import { TemplateSet } from "../template/template-set.ts";
import type { OpenContext } from "./channels/integration.ts";
import { CHANNEL_ENTRIES } from "./channels/integrations.ts";
import { defaultConfig } from "./default-config.ts";
import { CONFIG_FILE, type StoredFile, TEMPLATE_PREFIX } from "./files.ts";

type Variables = Readonly<Record<string, unknown>>;

export type Configuration = {
	/** Changes with everything that an integration is opened from. */
	readonly version: string;
	readonly routing: RoutingConfig;
	/** The file as it was uploaded; null: the default. May hold secrets. */
	readonly text: string | null;
	readonly templates: readonly { readonly name: string; readonly text: string }[];
	/** Why the stored file is not in force; null: it is, or there is none. */
	readonly problem: string | null;
	readonly warnings: readonly Issue[];
};

/** The configuration of what is stored. */
export function configurationOf(files: readonly StoredFile[], variables: Variables): Configuration {
	const templates = templatesOf(files);
	const file = files.find(({ name }) => name === CONFIG_FILE);
	const version = fingerprintOfText(JSON.stringify(files.map(({ name, updatedMs }) => [name, updatedMs])));
	const fallback = { version, routing: defaultConfig(variables), templates, warnings: [] };
	if (file === undefined) return { ...fallback, text: null, problem: null };
	const read = readConfig(file.text, templates, variables);
	if (!read.ok) return { ...fallback, text: file.text, problem: "the stored configuration cannot be read any more" };
	return { version, text: file.text, templates, problem: null, ...read.value };
}

/** A configuration file, checked as a whole with its channels and templates. */
export function readConfig(
	text: string,
	templates: Configuration["templates"],
	variables: Variables,
): Result<Pick<Configuration, "routing" | "warnings">, Failure> {
	const set = templateSetOf(templates);
	if (!set.ok) return err({ code: "conflict", reason: `the templates that were uploaded: ${set.failure}` });
	const channels = CHANNEL_ENTRIES.map(({ channel, configKey, unused, open }): ConfigChannel => {
		return {
			channel,
			configKey,
			unused,
			check: (settings, global) => {
				const opened = open(settings, contextOf(global, set.value, variables));
				return opened.ok ? [] : opened.failure;
			},
		};
	});
	const names = templates.map(({ name }) => name.slice(TEMPLATE_PREFIX.length));
	const file = parseConfig(text, channels, names);
	return file.ok ? ok({ routing: file.value.config, warnings: file.value.warnings }) : file;
}

/** Alertmanager's own templates, and those that were uploaded on top of them. */
export function templateSetOf(templates: Configuration["templates"]): Result<TemplateSet, string> {
	return TemplateSet.empty.with([...DEFAULT_TEMPLATES, ...templates]);
}

/** What an integration's settings are checked and opened with. */
export function contextOf(
	global: Readonly<Record<string, unknown>>,
	templates: TemplateSet,
	variables: Variables,
): OpenContext {
	const { language, development } = configOf(variables as unknown as Env);
	return {
		global,
		secret: (name) => {
			const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
			return typeof value === "string" && value !== "" ? value : null;
		},
		loopback: development,
		language,
		templates,
	};
}

/** A target's name: the receiver, and which of its integrations. */
export function targetName(receiver: string, index: number): string {
	return `${receiver}/${index}`;
}

/** The integration that a target's name means; null: there is none (any more). */
export function integrationOf(routing: RoutingConfig, target: string): IntegrationConfig | null {
	const slash = target.lastIndexOf("/");
	const receiver = routing.receivers.find(({ name }) => name === target.slice(0, slash));
	return receiver?.integrations[Number(target.slice(slash + 1))] ?? null;
}

export function sourceOf({ version, routing, templates }: Configuration, target: string): IntegrationSource | null {
	const config = integrationOf(routing, target);
	return config === null ? null : { version, config, global: routing.global, templates };
}

function templatesOf(files: readonly StoredFile[]): Configuration["templates"] {
	return files.filter(({ name }) => name.startsWith(TEMPLATE_PREFIX)).map(({ name, text }) => ({ name, text }));
}
