/**
 * Reads Alertmanager's configuration file as a whole: every issue has its place, what is not supported is refused by name, what has
 * no effect is a warning. Nothing is taken of a file in which anything is wrong. Knows channels only as they are passed in.
 */
import { err, ok, type Result } from "../lib/result.ts";
import { type Fields, knownFields } from "../lib/yaml-fields.ts";
import { openYaml, type YamlLimits, type YamlNode } from "../lib/yaml-source.ts";
import type { Failure, Issue } from "../model/errors.ts";
import {
	CONFIG_BYTES_MAX,
	CONFIG_DEPTH_MAX,
	CONFIG_ISSUES_MAX,
	CONFIG_TOKENS_MAX,
	EQUAL_LABELS_MAX,
	INHIBIT_RULES_MAX,
	TEMPLATE_GLOB_CHARS_MAX,
	TEMPLATE_GLOBS_MAX,
	TIME_INTERVALS_MAX,
} from "../model/limits.ts";
import type { InhibitRule, RoutingConfig, TimeInterval } from "../model/routing.ts";
import { readGlobal } from "./config-global.ts";
import { readMatchers } from "./config-matchers.ts";
import { ConfigReading, shown } from "./config-reading.ts";
import { type ConfigChannel, readReceivers } from "./config-receivers.ts";
import { readRoutes } from "./config-routes.ts";
import { globMeans } from "./template-glob.ts";
import { parseTimeIntervals } from "./time-words.ts";

export type ConfigFile = {
	readonly config: RoutingConfig;
	/** The patterns of `templates:`, as they stand in the file. */
	readonly templates: readonly string[];
	/** What has no effect here, each with its place and why. */
	readonly warnings: readonly Issue[];
};

const LIMITS: YamlLimits = {
	what: "a configuration file",
	bytes: CONFIG_BYTES_MAX,
	tokens: CONFIG_TOKENS_MAX,
	depth: CONFIG_DEPTH_MAX,
	issues: CONFIG_ISSUES_MAX,
	paths: true,
	merge: true,
};
const FILE_FIELDS = [
	"global",
	"route",
	"receivers",
	"inhibit_rules",
	"time_intervals",
	"mute_time_intervals",
	"templates",
];
const INHIBIT_FIELDS = [
	"name",
	"source_match",
	"source_match_re",
	"source_matchers",
	"target_match",
	"target_match_re",
	"target_matchers",
	"equal",
];

/** `templateNames`: those that were uploaded; a pattern that means none of them is a warning. */
export function parseConfig(
	text: string,
	channels: readonly ConfigChannel[],
	templateNames: readonly string[],
): Result<ConfigFile, Failure> {
	const opened = openYaml(text, LIMITS);
	if (!opened.ok) return opened;
	const reading = new ConfigReading(opened.value);
	const file = readFile(reading, channels, templateNames);
	const failure = reading.source.failure();
	if (failure !== null) return err(failure);
	// Without a route there is an issue, so this is only for the types.
	if (file === null) return err({ code: "invalid", issues: [{ place: "line 1, column 1", reason: "nothing in it" }] });
	return ok({ ...file, warnings: reading.warnings });
}

function readFile(
	reading: ConfigReading,
	channels: readonly ConfigChannel[],
	templateNames: readonly string[],
): Omit<ConfigFile, "warnings"> | null {
	const { source } = reading;
	const entries = source.entries(source.root, "the file");
	if (entries === null) return null;
	const fields = knownFields(source, entries, "the file", FILE_FIELDS);
	const global = readGlobal(reading, fields.get("global"));
	const receivers = readReceivers(reading, fields.get("receivers"), channels, global.settings);
	const timeIntervals = readTimeIntervals(reading, fields);
	const inhibitRules = readInhibitRules(reading, fields.get("inhibit_rules"));
	const templates = readTemplates(reading, fields.get("templates"), templateNames);
	const known = {
		receivers: new Set(receivers.map(({ name }) => name)),
		timeIntervals: new Set(Object.keys(timeIntervals)),
	};
	const from = fields.get("route");
	if (from === undefined || source.isNothing(from))
		return source.complain(from ?? source.root, "no route provided in config");
	const route = readRoutes(reading, from, known);
	if (route === null) return null;
	const { settings, resolveTimeoutMs } = global;
	return { config: { route, receivers, inhibitRules, timeIntervals, resolveTimeoutMs, global: settings }, templates };
}

function readInhibitRules(reading: ConfigReading, from: YamlNode | undefined): readonly InhibitRule[] {
	const { source } = reading;
	const items = from === undefined ? [] : (source.items(from, "inhibit_rules") ?? []);
	if (items.length > INHIBIT_RULES_MAX) {
		source.complain(from ?? 0, `${items.length} inhibition rules; the limit is ${INHIBIT_RULES_MAX}`);
		return [];
	}
	const rules: InhibitRule[] = [];
	for (const item of items) {
		if (source.isExhausted) break;
		const entries = source.entries(item, "an inhibition rule");
		if (entries === null) continue;
		const fields = knownFields(source, entries, "an inhibition rule", INHIBIT_FIELDS);
		rules.push({
			source: readMatchers(reading, fields, "source_"),
			target: readMatchers(reading, fields, "target_"),
			equal: [...new Set(reading.labelNames(fields.get("equal"), "equal", EQUAL_LABELS_MAX))],
		});
	}
	return rules;
}

/** Both words of the file mean the same, and share their names. */
function readTimeIntervals(reading: ConfigReading, fields: Fields): Readonly<Record<string, readonly TimeInterval[]>> {
	const { source } = reading;
	const byName = new Map<string, readonly TimeInterval[]>();
	for (const field of ["mute_time_intervals", "time_intervals"]) {
		const list = fields.get(field);
		for (const item of list === undefined ? [] : (source.items(list, field) ?? [])) {
			if (source.isExhausted) break;
			const entries = source.entries(item, "a time interval");
			if (entries === null) continue;
			const own = knownFields(source, entries, "a time interval", ["name", "time_intervals"]);
			const named = own.get("name");
			const name = named === undefined ? null : source.scalar(named, "name");
			if (name === null || name === "") {
				source.complain(named ?? item, "missing name in time interval");
				continue;
			}
			if (byName.has(name)) source.complain(named ?? item, `time interval ${shown(name)} is not unique`);
			byName.set(name, readIntervals(reading, own.get("time_intervals")));
		}
	}
	if (byName.size > TIME_INTERVALS_MAX) {
		source.complain(source.root, `${byName.size} time intervals; the limit is ${TIME_INTERVALS_MAX}`);
	}
	return Object.fromEntries(byName);
}

/** None: a name that never holds, as in Alertmanager. */
function readIntervals(reading: ConfigReading, from: YamlNode | undefined): readonly TimeInterval[] {
	const { source } = reading;
	if (from === undefined || source.isNothing(from)) return [];
	const value = source.value(from, "time_intervals");
	if (source.isExhausted || (Array.isArray(value) && value.length === 0)) return [];
	const intervals = parseTimeIntervals(value);
	if (!intervals.ok) reading.complainWithin(from, intervals.failure);
	if (Array.isArray(value)) {
		for (const [i, interval] of value.entries()) {
			if ((interval as { readonly location?: unknown } | null)?.location !== "Local") continue;
			reading.warn(source.find(from, `[${i}].location`), "Local is UTC here");
		}
	}
	return intervals.ok ? intervals.value : [];
}

function readTemplates(
	reading: ConfigReading,
	from: YamlNode | undefined,
	templateNames: readonly string[],
): readonly string[] {
	return reading.texts(from, "templates", TEMPLATE_GLOBS_MAX).map(({ text, node }) => {
		if (text.length > TEMPLATE_GLOB_CHARS_MAX) {
			reading.source.complain(node, `a pattern of ${text.length} characters; the limit is ${TEMPLATE_GLOB_CHARS_MAX}`);
		} else if (!templateNames.some((name) => globMeans(text, name))) {
			reading.warn(node, "no template that was uploaded has such a name: upload it, files are not read");
		}
		return text;
	});
}
