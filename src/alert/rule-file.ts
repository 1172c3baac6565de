/**
 * Reads a Prometheus rule file (YAML, or the same as JSON) into rule groups. Refuses by name and place whatever is wrong
 * or not known, and never guesses; whether an expression is one is the business of the function that is passed in.
 */
import { err, ok, type Result } from "../lib/result.ts";
import { knownFields } from "../lib/yaml-fields.ts";
import { openYaml, type YamlLimits, type YamlSource } from "../lib/yaml-source.ts";
import type { Failure } from "../model/errors.ts";
import {
	RULE_FILE_BYTES_MAX,
	RULE_FILE_DEPTH_MAX,
	RULE_FILE_TOKENS_MAX,
	RULE_GROUPS_MAX,
	RULE_ISSUES_MAX,
	RULES_MAX,
} from "../model/limits.ts";
import { type RuleGroup, rulesInOrder } from "../model/rule.ts";
import { type CheckExpression, checkTemplate, type RuleChecks } from "./rule-fields.ts";
import { readGroup } from "./rule-group.ts";

const LIMITS: YamlLimits = {
	what: "a rule file",
	bytes: RULE_FILE_BYTES_MAX,
	tokens: RULE_FILE_TOKENS_MAX,
	depth: RULE_FILE_DEPTH_MAX,
	issues: RULE_ISSUES_MAX,
};

/**
 * How a text is read. `api`: `groups: [...]`, or one group by itself. `file`: as promtool does, which knows no group by itself and
 * takes an empty file; then places say the path too.
 */
export type RuleFileForm = "api" | "file";

/** The groups of a text. Nothing is taken of one in which anything is wrong. */
export function parseRuleFile(
	text: string,
	check: CheckExpression,
	form: RuleFileForm = "api",
): Result<readonly RuleGroup[], Failure> {
	const opened = openYaml(text, { ...LIMITS, paths: form === "file" });
	if (!opened.ok) return opened;
	const source = opened.value;
	const groups = readGroups(source, { expression: remember(check), template: remember(checkTemplate) }, form);
	const failure = source.failure();
	return failure === null ? ok(groups) : err(failure);
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

function readGroups(source: YamlSource, check: RuleChecks, form: RuleFileForm): readonly RuleGroup[] {
	const file = source.entries(source.root, "the file");
	if (file === null) return [];
	if (form === "api" && (file.has("name") || file.has("rules"))) {
		const group = readGroup(source, source.root, file, check, RULES_MAX);
		return group === null ? [] : [group];
	}
	const list = knownFields(source, file, "the file", ["groups"]).get("groups");
	if (list === undefined) {
		if (form === "file") return [];
		source.complain(source.root, "'groups' is missing: a rule file is `groups:` and a list of groups");
		return [];
	}
	const items = source.items(list, "groups") ?? [];
	if (items.length > RULE_GROUPS_MAX) {
		source.complain(list, `${items.length} groups; the limit is ${RULE_GROUPS_MAX}`);
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
		if (names.has(group.name)) source.complain(item, `group '${group.name}' stands twice in the file`);
		names.add(group.name);
		places -= rulesInOrder(group).length;
		groups.push(group);
	}
	return groups;
}
