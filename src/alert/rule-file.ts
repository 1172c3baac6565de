/**
 * Reads a Prometheus rule file (YAML, or the same as JSON) into rule groups. Refuses by name and place whatever is wrong
 * or not known, and never guesses; whether an expression is one is the business of the function that is passed in.
 */
import { err, ok, type Result } from "../lib/result.ts";
import { knownFields, readDuration } from "../lib/yaml-fields.ts";
import { type Entries, openYaml, type YamlLimits, type YamlNode, type YamlSource } from "../lib/yaml-source.ts";
import type { Failure } from "../model/errors.ts";
import {
	ALERTS_PER_RULE_MAX,
	GROUP_INTERVAL_MS_MIN,
	MINUTE_MS,
	RULE_FILE_BYTES_MAX,
	RULE_FILE_DEPTH_MAX,
	RULE_FILE_TOKENS_MAX,
	RULE_GROUPS_MAX,
	RULE_ISSUES_MAX,
	RULES_MAX,
	RULES_PER_GROUP_MAX,
} from "../model/limits.ts";
import type { Rule, RuleGroup } from "../model/rule.ts";
import { type CheckExpression, checkTemplate, type RuleChecks, readName, readRule } from "./rule-fields.ts";

/** The interval of a group that names none (`global.evaluation_interval` of Prometheus). */
export const GROUP_INTERVAL_MS_DEFAULT = MINUTE_MS;

const LIMITS: YamlLimits = {
	what: "a rule file",
	bytes: RULE_FILE_BYTES_MAX,
	tokens: RULE_FILE_TOKENS_MAX,
	depth: RULE_FILE_DEPTH_MAX,
	issues: RULE_ISSUES_MAX,
};

/** The groups of a file: `groups: [...]`, or one group by itself. Nothing is taken of a file in which anything is wrong. */
export function parseRuleFile(text: string, check: CheckExpression): Result<readonly RuleGroup[], Failure> {
	const opened = openYaml(text, LIMITS);
	if (!opened.ok) return opened;
	const source = opened.value;
	const groups = readGroups(source, { expression: remember(check), template: remember(checkTemplate) });
	const failure = source.failure();
	return failure === null ? ok(groups) : err(failure);
}

/** The id of a rule: `group/alert`, with the ordinal from the second of that name on. `/` and `%` inside a name are escaped. */
export function ruleId(group: string, alert: string, ordinal: number): string {
	const id = `${escapeName(group)}/${escapeName(alert)}`;
	return ordinal > 1 ? `${id}/${ordinal}` : id;
}

function escapeName(name: string): string {
	return name.replaceAll("%", "%25").replaceAll("/", "%2F");
}

/** An alias can repeat a text ten thousand times: each is checked once. */
function remember<T>(check: (text: string) => T): (text: string) => T {
	const known = new Map<string, T>();
	return (text) => {
		const before = known.get(text);
		if (before !== undefined) return before;
		const result = check(text);
		known.set(text, result);
		return result;
	};
}

function readGroups(source: YamlSource, check: RuleChecks): readonly RuleGroup[] {
	const file = source.entries(source.root, "the file");
	if (file === null) return [];
	if (file.has("name") || file.has("rules")) {
		const group = readGroup(source, source.root, file, check, RULES_MAX);
		return group === null ? [] : [group];
	}
	const list = knownFields(source, file, "the file", ["groups"]).get("groups");
	if (list === undefined) {
		source.complain(source.root.at, "'groups' is missing: a rule file is `groups:` and a list of groups");
		return [];
	}
	const items = source.items(list, "groups") ?? [];
	if (items.length > RULE_GROUPS_MAX) {
		source.complain(list.at, `${items.length} groups; the limit is ${RULE_GROUPS_MAX}`);
		return [];
	}
	const groups: RuleGroup[] = [];
	const names = new Set<string>();
	let places = RULES_MAX;
	for (const item of items) {
		if (source.isExhausted) break;
		const entries = source.entries(item, "a group");
		const group = entries === null ? null : readGroup(source, item, entries, check, places);
		if (group === null) continue;
		if (names.has(group.name)) source.complain(item.at, `group '${group.name}' stands twice in the file`);
		names.add(group.name);
		places -= group.rules.length;
		groups.push(group);
	}
	return groups;
}

function readGroup(
	source: YamlSource,
	from: YamlNode,
	entries: Entries,
	check: RuleChecks,
	places: number,
): RuleGroup | null {
	const fields = knownFields(source, entries, "a group", ["name", "interval", "limit", "rules"]);
	const name = readName(source, fields, "name", from.at);
	const intervalMs = readDuration(source, fields.get("interval"), "interval") ?? GROUP_INTERVAL_MS_DEFAULT;
	if (intervalMs < GROUP_INTERVAL_MS_MIN) {
		source.complain(
			fields.get("interval")?.at ?? from.at,
			`interval must be at least ${GROUP_INTERVAL_MS_MIN / 1_000}s`,
		);
	}
	const limit = readLimit(source, fields.get("limit"));
	const list = fields.get("rules");
	const items = list === undefined ? [] : (source.items(list, "rules") ?? []);
	const most = Math.min(places, RULES_PER_GROUP_MAX);
	if (items.length > most) {
		const limits = `a group has at most ${RULES_PER_GROUP_MAX}, a file ${RULES_MAX}`;
		return source.complain(list?.at ?? from.at, `${items.length} rules are too many: ${limits}`);
	}
	const rules: Rule[] = [];
	const ordinals = new Map<string, number>();
	for (const item of items) {
		if (source.isExhausted) break;
		const rule = readRule(source, item, check);
		if (rule === null || name === null) continue;
		const ordinal = (ordinals.get(rule.alert) ?? 0) + 1;
		ordinals.set(rule.alert, ordinal);
		rules.push({ id: ruleId(name, rule.alert, ordinal), group: name, ...rule, ...limit });
	}
	return name === null ? null : { name, intervalMs, rules };
}

/** Zero is what Prometheus writes for "none". */
function readLimit(source: YamlSource, from: YamlNode | undefined): { limit?: number } {
	const text = from === undefined ? null : source.scalar(from, "limit");
	if (from === undefined || text === null) return {};
	const limit = Number(text);
	if (!/^\d+$/.test(text) || limit > ALERTS_PER_RULE_MAX) {
		source.complain(from.at, `limit must be a whole number from 0 (none) to ${ALERTS_PER_RULE_MAX}`);
		return {};
	}
	return limit === 0 ? {} : { limit };
}
