/** The configuration file and the template files as people put and see them. What is shown holds no secret. */
import { err, ok, type Result } from "../lib/result.ts";
import type { ConfigView } from "../model/alerting-rpc.ts";
import { type Failure, type Issue, invalid } from "../model/errors.ts";
import { CONFIG_BYTES_MAX, MESSAGE_TEMPLATES_MAX, TEMPLATE_CHARS_MAX } from "../model/limits.ts";
import { withoutSecrets } from "../routing/config-secrets.ts";
import { type Configuration, readConfig, templateSetOf } from "./configuration.ts";
import { CONFIG_FILE, TEMPLATE_PREFIX } from "./files.ts";
import type { Notifier } from "./notifier.ts";

type Variables = Readonly<Record<string, unknown>>;

const TEMPLATE_NAME = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,99}$/;

export function configView(configuration: Configuration): ConfigView {
	const { version, text, problem, warnings, routing, templates } = configuration;
	return {
		version,
		isUploaded: text !== null,
		text: text === null ? null : withoutSecrets(text),
		problem,
		warnings,
		route: routing.route,
		receivers: routing.receivers.map(({ name }) => name),
		templates: templates.map(({ name }) => name.slice(TEMPLATE_PREFIX.length)),
	};
}

/** Checked as a whole before anything is stored; null: back to the default. */
export function putConfigFile(
	notifier: Notifier,
	variables: Variables,
	text: string | null,
	nowMs: number,
): Result<readonly Issue[], Failure> {
	if (text === null) {
		notifier.files.delete(CONFIG_FILE);
		notifier.reconfigure(nowMs);
		return ok([]);
	}
	if (text.length > CONFIG_BYTES_MAX) {
		return err({
			code: "too_large",
			what: "characters of the configuration",
			limit: CONFIG_BYTES_MAX,
			got: text.length,
		});
	}
	const read = readConfig(text, notifier.configuration.templates, variables);
	if (!read.ok) return read;
	notifier.files.put(CONFIG_FILE, text, nowMs);
	notifier.reconfigure(nowMs);
	return ok(read.value.warnings);
}

/** A file with `{{ define }}` blocks; null: forgets it. What the configuration needs cannot be taken away. */
export function putTemplateFile(
	notifier: Notifier,
	variables: Variables,
	name: string,
	text: string | null,
	nowMs: number,
): Result<null, Failure> {
	if (!TEMPLATE_NAME.test(name)) {
		return err(invalid("name", "letters, digits, '.', '_' and '-', at most 100, such as slack.tmpl"));
	}
	const stored = TEMPLATE_PREFIX + name;
	const { templates, text: config } = notifier.configuration;
	const others = templates.filter((file) => file.name !== stored);
	if (text === null && others.length === templates.length)
		return err({ code: "not_found", what: `template file '${name}'` });
	if (text !== null && text.length > TEMPLATE_CHARS_MAX) {
		return err({
			code: "too_large",
			what: "characters of a template file",
			limit: TEMPLATE_CHARS_MAX,
			got: text.length,
		});
	}
	if (text !== null && others.length >= MESSAGE_TEMPLATES_MAX) {
		return err({ code: "too_large", what: "template files", limit: MESSAGE_TEMPLATES_MAX, got: others.length + 1 });
	}
	const next = text === null ? others : [...others, { name: stored, text }];
	const set = templateSetOf(next);
	if (!set.ok) return err(invalid(name, set.failure));
	const read = config === null ? null : readConfig(config, next, variables);
	if (read !== null && !read.ok)
		return err({ code: "conflict", reason: "the configuration needs a template of this file" });
	if (text === null) notifier.files.delete(stored);
	else notifier.files.put(stored, text, nowMs);
	notifier.reconfigure(nowMs);
	return ok(null);
}
